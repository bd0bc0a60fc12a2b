"""What stands on a document's printed pages: every text ready in its language, every number formatted; no layout."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from billing.document import Document, Kind, Status
from billing.einvoice import is_iban
from billing.hub_table import hub_table
from billing.voice import Voice
from billing.xml_tree import writable

if TYPE_CHECKING:
    from billing.document import Line, Party

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]

HEADINGS = {Kind.INVOICE: "invoice", Kind.CREDIT_NOTE: "credit_note", Kind.DEBIT_NOTE: "debit_note"}
LETTER = frozenset({"US", "CA", "MX", "CL", "CO", "VE", "PH"})  # countries that print on US letter
WORDS = ("page", "reason", "payment", "grants", "hubs_components", "history", "how_computed")
TABLE_WIDTH = 110  # characters of amounts beside the hubs' names, at the size of a table with many columns
BETWEEN = 2  # columns, in characters
LEAST_BAR = 0.004  # so that a month of nothing is seen to be one


def page(document: Document) -> dict[str, Json]:
    """Return what the template prints, as JSON values. Raises Unspeakable if a phrase has no text."""
    voice = Voice.of(document)
    word = voice.word
    heading = word(HEADINGS[document.kind])
    draft = document.status is Status.DRAFT
    values: dict[str, Json] = {
        "words": {key: word(key) for key in WORDS},
        "title": title(document),
        "subject": f"{heading}, {voice.month(document.basis.month)}, {document.payer.name}",
        "author": document.issuer.name,
        "date": [document.issue_date.year, document.issue_date.month, document.issue_date.day],
        "paper": "us-letter" if document.issuer.country in LETTER else "a4",
        "lang": document.language.value,
        "heading": heading,
        "number": document.number or "",
        "draft": word("draft") if draft else "",
        "draft_note": word("draft_note"),
        "footer": f"{document.issuer.name} · {heading} {document.number or word('draft')}",
        "parties": [_party(document.issuer, word("from"), voice), _party(document.payer, word("to"), voice)],
        "facts": _facts(document, voice),
        "reason": voice.say(document.reason) if document.reason else "",
        "lines": _lines(document, voice),
        "totals": _totals(document, voice),
        "payable": [_payable(document, voice), voice.money(document.totals.payable)],
        "taxes": _taxes(document, voice),
        "payment": _payment(document, voice),
        "terms": voice.say(document.payment_terms) if document.payment_terms else "",
        "information": [
            voice.say(told.text) + (f": {voice.money(told.amount)}" if told.amount is not None else "")
            for told in document.information
        ],
        "notes": [voice.say(note) for note in document.notes],
        "grants": _grants(document, voice),
        "tables": _tables(document, voice),
        "chart": _chart(document, voice),
        "method": [voice.say(note) for note in document.basis.notes],
        "basis": _basis(document, voice),
        "rates": {
            "header": [word("currency"), word("rates"), word("source")],
            "rows": [
                [rate.base, f"{voice.number(rate.rate)} {document.currency}", rate.source]
                for rate in document.basis.rates
            ],
        },
        "hashes": [
            [word(key), value]
            for key, value in (("content_hash", document.content_hash), ("previous_hash", document.previous_hash))
            if value
        ],
    }
    return {key: _writable(value) for key, value in values.items()}


def title(document: Document) -> str:
    """Return the document's name in its own language: Invoice HUB-2026-0042."""
    voice = Voice.of(document)
    named = document.number or f"{voice.word('draft')}, {document.community}, {document.basis.month}"
    return writable(f"{voice.word(HEADINGS[document.kind])} {named}")


def _party(party: Party, label: str, voice: Voice) -> Json:
    place = f"{party.postcode} {party.city}" if party.country not in LETTER else _american(party)
    numbers = (("vat_id", party.vat_id), ("tax_number", party.tax_number), ("registration", party.registration))
    lines = [
        *party.address,
        place.strip(),
        voice.country(party.country),
        *(f"{voice.word(key)}: {value}" for key, value in numbers if value),
        party.contact,
        party.email,
        party.phone,
    ]
    return {"label": label, "name": party.name, "lines": [line for line in lines if line]}


def _american(party: Party) -> str:
    return f"{', '.join(part for part in (party.city, party.subdivision) if part)} {party.postcode}"


def _facts(document: Document, voice: Voice) -> Json:
    corrects = document.corrects
    facts = (
        ("issue_date", voice.date(document.issue_date)),
        ("due_date", "" if document.kind is Kind.CREDIT_NOTE else voice.date(document.due_date)),
        ("period", f"{voice.date(document.period_start)} – {voice.date(document.period_end)}"),
        ("community", document.community),
        ("buyer_reference", document.buyer_reference),
        ("purchase_order", document.purchase_order),
        ("contract", document.contract),
        ("corrects", f"{corrects.number}, {voice.date(corrects.issue_date)}" if corrects else ""),
    )
    return [[voice.word(key), value] for key, value in facts]


def _lines(document: Document, voice: Voice) -> Json:
    word = voice.word
    header = [
        "",
        word("description"),
        word("quantity"),
        word("unit"),
        word("price"),
        f"{word('amount')} ({document.currency})",
    ]
    return {"header": _texts(header), "rows": [_line(line, voice) for line in document.lines]}


