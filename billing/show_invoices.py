"""Documents, reviews, grants and the certificate's figures as tables on a terminal, and as CSV and JSON."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.text import Text

from analytics.money import format_amount
from analytics.show import csv_text, percent, plain_table
from billing.correcting import chains
from billing.voice import Voice

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType
    from rich.table import Table

    from billing.certificate_figures import Certificate
    from billing.document import Document, Kind
    from billing.ledger_rows import DraftRow, Issued
    from billing.review import Review
    from billing.spending import Spending

COLUMNS = (
    "number", "status", "issue_date", "due_date", "month", "community", "kind", "corrects", "payer", "currency",
    "net", "tax", "payable", "paid", "open", "content_hash",
)  # fmt: skip


def drafts_table(title: str, drafts: Sequence[DraftRow]) -> Iterable[Table]:
    """Yield the drafts and what they come to."""
    table = plain_table(("Community", "Kind", "Payer"), ("Net", "Tax", "To pay", ""), title=f"{title}, DRAFTS")
    for draft in drafts:
        document, totals = draft.document, draft.document.totals
        table.add_row(
            Text(draft.community),
            _kind(document.kind, draft.corrects),
            Text(document.payer.name),
            *(
                format_amount(amount, document.currency)
                for amount in (totals.tax_exclusive, totals.tax, totals.payable)
            ),
            document.currency,
        )
    yield table


def issued_table(documents: Sequence[Issued]) -> Iterable[Table]:
    """Yield the issued documents, what they come to, and what of an invoice and its notes is open."""
    if not documents:
        return
    table = plain_table(("Number", "Date", "Month", "Community", "Kind", "Payer"), ("To pay", "Paid", "Open", ""))
    due = open_amounts(documents)
    for each in documents:
        document = each.document
        table.add_row(
            each.number,
            document.issue_date.isoformat(),
            each.month,
            Text(each.community),
            _kind(document.kind, each.corrects),
            Text(document.payer.name),
            format_amount(document.totals.payable, document.currency),
            format_amount(each.paid, document.currency) if each.paid else "",
            format_amount(due[each.number], document.currency) if each.number in due else "",
            document.currency,
        )
    yield table


def open_amounts(documents: Iterable[Issued]) -> dict[str, Decimal]:
    """Return what is open of each invoice among the documents, its notes and payments counted."""
    return {each.invoice.number: each.payable - each.paid for each in chains(documents)}


def documents_text(issued: Sequence[Issued], drafts: Sequence[DraftRow], form: str) -> str:
    """Return the documents as `json` or `csv` text."""
    due = open_amounts(issued)
    rows: list[dict[str, str | None]] = [
        _row(each.document, each.month, each.community, each.corrects)
        | {"paid": f"{each.paid:f}", "open": f"{due[each.number]:f}" if each.number in due else None}
        for each in issued
    ]
    rows += [_row(each.document, each.month, each.community, each.corrects) for each in drafts]
    if form == "json":
        return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"
    return csv_text(COLUMNS, ([row.get(name) for name in COLUMNS] for row in rows))


def document_parts(document: Document) -> Iterable[RenderableType]:
    """Yield a document for a person: its lines, taxes and totals, in its own language."""
    voice = Voice.of(document)
    name = document.number or "DRAFT"
    title = f"{name}, {document.issue_date.isoformat()}, {document.payer.name}"
    table = plain_table(("", "Text", "Grant"), ("Quantity", "Price", "Tax", document.currency), title=title)
    for line in document.lines:
        table.add_row(
            line.id,
            Text(voice.say(line.text)),
            Text(line.award),
            voice.number(line.quantity),
            voice.price(line.price),
            f"{line.tax} {voice.number(line.tax_rate)}",
            voice.amount(line.net),
        )
    yield table
    totals = document.totals
    for label, amount in (
        ("Net", totals.tax_exclusive),
        ("Tax", totals.tax),
        *((("Rounding", totals.rounding),) if totals.rounding else ()),
        ("To pay", totals.payable),
    ):
        yield Text(f"{label}: {voice.money(amount)}")
    if document.corrects:
        yield Text(f"Corrects: {document.corrects.number}")
    for phrase in (*((document.reason,) if document.reason else ()), *document.notes):
        yield Text(f"note: {voice.say(phrase)}")
    for information in document.information:
        amount = f": {voice.money(information.amount)}" if information.amount is not None else ""
        yield Text(f"{voice.say(information.text)}{amount}")
    if document.content_hash:
        yield Text(f"hash: {document.content_hash}")


def review_parts(found: Review) -> Iterable[RenderableType]:
    """Yield what is to be looked at."""
    if not found.anomalies:
        yield Text(f"{found.month}: nothing stands out.")
        return
    table = plain_table(("To look at", "Whose", "Why"), (), title=f"{found.month}, to look at before the close")
    for each in found.anomalies:
        table.add_row(each.kind.value, Text(each.who), Text(each.text))
    yield table


def review_text(found: Review, form: str) -> str:
    """Return the anomalies as `json` or `csv` text."""
    rows = [{"kind": each.kind.value, "who": each.who, "why": each.text} for each in found.anomalies]
    if form == "json":
        return json.dumps({"month": found.month, "anomalies": rows}, indent=2, ensure_ascii=False) + "\n"
    return csv_text(("kind", "who", "why"), (tuple(row.values()) for row in rows))


def certificate_parts(found: Certificate) -> Iterable[RenderableType]:
    """Yield the certificate: bills, where they went, and how each share was rounded."""
    title = f"Certificate of {found.month}, {found.status}" + (
        f": {found.provisional_reason}" if found.provisional_reason else ""
    )
    heads = ("Bill", "Passed through", "Operator", "Unattributed", "Difference", "")
    table = plain_table(("Provider", "Account"), heads, title=title)
    for bill in found.bills:
        amounts = (bill.amount, bill.passed_through, bill.operator, bill.unattributed, bill.difference)
        table.add_row(
            Text(bill.provider),
            Text(bill.account),
            *(format_amount(each, bill.currency) for each in amounts),
            bill.currency,
        )
    yield table
    rounding = plain_table(("Provider", "Borne by"), ("Exact", "Billed", "Rounding", ""), title="How it was rounded")
    for each in found.roundings:
        rounding.add_row(
            Text(each.provider),
            Text(each.who),
            f"{each.exact:,f}",
            format_amount(each.billed, each.currency),
            f"{each.difference:+f}",
            each.currency,
        )
    yield rounding
    yield from (Text(f"note: {each}") for each in found.notes)
    yield Text("Every bill adds up." if not found.faults else "It does not hold.")


def spending_parts(found: Sequence[Spending]) -> Iterable[RenderableType]:
    """Yield the grants, and how each was used up month by month."""
    heads = ("Ceiling", "Charged", "Indirect", "Drafts", "Left", "Committed", "Days left", "")
    table = plain_table(("Community", "Grant", "From", "To"), heads)
    for each in found:
        amounts = (each.ceiling, each.charged, each.indirect, each.drafted, each.left, each.committed)
        table.add_row(
            Text(each.community),
            Text(each.award),
            each.start.isoformat(),
            each.end.isoformat(),
            *(format_amount(amount, each.currency) for amount in amounts),
            str(each.days_left),
            each.currency,
        )
    yield table
    for each in found:
        for month in each.months:
            used = Decimal(1) - month.left / each.ceiling if each.ceiling else Decimal(1)
            yield Text(
                f"{each.award} {month.month}: {format_amount(month.charged, each.currency)} charged,"
                f" {format_amount(month.left, each.currency)} left {_bar(used)} {percent(used)}"
            )
        if each.used_up is not None:
            yield Text(f"{each.award}: nothing is left from {each.used_up.isoformat()} on, at this rate")


def spending_text(found: Sequence[Spending], form: str) -> str:
    """Return the grants as `json` or `csv` text."""
    rows = [_spending(each) for each in found]
    if form == "json":
        whole = [
            row
            | {"months": [{"month": m.month, "charged": f"{m.charged:f}", "left": f"{m.left:f}"} for m in each.months]}
            for row, each in zip(rows, found, strict=True)
        ]
        return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
    header = tuple(rows[0]) if rows else tuple(_NO_GRANT)
    return csv_text(header, (tuple(row.values()) for row in rows))


_NO_GRANT = ("community", "award", "funder", "currency", "ceiling", "from", "to", "charged", "indirect", "spent", "drafted", "left",
             "committed", "days_left", "used_up")  # fmt: skip


def _spending(each: Spending) -> dict[str, str | None]:
    values = (
        each.community,
        each.award,
        each.funder,
        each.currency,
        *(f"{each.ceiling:f}", each.start.isoformat(), each.end.isoformat()),
        *(
            f"{amount:f}"
            for amount in (each.charged, each.indirect, each.spent, each.drafted, each.left, each.committed)
        ),
        str(each.days_left),
        each.used_up.isoformat() if each.used_up else None,
    )
    return dict(zip(_NO_GRANT, values, strict=True))


def _row(document: Document, month: str, community: str, corrects: str) -> dict[str, str | None]:
    totals = document.totals
    return {
        "number": document.number,
        "status": document.status.value,
        "issue_date": document.issue_date.isoformat(),
        "due_date": document.due_date.isoformat(),
        "month": month,
        "community": community,
        "kind": document.kind.value,
        "corrects": corrects or None,
        "payer": document.payer.name,
        "currency": document.currency,
        "net": f"{totals.tax_exclusive:f}",
        "tax": f"{totals.tax:f}",
        "payable": f"{totals.payable:f}",
        "paid": None,
        "open": None,
        "content_hash": document.content_hash or None,
    }


def _kind(kind: Kind, corrects: str) -> str:
    return f"{kind.value} for {corrects}" if corrects else kind.value


def _bar(part: Decimal, width: int = 20) -> str:
    full = int(max(Decimal(0), min(part, Decimal(1))) * width)
    return "█" * full + "░" * (width - full)
