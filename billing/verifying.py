"""The ledger checked against itself, and against the lake: hashes, numbers, sums, and every document computed anew."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import select

from analytics.money import minor_unit
from billing import canonical, document_checks, ledger_rows
from billing.compute import Computation, compute
from billing.correcting import Chain, chains, correction, noted, nothing
from billing.drafting import core
from billing.facts import facts
from billing.ledger import LedgerError
from billing.ledger_entries import total_rows
from billing.ledger_tables import COMPUTATIONS, CREDIT_NOTES, INVOICES, LINES, PAYMENTS, PERIODS, PROVIDER_TOTALS
from billing.lines import NoRate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection, Row

    from analytics.lake import Lake
    from billing.document import Document
    from billing.inputs import Inputs
    from billing.ledger import Ledger
    from billing.ledger_rows import Issued

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Verified:
    """What was checked, and what is wrong. `computed`: how many documents were computed anew."""

    documents: int
    lines: int
    computed: int
    faults: tuple[str, ...]


def verify(ledger: Ledger, lake: Lake | None) -> Verified:
    """Check the whole ledger; without a lake, all but what needs it. Raises LedgerError only if the ledger can't be read."""
    try:
        with ledger.read() as con:
            return _verified(con, lake)
    except ValueError as error:  # SQLite holds any text as a date
        raise LedgerError(f"{ledger.place}: {error}: somebody has changed the ledger; go back to a copy") from error


def _verified(con: Connection, lake: Lake | None) -> Verified:
    rows = con.execute(select(INVOICES).order_by(INVOICES.c.issuer, INVOICES.c.year, INVOICES.c.sequence)).all()
    faults = [fault for row in rows for fault in _content(con, row)]
    readable = not faults
    faults += _sequence(rows)
    faults += _lines(con, rows)
    faults += _computations(con)
    faults += _others(con, rows)
    faults += _events(con, rows)
    computed = 0
    if lake is not None and readable:
        documents = ledger_rows.issued(con)
        found = list(_anew(con, lake, documents))
        computed = len(documents)
        faults += found
    count = len(con.execute(select(LINES.c.number)).all())
    return Verified(len(rows), count, computed, tuple(faults))


def _content(con: Connection, row: Row[tuple[object, ...]]) -> Iterator[str]:
    """A document's content is what was hashed, and what its row says."""
    try:
        document = canonical.from_json(row.content)
    except canonical.NotADocument as error:
        yield f"{row.number}: its content can't be read: {error}"
        return
    if canonical.content_hash(document) != row.content_hash:
        yield f"{row.number}: its content was changed: it has another hash than it was issued with"
    if canonical.to_json(document) != row.content:
        yield f"{row.number}: its content is not written as it was issued"
    said = {
        "number": document.number,
        "kind": document.kind.value,
        "month": document.basis.month,
        "community": document.community,
        "currency": document.currency,
        "issue_date": document.issue_date,
        "due_date": document.due_date,
        "previous_hash": document.previous_hash,
        "content_hash": document.content_hash,
    }
    for name, value in said.items():
        if getattr(row, name) != value:
            yield f"{row.number}: its row says {name} {getattr(row, name)}, its content {value}"
    totals = document.totals
    amounts = {"net": totals.tax_exclusive, "tax": totals.tax, "rounding": totals.rounding, "payable": totals.payable}
    for name, amount in amounts.items():
        if not amount.is_finite() or getattr(row, name) != amount / minor_unit(document.currency):
            yield f"{row.number}: its row says {name} {getattr(row, name)} in minor units, its content {amount}"
    for problem in document_checks.problems(document):
        yield f"{row.number}: {problem}"
    cited = con.execute(select(CREDIT_NOTES.c.corrects).where(CREDIT_NOTES.c.number == row.number)).scalar()
    if cited != (document.corrects.number if document.corrects else None):
        yield f"{row.number}: it corrects {document.corrects and document.corrects.number}, its row says {cited}"


def _sequence(rows: Iterable[Row[tuple[object, ...]]]) -> Iterator[str]:
    """Numbers have no gaps, dates ascend, and each document names the hash of the one before."""
    last: dict[str, Row[tuple[object, ...]]] = {}
    counted: dict[tuple[str, int], int] = defaultdict(int)
    for row in rows:
        counted[row.issuer, row.year] += 1
        expected = counted[row.issuer, row.year]
        if row.sequence != expected:
            yield f"{row.number}: there is no number {expected} of {row.issuer} in {row.year}"
            counted[row.issuer, row.year] = row.sequence
        if not row.number.endswith(f"-{row.year}-{row.sequence:04}"):
            yield f"{row.number}: it is number {row.sequence} of {row.year}"
        before = last.get(row.issuer)
        if row.previous_hash != (before.content_hash if before else ""):
            yield f"{row.number}: the chain is broken: it names another hash than {before.number if before else 'none'}'s"
        if before is not None and row.issue_date < before.issue_date:
            yield f"{row.number}: its date {row.issue_date} is before that of {before.number}"
        last[row.issuer] = row


def _lines(con: Connection, rows: Iterable[Row[tuple[object, ...]]]) -> Iterator[str]:
    """The lines' rows are the content's lines."""
    stored: dict[str, list[tuple[object, ...]]] = defaultdict(list)
    for line in con.execute(select(LINES).order_by(LINES.c.number, LINES.c.position)).all():
        stored[line.number].append(tuple(line)[1:])
    for row in rows:
        try:
            document = canonical.from_json(row.content)
        except canonical.NotADocument:
            continue  # told already
        unit = minor_unit(document.currency)
        expected = [
            (
                position,
                line.kind.value,
                line.hub,
                line.component,
                line.award,
                line.origin,
                line.net / unit,
                line.tax.value,
                f"{line.tax_rate:f}",
            )
            for position, line in enumerate(document.lines, start=1)
        ]
        if stored.pop(row.number, []) != expected:
            yield f"{row.number}: its lines are not those of its content"
    for number in stored:
        yield f"{number}: there are lines of it, and no document"


