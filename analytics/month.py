"""A billing month: attach its part of the lake, allocate it, and write the result with what it was computed from."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analytics import allocate as allocation
from analytics import deliveries, rates
from analytics.engine import connect, sql
from analytics.tables import ACTIVITY, ALLOCATIONS, CHARGES, DELIVERIES, FINDINGS, NODES, USAGE_TABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

    from analytics.lake import Commit, Lake
    from terraform.fleet import Fleet

INPUTS = (CHARGES, USAGE_TABLE, NODES, ACTIVITY)


class MonthError(allocation.AllocationError):
    """There is nothing to allocate or to show for a month; the message says what to run first."""


@dataclass(frozen=True, slots=True)
class Computed:
    """How a month's allocations came about: the lake versions they were computed from, what was noticed, and, where the
    fleet has a reporting currency, the rates into it."""

    month: str
    status: str  # provisional | final
    versions: Mapping[str, int]
    notes: tuple[str, ...]
    conversion: rates.Conversion | None = None

    def to_metadata(self) -> dict[str, str]:
        """Return the Delta commit metadata that `from_metadata` reads back."""
        return {
            "month": self.month,
            "status": self.status,
            "versions": json.dumps(dict(self.versions), sort_keys=True),
            "notes": json.dumps(self.notes),
            **_conversion_metadata(self.conversion),
        }

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> Computed:
        """Read what `to_metadata` wrote."""
        return cls(
            month=metadata["month"],
            status=metadata["status"],
            versions=json.loads(metadata["versions"]),
            notes=tuple(json.loads(metadata["notes"])),
            conversion=_conversion(metadata),
        )


def check_month(text: str) -> str:
    """Return `text` if it is a month, YYYY-MM; raise MonthError if not."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
        raise MonthError(f"'{text}' is not a month: write it as YYYY-MM, for example 2026-10")
    return text


def attach_inputs(
    con: duckdb.DuckDBPyConnection, lake: Lake, month: str, *, versions: Mapping[str, int] | None = None
) -> dict[str, int]:
    """Create views `charges`, `usage`, `nodes`, `activity` of what allocating `month` needs; return their versions.

    Usage is attached for the days that the month's charges touch, which may lie in other months.
    """
    at = {table.name: (versions or {}).get(table.name) for table in INPUTS}
    if versions is None:
        at = {table.name: lake.version(table) for table in INPUTS}
    lake.attach(con, CHARGES, where={"x_BillingPeriod": month}, version=at["charges"])
    days = [row[0] for row in con.execute(sql("days")).fetchall()]
    if not days:
        raise MonthError(f"{lake.url}: no charges of {month}: run `hubledger costs ingest --month {month}` first")
    for table in (USAGE_TABLE, NODES):
        if at[table.name] is None and versions is not None:
            lake.attach(con, table, where={"day": ()})
        else:
            lake.attach(con, table, where={"day": days}, version=at[table.name])
    lake.attach(con, ACTIVITY, where={"month": month}, version=at["activity"])
    return {name: version for name, version in at.items() if version is not None}


def allocate_month(lake: Lake, fleet: Fleet, month: str, *, refresh_rates: bool = False) -> Computed:
    """Allocate the charges of billing period `month` and replace that period of `allocations`.

    Once allocated as final, a month keeps its exchange rates, unless `refresh_rates`. Raises MonthError if the lake has
    no charges of it, NoRate if a currency has no rate, NotConserved if the result does not add up; nothing is written then.
    """
    check_month(month)
    frozen = () if refresh_rates else _frozen_rates(lake, fleet, month)
    with connect() as con:
        versions = attach_inputs(con, lake, month)
        conversion = rates.find(con, fleet, month, frozen=frozen)
        allocation.allocate(con, fleet)
        notes = _notes(con, lake, month)
        if conversion is not None:
            notes += conversion.notes
            if frozen:
                notes += tuple(f"{note}; --refresh-rates takes it" for note in rates.changed(conversion, fleet, month))
        computed = Computed(month, _status(con, lake, month), versions, notes, conversion)
        lake.replace(
            ALLOCATIONS,
            con,
            "select * from allocations",
            scope=[{"billing_period": month}],
            metadata=computed.to_metadata(),
        )
    return computed


def computed_of(lake: Lake, month: str) -> Computed:
    """Return how the newest allocations of `month` came about. Raises MonthError if it was never allocated."""
    check_month(month)
    computed = _last_computed(lake, month)
    if computed is None:
        raise MonthError(f"{lake.url}: {month} is not allocated: run `hubledger costs allocate --month {month}` first")
    return computed


def _last_computed(lake: Lake, month: str) -> Computed | None:
    commits: list[Commit] = lake.history(ALLOCATIONS)
    return next(
        (Computed.from_metadata(each.metadata) for each in reversed(commits) if each.metadata.get("month") == month),
        None,
    )


def _frozen_rates(lake: Lake, fleet: Fleet, month: str) -> tuple[rates.UsedRate, ...]:
    """Return the rates that the month keeps: those it had when it was last allocated, if it was final then."""
    to = fleet.settings.reporting_currency
    last = None if to is None else _last_computed(lake, month)
    if last is None or last.status != "final" or last.conversion is None or last.conversion.currency != to:
        return ()
    return last.conversion.rates


def _conversion_metadata(conversion: rates.Conversion | None) -> dict[str, str]:
    if conversion is None:
        return {}
    used = [rate.to_json() for rate in conversion.rates]
    return {"reporting_currency": conversion.currency, "rates": json.dumps(used, sort_keys=True)}


def _conversion(metadata: Mapping[str, str]) -> rates.Conversion | None:
    if "reporting_currency" not in metadata:
        return None
    used = tuple(rates.UsedRate.from_json(each) for each in json.loads(metadata["rates"]))
    return rates.Conversion(metadata["reporting_currency"], used)


def _status(con: duckdb.DuckDBPyConnection, lake: Lake, month: str) -> str:
    """Say 'final' if every issuer has said so of what was delivered for the month, else 'provisional'."""
    lake.attach(con, DELIVERIES, where={"billing_period": month})
    row = con.execute("select count(*) > 0 and bool_and(final) from deliveries where superseded_at is null").fetchone()
    return "final" if row is not None and row[0] else "provisional"


def _notes(con: duckdb.DuckDBPyConnection, lake: Lake, month: str) -> tuple[str, ...]:
    """Return what a reader should know: of the allocation itself, the measurements it rests on, and final bills restated."""
    lake.attach(con, FINDINGS, where={"day": [row[0] for row in con.execute(sql("days")).fetchall()]})
    notes = tuple(row[0] for step in ("notes", "findings") for row in con.execute(sql(step)).fetchall())
    return notes + deliveries.restatements(deliveries.entries(con, lake, month))
