"""The report of a month: allocations grouped the way somebody looks at them; always the whole bill."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from analytics.engine import connect, sql
from analytics.month import Computed, check_month, computed_of
from analytics.tables import ALLOCATIONS

if TYPE_CHECKING:
    import datetime

    from analytics.lake import Lake


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


class NoSuchHub(Exception):
    """The report was asked for a hub that bears nothing in that month."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a report. `keys` are its columns (COLUMNS of the report's `by`); None stands for nobody's."""

    keys: dict[str, str | None]
    currency: str
    cost: Decimal
    coverage: Decimal


@dataclass(frozen=True, slots=True)
class Report:
    """A month's cost by hub, community, cluster, component, rule or day. Its rows add up to the bill, exactly."""

    by: By
    cost: Cost
    hub: str | None
    computed: Computed
    rows: tuple[Row, ...]

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
                {**row.keys, "currency": row.currency, "cost": f"{row.cost:f}", "coverage": f"{row.coverage:f}"}
                for row in self.rows
            ],
            "total": f"{totals[only]:f}" if only else None,
            "totals": {currency: f"{total:f}" for currency, total in totals.items()},
            "versions": dict(self.computed.versions),
            "notes": list(self.computed.notes),
        }


def report(lake: Lake, month: str, *, by: By = By.HUB, hub: str | None = None, cost: Cost = Cost.BILLED) -> Report:
    """Return the report of `month`, of one hub (`name` or `cluster/name`) or of everything.

    Raises MonthError if the month is not allocated, NoSuchHub if the hub bears nothing in it.
    """
    check_month(month)
    computed = computed_of(lake, month)
    columns = COLUMNS[by]
    cluster, _, name = (hub or "").rpartition("/")
    with connect() as con:
        lake.attach(con, ALLOCATIONS, where={"billing_period": month})
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
                currency=row[-3],
                cost=row[-2],
                coverage=row[-1],
            )
            for row in rows
        ),
    )


def _text(value: str | datetime.date | None) -> str | None:
    return value if value is None or isinstance(value, str) else value.isoformat()