def _computations(con: Connection) -> Iterator[str]:
    """What documents are computed from is what it was."""
    for row in con.execute(select(COMPUTATIONS)).all():
        try:
            inputs = ledger_rows.kept_inputs(con, row.fingerprint)
        except LedgerError as error:
            yield str(error)
            continue
        if (inputs.fingerprint, inputs.to_json(), inputs.month) != (row.fingerprint, row.inputs, row.month):
            yield f"computation {row.fingerprint[:12]} of {row.month}: its inputs were changed"


def _others(con: Connection, rows: Iterable[Row[tuple[object, ...]]]) -> Iterator[str]:
    """Payments and notes are of documents that there are, documents of months that are closed."""
    numbers = {row.number: row for row in rows}
    for payment in con.execute(select(PAYMENTS)).all():
        if payment.number not in numbers:
            yield f"payment {payment.id}: there is no document {payment.number}"
        elif payment.currency != numbers[payment.number].currency:
            yield f"payment {payment.id}: it is in {payment.currency}, {payment.number} is not"
    for note in con.execute(select(CREDIT_NOTES)).all():
        for number in (note.number, note.corrects):
            if number not in numbers:
                yield f"note {note.number}: there is no document {number}"
    closed = {row.month: row for row in con.execute(select(PERIODS)).all() if row.state == "closed"}
    for row in rows:
        if row.month not in closed:
            yield f"{row.number}: its month {row.month} is not closed"
    kept = {row.fingerprint: row.month for row in con.execute(select(COMPUTATIONS)).all()}
    for month, row in closed.items():
        if kept.get(row.computation) != month:
            yield f"{month}: it was closed with a computation that is not its own"


def _events(con: Connection, rows: Iterable[Row[tuple[object, ...]]]) -> Iterator[str]:
    """What was issued, paid and closed is what the events say was."""
    told: dict[str, set[tuple[object, ...]]] = defaultdict(set)
    for event in ledger_rows.events(con):
        money = " ".join(event.detail.split(" ")[:2])
        told[event.action].add(
            {
                "issue": (event.number, event.detail, event.at, event.who),
                "pay": (event.number, money, event.at, event.who),
                "close": (event.month, event.at, event.who),
            }.get(event.action, ())
        )
    periods = [each for each in ledger_rows.periods(con) if each.closed]
    there: dict[str, set[tuple[object, ...]]] = {
        "issue": {(row.number, row.content_hash, row.issued_at, row.issued_by) for row in rows},
        "pay": {
            (row.number, _money(row), row.entered_at, row.entered_by) for row in con.execute(select(PAYMENTS)).all()
        },
        "close": {(each.month, each.closed_at, each.closed_by) for each in periods},
    }
    for action, found in there.items():
        for name in sorted({str(each[0]) for each in found ^ told[action]}):
            yield f"{name}: the events tell of another {action} than the ledger does"


def _money(payment: Row[tuple[object, ...]]) -> str:
    """A payment's amount as its event says it."""
    amount = payment.amount
    said = ledger_rows.major(amount, payment.currency) if isinstance(amount, int) else amount
    return f"{said} {payment.currency}"


def _anew(con: Connection, lake: Lake, documents: tuple[Issued, ...]) -> Iterator[str]:
    """Every document comes out again from its recorded versions."""
    made: dict[str, Computation] = {}
    inputs: dict[str, Inputs] = {}
    by_invoice = {each.invoice.number: each for each in chains(documents)}
    for each in documents:
        fingerprint = each.computation
        if fingerprint not in made:
            try:
                inputs[fingerprint] = ledger_rows.kept_inputs(con, fingerprint)
                found = facts(lake, inputs[fingerprint].month, inputs[fingerprint].at)
                made[fingerprint] = compute(found, inputs[fingerprint], today=each.document.issue_date)
            except (NoRate, LedgerError) as error:
                yield f"{each.number}: {error}"
                continue
            yield from _provider_totals(con, inputs[fingerprint], made[fingerprint])
        expected = _expected(each, made[fingerprint], inputs[fingerprint], by_invoice)
        if expected is None or core(expected) != core(each.document):
            yield f"{each.number}: computed anew from its versions it is another document"


def _expected(each: Issued, made: Computation, inputs: Inputs, by_invoice: dict[str, Chain]) -> Document | None:
    target = next(
        (draft.document for draft in made.drafts if (draft.community, draft.payer) == (each.community, each.payer)),
        None,
    )
    if not each.corrects:
        return target
    chain = by_invoice.get(each.corrects)
    if chain is None:
        return None
    before = chain.until((each.year, each.sequence))
    document = each.document
    if each.whole:
        return correction(before, None, document.reason, document.notes)
    return noted(before, target or nothing(before, inputs), document.reason)


def _provider_totals(con: Connection, inputs: Inputs, made: Computation) -> Iterator[str]:
    table = PROVIDER_TOTALS
    kept = con.execute(select(table).where(table.c.computation == inputs.fingerprint)).all()
    if {tuple(row)[1:] for row in kept} != {tuple(row.values())[1:] for row in total_rows(inputs, made.settlement)}:
        yield f"computation {inputs.fingerprint[:12]}: the bills come to other totals than were kept"
