"""What is added to the ledger: periods, inputs, drafts, issued documents, payments, events. Only drafts are ever removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from billing import canonical
from billing.ledger_rows import kept_totals, minor, period
from billing.ledger_tables import (
    COMPUTATIONS,
    CREDIT_NOTES,
    DRAFTS,
    EVENTS,
    INVOICES,
    LINES,
    PAYMENTS,
    PERIODS,
    PROVIDER_TOTALS,
)
from billing.settlement import Bill

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime
    from decimal import Decimal

    from sqlalchemy import Connection

    from billing.document import Document
    from billing.inputs import Inputs
    from billing.ledger_rows import DraftRow, Event, Issued
    from billing.settlement import Settlement


def open_period(con: Connection, month: str) -> None:
    """Make the month known, open, if it isn't yet."""
    if period(con, month) is None:
        con.execute(insert(PERIODS).values(month=month, state="open", reason="", closed_by=""))


def close_period(con: Connection, month: str, computation: str, *, reason: str, at: datetime, who: str) -> None:
    """Close the month for ever."""
    con.execute(
        update(PERIODS)
        .where(PERIODS.c.month == month)
        .values(state="closed", computation=computation, reason=reason, closed_at=at, closed_by=who)
    )


def keep_inputs(con: Connection, given: Inputs, at: datetime) -> str:
    """Keep what documents are computed from; return its fingerprint."""
    fingerprint = given.fingerprint
    if con.execute(select(COMPUTATIONS.c.month).where(COMPUTATIONS.c.fingerprint == fingerprint)).first() is None:
        con.execute(
            insert(COMPUTATIONS).values(fingerprint=fingerprint, month=given.month, inputs=given.to_json(), made_at=at)
        )
    return fingerprint


def keep_totals(con: Connection, given: Inputs, settlement: Settlement) -> None:
    """Keep what each provider's bill came to, with what the provider states of it."""
    rows = total_rows(given, settlement)
    if rows and not kept_totals(con, given.fingerprint):
        con.execute(insert(PROVIDER_TOTALS), rows)


def total_rows(given: Inputs, settlement: Settlement) -> list[dict[str, str | int | None]]:
    """Return the rows that say what each provider's bill came to, in the order of the table's columns."""
    stated = {Bill(each.issuer, each.account, each.currency): each.amount for each in given.stated}
    return [
        {
            "computation": given.fingerprint,
            "issuer": bill.issuer,
            "account": bill.account,
            "currency": bill.currency,
            "exact": f"{exact:f}",
            "rounded": minor(rounded, bill.currency),
            "stated": f"{stated[bill]:f}" if bill in stated else None,
        }
        for bill, (exact, rounded) in sorted(settlement.totals.items())
    ]


def put_draft(con: Connection, draft: DraftRow, at: datetime) -> None:
    """Add a draft."""
    con.execute(
        insert(DRAFTS).values(
            month=draft.month,
            community=draft.community,
            payer=draft.payer,
            corrects=draft.corrects,
            kind=draft.document.kind.value,
            whole=draft.whole,
            content=canonical.to_json(draft.document),
            computation=draft.computation,
            drafted_at=at,
        )
    )


def remove_drafts(con: Connection, drafts: Iterable[DraftRow]) -> None:
    """Remove drafts: of what is issued, or drafted anew."""
    for draft in drafts:
        con.execute(
            delete(DRAFTS).where(
                DRAFTS.c.month == draft.month,
                DRAFTS.c.community == draft.community,
                DRAFTS.c.payer == draft.payer,
                DRAFTS.c.corrects == draft.corrects,
            )
        )


def put_issued(
    con: Connection,
    draft: DraftRow,
    document: Document,
    key: tuple[str, int, int],
    *,
    edition: int,
    at: datetime,
    who: str,
) -> None:
    """Add a sealed document, its lines first: the database takes no line of what is issued."""
    issuer, year, sequence = key
    number, currency, totals = document.number or "", document.currency, document.totals
    con.execute(
        insert(LINES),
        [
            {
                "number": number,
                "position": position,
                "kind": line.kind.value,
                "hub": line.hub,
                "component": line.component,
                "award": line.award,
                "origin": line.origin,
                "net": minor(line.net, currency),
                "tax_category": line.tax.value,
                "tax_rate": f"{line.tax_rate:f}",
            }
            for position, line in enumerate(document.lines, start=1)
        ],
    )
    con.execute(
        insert(INVOICES).values(
            number=number,
            issuer=issuer,
            year=year,
            sequence=sequence,
            kind=document.kind.value,
            month=draft.month,
            community=draft.community,
            payer=draft.payer,
            edition=edition,
            currency=currency,
            net=minor(totals.tax_exclusive, currency),
            tax=minor(totals.tax, currency),
            rounding=minor(totals.rounding, currency),
            payable=minor(totals.payable, currency),
            issue_date=document.issue_date,
            due_date=document.due_date,
            computation=draft.computation,
            content=canonical.to_json(document),
            previous_hash=document.previous_hash,
            content_hash=document.content_hash,
            issued_at=at,
            issued_by=who,
        )
    )
    if draft.corrects:
        con.execute(insert(CREDIT_NOTES).values(number=number, corrects=draft.corrects, whole=draft.whole))


def put_payment(
    con: Connection, to: Issued, amount: Decimal, *, paid_on: date, reference: str, at: datetime, who: str
) -> None:
    """Add a payment."""
    currency = to.document.currency
    con.execute(
        insert(PAYMENTS).values(
            number=to.number,
            amount=minor(amount, currency),
            currency=currency,
            paid_on=paid_on,
            reference=reference,
            entered_at=at,
            entered_by=who,
        )
    )


def note(con: Connection, event: Event) -> None:
    """Add an event."""
    con.execute(
        insert(EVENTS).values(
            at=event.at, who=event.who, action=event.action, month=event.month, number=event.number, detail=event.detail
        )
    )
