"""What is in the lake: the versions of its tables, which months are allocated and how, which bills wait for that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analytics.month import Computed
from analytics.tables import ACTIVITY, ALLOCATIONS, DELIVERIES, FINDINGS, INVOICE_TOTALS, NODES, REPLAYS, USAGE_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from analytics.lake import Lake
    from analytics.rates import Conversion
    from analytics.tables import Table

TABLES = (ALLOCATIONS, ACTIVITY, DELIVERIES, INVOICE_TOTALS, FINDINGS, USAGE_TABLE, NODES, REPLAYS)


@dataclass(frozen=True, slots=True)
class Allocated:
    """A month that is allocated: how, and when."""

    computed: Computed
    at: datetime

    @property
    def month(self) -> str:
        return self.computed.month

    @property
    def final(self) -> bool:
        return self.computed.status == "final"


@dataclass(frozen=True, slots=True)
class State:
    """The lake at one moment. `versions` leaves out tables that are not there; `months` is oldest first; `waiting` are months with
    bills that are not allocated. What is read by it does not change while a page is made."""

    versions: tuple[tuple[str, int], ...]
    months: tuple[Allocated, ...]
    waiting: tuple[str, ...]

    def version(self, table: Table) -> int | None:
        """Return the table's version, None where it was not there."""
        return dict(self.versions).get(table.name)

    def of(self, month: str) -> Allocated | None:
        """Return how a month is allocated, None if it isn't."""
        return next((each for each in self.months if each.month == month), None)

    def conversion(self, month: str) -> Conversion | None:
        """Return a month's reporting currency and rates."""
        found = self.of(month)
        return None if found is None else found.computed.conversion

    def reporting(self, months: Iterable[str], currency: str) -> list[str]:
        """Return those of `months` that have `currency` as their reporting currency: all their cost is known in it."""
        return [month for month in months if (known := self.conversion(month)) and known.currency == currency]

    def until(self, month: str, count: int) -> tuple[str, ...]:
        """Return the last `count` allocated months that end with `month`, no calendar month earlier than those."""
        first = months_back(month, count - 1)
        return tuple(each.month for each in self.months if first <= each.month <= month)


def versions(lake: Lake) -> tuple[tuple[str, int], ...]:
    """Return the newest version of each table that there is."""
    found = ((table.name, lake.version(table)) for table in TABLES)
    return tuple((name, version) for name, version in found if version is not None)


def state(lake: Lake, at: tuple[tuple[str, int], ...]) -> State:
    """Return what the lake holds at these versions."""
    newest = dict(at)
    if ALLOCATIONS.name not in newest:
        return State(at, (), _delivered(lake, newest, ()))
    held = {each["billing_period"] for each in lake.partitions(ALLOCATIONS, version=newest[ALLOCATIONS.name])}
    found: dict[str, Allocated] = {}
    for commit in lake.history(ALLOCATIONS):
        month = commit.metadata.get("month")
        if month in held and commit.version <= newest[ALLOCATIONS.name]:
            found[month] = Allocated(Computed.from_metadata(commit.metadata), commit.time)
    return State(at, tuple(found[month] for month in sorted(found)), _delivered(lake, newest, found))


def months_back(month: str, count: int) -> str:
    """Return the month that lies `count` months before."""
    number = int(month[:4]) * 12 + int(month[5:]) - 1 - count
    return f"{number // 12:04}-{number % 12 + 1:02}"


def _delivered(lake: Lake, newest: dict[str, int], allocated: Iterable[str]) -> tuple[str, ...]:
    if DELIVERIES.name not in newest:
        return ()
    rows = lake.partitions(DELIVERIES, version=newest[DELIVERIES.name])
    months = {each["billing_period"] for each in rows}
    return tuple(sorted(months.difference(allocated)))
