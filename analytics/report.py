"""The report of a month: allocations grouped the way somebody looks at them; always the whole bill."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from analytics.engine import connect, sql
from analytics.month import Computed, check_month, computed_of
from analytics.rates import changed, convert
from analytics.tables import ALLOCATIONS

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable

    from analytics.lake import Lake
    from terraform.fleet import Fleet
    from terraform.receipts import Receipt


class By(StrEnum):
    """What a row of the report is one of."""

    HUB = "hub"
    COMMUNITY = "community"
    CLUSTER = "cluster"
    COMPONENT = "component"
    RULE = "rule"
    DAY = "day"


class Cost(StrEnum):
    """Billed is what the invoice says; effective spreads commitments over their term."""

    BILLED = "billed"
    EFFECTIVE = "effective"


COLUMNS: dict[By, tuple[str, ...]] = {
    By.HUB: ("hub", "cluster", "community", "component", "basis", "rule"),
    By.COMMUNITY: ("community", "component", "basis", "rule"),
    By.CLUSTER: ("cluster", "component", "basis", "rule"),
    By.COMPONENT: ("component", "basis", "rule"),
    By.RULE: ("rule", "basis"),
    By.DAY: ("day", "basis", "rule"),
}


APPLY = (
    "ended_at",
    "cluster",
    "outcome",
    "added",
    "changed",
    "destroyed",
    "serial_before",
    "serial_after",
    "delta",
    "currency",
)


class NoSuchHub(Exception):
    """The report was asked for a hub that bears nothing in that month."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a report. `keys` are its columns (COLUMNS of the report's `by`); None stands for nobody's.

    `reporting_cost` is `cost` in the reporting currency, None where there is none.
    """

    keys: dict[str, str | None]
    currency: str
    cost: Decimal
    coverage: Decimal
    reporting_cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A month's cost by hub, community, cluster, component, rule or day. Its rows add up to the bill, exactly.

    `notes` are the allocation's, and what changed in the fleet's rates since; `applies` the changes of infrastructure then.
    """

    by: By
    cost: Cost
    hub: str | None
    computed: Computed
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    applies: tuple[Receipt, ...] = ()

    @property
    def reporting_currency(self) -> str | None:
        """The currency that the month was converted to, if any."""
        return self.computed.conversion.currency if self.computed.conversion else None

    @property
    def reporting_totals(self) -> dict[str, Decimal]:
        """The exact total of each currency in the reporting currency; {} without one."""
        totals: dict[str, Decimal] = {}
        for row in self.rows:
            if row.reporting_cost is not None:
                totals[row.currency] = totals.get(row.currency, Decimal(0)) + row.reporting_cost
        return dict(sorted(totals.items()))

    @property
    def reporting_total(self) -> Decimal | None:
        """The exact grand total over all currencies; None without a reporting currency."""
        return sum(self.reporting_totals.values(), Decimal(0)) if self.reporting_currency else None

    @property
    def totals(self) -> dict[str, Decimal]:
        """The exact total per currency."""
        totals: dict[str, Decimal] = {}
        for row in self.rows:
            totals[row.currency] = totals.get(row.currency, Decimal(0)) + row.cost
        return dict(sorted(totals.items()))

    def to_json(self) -> dict[str, object]:
        """Return the report as JSON values, money as strings of full precision."""
        totals = self.totals
        only = next(iter(totals)) if len(totals) == 1 else None
        return {
            "month": self.computed.month,
            "by": self.by.value,
            "cost": self.cost.value,
            "hub": self.hub,
            "currency": only,
            "status": self.computed.status,
            "rows": [
                {
                    **row.keys,
                    "currency": row.currency,
                    "cost": f"{row.cost:f}",
                    "reporting_currency": self.reporting_currency,
                    "reporting_cost": _money(row.reporting_cost),
                    "coverage": f"{row.coverage:f}",
                }
                for row in self.rows
            ],
            "total": f"{totals[only]:f}" if only else None,
            "totals": {currency: f"{total:f}" for currency, total in totals.items()},
            "reporting_currency": self.reporting_currency,
            "reporting_total": _money(self.reporting_total),
            "reporting_totals": {currency: f"{total:f}" for currency, total in self.reporting_totals.items()},
            "rates": [rate.to_json() for rate in self.computed.conversion.rates] if self.computed.conversion else [],
            "versions": dict(self.computed.versions),
            "notes": list(self.notes),
            "applies": [{name: getattr(apply, name) for name in APPLY} for apply in self.applies],
        }


def report(
    lake: Lake,
    month: str,
    *,
    by: By = By.HUB,
    hub: str | None = None,
    cost: Cost = Cost.BILLED,
) -> Report:
    """Return the report of `month`, of one hub (`name` or `cluster/name`) or of everything.

    It is converted with the rates that the month was allocated with.

    Raises MonthError if the month is not allocated, NoSuchHub if the hub bears nothing in it.
    """
    check_month(month)
    computed = computed_of(lake, month)
    columns = COLUMNS[by]
    cluster, _, name = (hub or "").rpartition("/")
    with connect() as con:
        lake.attach(con, ALLOCATIONS, where={"billing_period": month})
        convert(con, computed.conversion)
        rows = con.execute(
            sql("report/rows").replace("/* keys */", ", ".join(columns)),
            {"cost": cost.value, "hub": name or None, "cluster": cluster or None},
        ).fetchall()
        if hub is not None and not rows:
            known = con.execute(
                "select distinct cluster || '/' || hub from allocations where hub is not null order by 1"
            ).fetchall()
            raise NoSuchHub(f"no hub '{hub}' in {month}; there are {', '.join(row[0] for row in known) or 'none'}")
    return Report(
        by=by,
        cost=cost,
        hub=hub,
        computed=computed,
        rows=tuple(
            Row(
                keys={column: _text(value) for column, value in zip(columns, row, strict=False)},
                currency=row[-4],
                cost=row[-3],
                reporting_cost=row[-2],
                coverage=row[-1],
            )
            for row in rows
        ),
        notes=computed.notes,
    )


def note_rates(found: Report, fleet: Fleet) -> Report:
    """Return the report with a note for each rate that the fleet's rates.csv says otherwise now."""
    if found.computed.conversion is None:
        return found
    return replace(found, notes=found.notes + changed(found.computed.conversion, fleet, found.computed.month))


def mark_applies(found: Report, receipts: Iterable[Receipt]) -> Report:
    """Return the report with the applies of its month (UTC), of the hub's cluster alone if it is of one hub."""
    clusters = {row.keys["cluster"] for row in found.rows} if found.hub and "cluster" in COLUMNS[found.by] else None
    if found.hub and "/" in found.hub:
        clusters = {found.hub.partition("/")[0]}
    mine = (each for each in receipts if each.ended_at.startswith(found.computed.month))
    return replace(found, applies=tuple(each for each in mine if clusters is None or each.cluster in clusters))


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


def _text(value: str | datetime.date | None) -> str | None:
    return value if value is None or isinstance(value, str) else value.isoformat()
