"""The deliveries of bills: every one there was, which is in force, and what a newer one changed of the one before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analytics.charges import Delivery
from analytics.engine import connect, sql
from analytics.tables import DELIVERIES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime
    from decimal import Decimal

    import duckdb

    from analytics.lake import Lake


@dataclass(frozen=True, slots=True)
class Entry:
    """A delivery in the history of its source, issuer, billing account, period and currency.

    `difference` is to the billed cost of the one before, None for the first. `restates_final`: the issuer had called
    the one before final, and this one has other rows or another sum.
    """

    delivery: Delivery
    superseded_at: datetime | None
    difference: Decimal | None
    restates_final: bool

    @property
    def in_force(self) -> bool:
        return self.superseded_at is None

    @property
    def status(self) -> str:
        return "final" if self.delivery.final else "provisional"


def history(lake: Lake, month: str | None = None) -> tuple[Entry, ...]:
    """Return every delivery of billing period `month` (None: of all), oldest first within its account."""
    with connect() as con:
        return entries(con, lake, month)


def entries(con: duckdb.DuckDBPyConnection, lake: Lake, month: str | None = None) -> tuple[Entry, ...]:
    """Do what `history` does, on `con`; the view `deliveries` stays."""
    lake.attach(con, DELIVERIES, where=None if month is None else {"billing_period": month})
    rows = con.execute(sql("report/deliveries")).fetchall()
    return tuple(Entry(Delivery(*row[:12]), *row[12:]) for row in rows)


def restatements(found: Iterable[Entry], deliveries: Collection[str] | None = None) -> tuple[str, ...]:
    """Say in words which final bills were restated, by the deliveries with these ids (None: by any)."""
    return tuple(
        f"{each.issuer} {each.billing_account}: the final bill of {each.billing_period} was restated on"
        f" {each.seen_at:%Y-%m-%d}: {_change(entry)}"
        for entry in found
        for each in [entry.delivery]
        if entry.restates_final and (deliveries is None or each.delivery_id in deliveries)
    )


def _change(entry: Entry) -> str:
    if not entry.difference:
        return "the same sum, in other rows"
    return f"{entry.difference.normalize():+,f} {entry.delivery.currency}"