def _line(line: Line, voice: Voice) -> Json:
    text = voice.say(line.text) + (f" · {voice.word('award')} {line.award}" if line.award else "")
    cells = (
        voice.number(line.quantity),
        voice.word(line.unit, "units"),
        voice.price(line.price),
        voice.amount(line.net),
    )
    return [line.id, text, *cells]


def _totals(document: Document, voice: Voice) -> Json:
    totals = document.totals
    rows = [
        ("total_without_tax", totals.tax_exclusive),
        ("tax", totals.tax),
        ("total_with_tax", totals.tax_inclusive),
    ]
    if totals.prepaid:
        rows.append(("prepaid", -totals.prepaid))
    if totals.rounding:
        rows.append(("rounding", totals.rounding))
    return [[voice.word(key), voice.amount(amount)] for key, amount in rows]


def _payable(document: Document, voice: Voice) -> str:
    return voice.word("credited" if document.kind is Kind.CREDIT_NOTE else "payable")


def _taxes(document: Document, voice: Voice) -> Json:
    word = voice.word
    return {
        "header": [word("tax_category"), word("tax_rate"), word("taxable"), word("tax"), word("tax_reason")],
        "rows": [
            [tax.category.value, voice.percent(tax.rate), voice.amount(tax.taxable), voice.amount(tax.tax), tax.reason]
            for tax in document.taxes
        ],
    }


def _payment(document: Document, voice: Voice) -> Json:
    bank = document.bank
    if bank is None or document.kind is Kind.CREDIT_NOTE or document.status is Status.DRAFT:
        return []
    account = bank.account.replace(" ", "")
    facts = (
        ("account", " ".join(re.findall(".{1,4}", account)) if is_iban(account) else bank.account),
        ("holder", bank.holder),
        ("bank", bank.bank),
        ("payment_reference", document.number),
    )
    return [[voice.word(key), value or ""] for key, value in facts]


def _grants(document: Document, voice: Voice) -> Json:
    keys = ("award", "funder", "valid", "ceiling", "before", "charged", "left")
    rows: list[Json] = []
    for award in document.awards:
        days = [voice.date(day) if day else "" for day in (award.start, award.end)]
        valid = " – ".join(days) if any(days) else ""
        sign = -1 if document.kind is Kind.CREDIT_NOTE else 1
        left = award.ceiling - award.before - sign * award.charged
        amounts = (award.ceiling, award.before, award.charged, left)
        rows.append([award.code, award.funder, valid, *(voice.amount(amount) for amount in amounts)])
    return {"header": [voice.word(key) for key in keys], "rows": rows}


def _tables(document: Document, voice: Voice) -> Json:
    """Hubs × components, in as many tables as the width of the paper takes: each has the hubs, the last the totals."""
    table = hub_table(document.table)
    if not table.rows:
        return []
    hubs = [voice.word("hub"), *(row.hub or voice.word("no_hub") for row in table.rows), voice.word("total")]
    columns = [
        [voice.word(name, "components"), *(_cell(row.amounts[at], voice) for row in table.rows), voice.amount(total)]
        for at, (name, total) in enumerate(zip(table.components, table.totals, strict=True))
    ]
    columns.append([voice.word("total"), *(voice.amount(row.total) for row in table.rows), voice.amount(table.total)])
    parts: list[list[list[str]]] = [[]]
    left = TABLE_WIDTH
    for column in columns:
        width = max(map(len, column[1:])) + BETWEEN  # headings stand upright where they are many
        if width > left and parts[-1]:
            parts.append([])
            left = TABLE_WIDTH
        left -= width
        parts[-1].append(column)
    return [_turned([hubs, *part]) for part in parts]


def _turned(columns: list[list[str]]) -> Json:
    header, *rows, footer = (_texts(list(row)) for row in zip(*columns, strict=True))
    return {"header": header, "rows": list(rows), "footer": footer}


def _cell(amount: Decimal, voice: Voice) -> str:
    return voice.amount(amount) if amount else "–"


def _chart(document: Document, voice: Voice) -> Json:
    history = document.history
    most = max((cost.amount for cost in history), default=Decimal(0))
    bars: list[Json] = [
        {
            "label": voice.short_month(cost.month),
            "amount": voice.rounded(cost.amount),
            "height": max(float(cost.amount / most), LEAST_BAR) if most > 0 else LEAST_BAR,
            "last": cost.month == document.basis.month,
        }
        for cost in history
    ]
    said = "; ".join(f"{voice.month(cost.month)}: {voice.amount(cost.amount)}" for cost in history)
    return {"bars": bars, "alt": f"{voice.word('history')} ({document.currency}): {said}"}


def _basis(document: Document, voice: Voice) -> Json:
    basis = document.basis
    bills = voice.word(basis.bills) + (f": {basis.provisional_reason}" if basis.provisional_reason else "")
    facts = (
        ("bills", bills),
        (
            "coverage",
            voice.percent((basis.coverage * 100).quantize(Decimal("0.1"))) if basis.coverage is not None else "",
        ),
        ("versions", ", ".join(f"{version.table} {version.version}" for version in basis.versions)),
    )
    return [[voice.word(key), value] for key, value in facts]


def _texts(values: list[str]) -> list[Json]:
    return list(values)


def _writable(value: Json) -> Json:
    if isinstance(value, str):
        return writable(value)
    if isinstance(value, list):
        return [_writable(part) for part in value]
    return {key: _writable(part) for key, part in value.items()} if isinstance(value, dict) else value
