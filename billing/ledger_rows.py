"""The ledger's rows as values: periods, drafts, issued documents; read and added on a connection of the ledger."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import select

from analytics.money import minor_unit
from billing import canonical, inputs
from billing.document import Document, Kind
from billing.inputs import Balance, Inputs
from billing.ledger import LedgerError
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
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection


ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Period:
    """A month in the ledger: open or closed, and what it was closed with."""

    month: str
    closed: bool
    computation: str | None
    reason: str
    closed_at: datetime | None
    closed_by: str


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A draft. `corrects` is the number of the invoice that a note corrects, or empty."""

    month: str
    community: str
    payer: str
    corrects: str
    whole: bool
    document: Document
    computation: str


@dataclass(frozen=True, slots=True)
class Issued:
    """An issued document, and what is paid of it."""

    number: str
    issuer: str
    year: int
    sequence: int
    month: str
    community: str
    payer: str
    edition: int
    computation: str
    document: Document
    corrects: str
    whole: bool
    issued_at: datetime
    issued_by: str
    paid: Decimal

    @property
    def sign(self) -> int:
        """1 for what is owed to the issuer, -1 for what the issuer gives back."""
        return -1 if self.document.kind is Kind.CREDIT_NOTE else 1


@dataclass(frozen=True, slots=True)
class Event:
    """Something somebody did."""

    at: datetime
    who: str
    action: str
    month: str
    number: str
    detail: str


def minor(amount: Decimal, currency: str) -> int:
    """Return an amount in minor units. Raises LedgerError if it has a fraction of one."""
    units = amount / minor_unit(currency)
    if units != units.to_integral_value():
        raise LedgerError(f"{amount} {currency} has a fraction of the currency's minor unit; nothing was written")
    return int(units)


def major(units: int, currency: str) -> Decimal:
    """Return so many minor units as an amount."""
    return units * minor_unit(currency)


def period(con: Connection, month: str) -> Period | None:
    """Return a month, None if the ledger doesn't know it."""
    return next((each for each in periods(con) if each.month == month), None)


def periods(con: Connection) -> tuple[Period, ...]:
    """Return every month the ledger knows, in order."""
    rows = con.execute(select(PERIODS).order_by(PERIODS.c.month)).all()
    return tuple(
        Period(row.month, row.state == "closed", row.computation, row.reason, row.closed_at, row.closed_by)
        for row in rows
    )


def kept_inputs(con: Connection, fingerprint: str) -> Inputs:
    """Return the inputs of a fingerprint. Raises LedgerError if they are not there, or not what they were."""
    found = con.execute(select(COMPUTATIONS.c.inputs).where(COMPUTATIONS.c.fingerprint == fingerprint)).scalar()
    if found is None:
        raise LedgerError(f"computation {fingerprint[:12]} is not in the ledger: somebody has changed it")
    try:
        return inputs.from_json(found)
    except inputs.NotInputs as error:
        raise LedgerError(f"computation {fingerprint[:12]}: {error}: somebody has changed the ledger") from error


def kept_totals(con: Connection, fingerprint: str) -> dict[Bill, Decimal]:
    """Return what each provider's bill came to in a computation, exactly."""
    rows = con.execute(select(PROVIDER_TOTALS).where(PROVIDER_TOTALS.c.computation == fingerprint)).all()
    return {Bill(row.issuer, row.account, row.currency): Decimal(row.exact) for row in rows}


def drafts(con: Connection, month: str | None = None, communities: Collection[str] = ()) -> tuple[DraftRow, ...]:
    """Return the drafts of a month (None: of all), of some communities (none named: of all), in order."""
    query = select(DRAFTS).order_by(DRAFTS.c.month, DRAFTS.c.community, DRAFTS.c.payer, DRAFTS.c.corrects)
    if month is not None:
        query = query.where(DRAFTS.c.month == month)
    if communities:
        query = query.where(DRAFTS.c.community.in_(sorted(communities)))
    return tuple(
        DraftRow(
            row.month,
            row.community,
            row.payer,
            row.corrects,
            row.whole,
            _document(row.content, "a draft"),
            row.computation,
        )
        for row in con.execute(query).all()
    )


def issued(
    con: Connection,
    *,
    month: str | None = None,
    communities: Collection[str] = (),
    number: str | None = None,
    granted: bool = False,
) -> tuple[Issued, ...]:
    """Return issued documents in the order of their numbers; `granted`: only those of which a grant pays something."""
    query = (
        select(INVOICES, CREDIT_NOTES.c.corrects, CREDIT_NOTES.c.whole)
        .outerjoin(CREDIT_NOTES, CREDIT_NOTES.c.number == INVOICES.c.number)
        .order_by(INVOICES.c.issuer, INVOICES.c.year, INVOICES.c.sequence)
    )
    for column, value in ((INVOICES.c.month, month), (INVOICES.c.number, number)):
        if value is not None:
            query = query.where(column == value)
    if granted:
        query = query.where(INVOICES.c.number.in_(select(LINES.c.number).where(LINES.c.award != "")))
    if communities:
        query = query.where(INVOICES.c.community.in_(sorted(communities)))
    paid: dict[str, int] = defaultdict(int)
    for row in con.execute(select(PAYMENTS.c.number, PAYMENTS.c.amount)).all():
        paid[row.number] += row.amount
    return tuple(
        Issued(
            number=row.number,
            issuer=row.issuer,
            year=row.year,
            sequence=row.sequence,
            month=row.month,
            community=row.community,
            payer=row.payer,
            edition=row.edition,
            computation=row.computation,
            document=_document(row.content, row.number),
            corrects=row.corrects or "",
            whole=bool(row.whole),
            issued_at=row.issued_at,
            issued_by=row.issued_by,
            paid=major(paid[row.number], row.currency),
        )
        for row in con.execute(query).all()
    )


def events(con: Connection) -> tuple[Event, ...]:
    """Return all that was done, oldest first."""
    rows = con.execute(select(EVENTS).order_by(EVENTS.c.id)).all()
    return tuple(Event(row.at, row.who, row.action, row.month, row.number, row.detail) for row in rows)


def balances(con: Connection, month: str) -> tuple[Balance, ...]:
    """Return what each grant was charged by other months' documents: all that are issued, and the drafts of earlier months
    and of closed ones, which will be issued as they are."""
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for each in issued(con, granted=True):
        if each.month != month:
            for award in each.document.awards:
                found[each.community, award.code] += award.charged * each.sign
    closed = {each.month for each in periods(con) if each.closed}
    for draft in drafts(con):
        if draft.month < month or draft.month in closed - {month}:
            sign = -1 if draft.document.kind is Kind.CREDIT_NOTE else 1
            for award in draft.document.awards:
                found[draft.community, award.code] += award.charged * sign
    return tuple(Balance(*key, amount) for key, amount in sorted(found.items()) if amount)


def _document(content: str, what: str) -> Document:
    try:
        return canonical.from_json(content)
    except canonical.NotADocument as error:
        raise LedgerError(f"{what}: {error}: somebody has changed the ledger") from error
