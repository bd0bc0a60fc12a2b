"""What changed in a month between two versions of the lake: its allocations by hub, or its charges by service."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from analytics.engine import connect, sql
from analytics.month import MonthError, check_month, computed_of
from analytics.report import Cost
from analytics.tables import ALLOCATIONS, CHARGES, Table

if TYPE_CHECKING:
    import duckdb

    from analytics.lake import Lake

ZERO = Decimal(0)


class DiffBy(StrEnum):
    """What a row of the difference is one of; it says which table is compared."""

    HUB = "hub"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class _Compared:
    """A table, the column of its billing period, and the columns of a row of the difference."""

    table: Table
    period: str
    columns: dict[str, str]
    costs: dict[Cost, str]


COMPARED = {
    DiffBy.HUB: _Compared(
        ALLOCATIONS,
        "billing_period",
        {"cluster": "cluster", "hub": "hub", "basis": "case when hub is null then basis end"},
        {Cost.BILLED: "billed_cost", Cost.EFFECTIVE: "effective_cost"},
    ),
    DiffBy.SERVICE: _Compared(
        CHARGES,
        "x_BillingPeriod",
        {"issuer": "InvoiceIssuerName", "billing_account": "BillingAccountId", "service": "ServiceName"},
        {Cost.BILLED: "BilledCost", Cost.EFFECTIVE: "EffectiveCost"},
    ),
}


@dataclass(frozen=True, slots=True)
class Change:
    """A row of the difference. `keys` are its columns; None stands for nobody's."""

    keys: dict[str, str | None]
    currency: str
    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed in `month` between versions `before` and `after` of the table `table`.

    `rows` are those that changed; `totals` are of the whole month, so the rows' differences add up to the totals'.
    `before` is None where no earlier version differs: then there are no rows.
    """

    month: str
    by: DiffBy
    cost: Cost
    table: str
    before: int | None
    after: int
    rows: tuple[Change, ...]
    totals: tuple[Change, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """Return it as JSON values, money as strings of full precision."""
        return {
            "month": self.month,
            "by": self.by.value,
            "cost": self.cost.value,
            "table": self.table,
            "from": self.before,
            "to": self.after,
            "rows": [_plain(row) for row in self.rows],
            "totals": [_plain(row) for row in self.totals],
            "notes": list(self.notes),
        }


def difference(
    lake: Lake,
    month: str,
    *,
    by: DiffBy = DiffBy.HUB,
    cost: Cost = Cost.BILLED,
    before: int | None = None,
    after: int | None = None,
) -> Difference:
    """Compare two versions of the month's allocations (by hub) or charges (by service).

    `after` is the newest version by default, `before` the last one ahead of it that differs in what is shown. Raises
    MonthError where the lake has nothing of the month, LakeError for a version that isn't there.
    """
    check_month(month)
    compared = COMPARED[by]
    changes = lake.changes(compared.table, {compared.period: month})
    if not changes:
        command = "allocate" if by is DiffBy.HUB else "ingest"
        raise MonthError(
            f"{lake.url}: no {compared.table.name} of {month}: run `hubledger costs {command} --month {month}`"
        )
    newest = changes[-1] if after is None else after
    with connect() as con:
        _view(con, lake, compared, month, cost, "cost_after", newest)
        earlier = [before] if before is not None else [each for each in reversed(changes) if each < newest]
        for version in earlier:
            _view(con, lake, compared, month, cost, "cost_before", version)
            rows = _rows(con, compared)
            if before is not None or any(row.difference for row in rows):
                break
        else:
            version = None
            _view(con, lake, compared, month, cost, "cost_before", newest)
            rows = _rows(con, compared)
    return Difference(
        month,
        by,
        cost,
        compared.table.name,
        version,
        newest,
        tuple(row for row in rows if row.difference),
        _totals(rows),
        _notes(lake, month, by, version),
    )


def _view(
    con: duckdb.DuckDBPyConnection, lake: Lake, compared: _Compared, month: str, cost: Cost, name: str, version: int
) -> None:
    lake.attach(con, compared.table, view=f"{name}_rows", where={compared.period: month}, version=version)
    columns = ", ".join(f"{column} as {key}" for key, column in compared.columns.items())
    currency = "currency" if compared.table is ALLOCATIONS else "BillingCurrency"
    con.execute(
        f"create or replace temp view {name} as"
        f" select {columns}, {currency} as currency, {compared.costs[cost]} as cost from {name}_rows"
    )


def _rows(con: duckdb.DuckDBPyConnection, compared: _Compared) -> list[Change]:
    query = sql("report/difference").replace("/* keys */", ", ".join(compared.columns))
    return [Change(dict(zip(compared.columns, row, strict=False)), *row[-3:]) for row in con.execute(query).fetchall()]


def _totals(rows: list[Change]) -> tuple[Change, ...]:
    currencies = sorted({row.currency for row in rows})
    return tuple(
        Change(
            {},
            currency,
            sum((row.before for row in rows if row.currency == currency), ZERO),
            sum((row.after for row in rows if row.currency == currency), ZERO),
        )
        for currency in currencies
    )


def _notes(lake: Lake, month: str, by: DiffBy, before: int | None) -> tuple[str, ...]:
    notes = []
    if before is None:
        notes.append(f"no earlier version of {month} differs")
    if by is DiffBy.HUB:
        allocated = computed_of(lake, month).versions.get(CHARGES.name, 0)
        changed = lake.changes(CHARGES, {"x_BillingPeriod": month})
        if changed and changed[-1] > allocated:
            notes.append(
                f"the bill changed after {month} was allocated: run `hubledger costs allocate --month {month}` to see it by hub"
            )
    return tuple(notes)


def _plain(row: Change) -> dict[str, str | None]:
    money = {"before": row.before, "after": row.after, "difference": row.difference}
    return {**row.keys, "currency": row.currency, **{name: f"{amount:f}" for name, amount in money.items()}}
