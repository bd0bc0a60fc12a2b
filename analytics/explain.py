"""The explanation of a figure: from what a hub bears to the rules, the shares and the bill lines behind it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from analytics.allocate import allocate
from analytics.engine import connect, sql
from analytics.month import Computed, attach_inputs, computed_of
from analytics.rates import convert
from analytics.report import NoSuchHub, report

if TYPE_CHECKING:
    from analytics.lake import Lake
    from terraform.fleet import Fleet, Hub


@dataclass(frozen=True, slots=True)
class Figure:
    """What the hub bears by one rule, on one basis, for one component. `reporting_cost` is None without a reporting currency."""

    rule: str
    basis: str
    component: str
    currency: str
    cost: Decimal
    coverage: Decimal
    reporting_cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A machine, pool or home storage: its cost while the hub used it, and the hub's part by use and as idle."""

    rule: str
    scope: str
    name: str
    currency: str
    cost: Decimal
    used: Decimal
    idle: Decimal


@dataclass(frozen=True, slots=True)
class Pot:
    """Money of the cluster that a policy spread over its hubs, the hub's part, and its mean share (0 to 1)."""

    rule: str
    pot: str
    policy: str
    currency: str
    cost: Decimal
    hub_cost: Decimal
    share: float | None


@dataclass(frozen=True, slots=True)
class Line:
    """Charges of one SKU and resource, [start, end), and the part of them that the hub bears."""

    rule: str
    component: str
    service: str
    sku: str
    resource: str
    start: datetime
    end: datetime
    charges: int
    currency: str
    cost: Decimal
    hub_cost: Decimal


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that stands behind a hub's figure. The figures are exact; places and lines are the largest ones."""

    computed: Computed
    hub: str
    component: str | None
    day: date | None
    figures: tuple[Figure, ...]
    places: tuple[Place, ...]
    pots: tuple[Pot, ...]
    lines: tuple[Line, ...]
    note: str | None

    @property
    def reporting_currency(self) -> str | None:
        """The currency that the month was converted to, if any."""
        return self.computed.conversion.currency if self.computed.conversion else None

    def to_json(self) -> dict[str, object]:
        """Return it as JSON values, money as strings of full precision."""
        return {
            "month": self.computed.month,
            "status": self.computed.status,
            "hub": self.hub,
            "component": self.component,
            "day": self.day.isoformat() if self.day else None,
            "note": self.note,
            "reporting_currency": self.reporting_currency,
            **{
                name: [{key: _plain(value) for key, value in asdict(item).items()} for item in getattr(self, name)]
                for name in ("figures", "places", "pots", "lines")
            },
            "versions": dict(self.computed.versions),
        }


def explain(
    lake: Lake,
    fleet: Fleet,
    month: str,
    *,
    hub: str,
    component: str | None = None,
    day: date | None = None,
    most: int = 10,
) -> Explanation:
    """Explain what `hub` (name or cluster/name) bears in `month`, by computing it again from the recorded lake versions.

    `most` bounds the places and lines listed. Raises MonthError if the month is not allocated, NoSuchHub if there is no such hub.
    """
    computed = computed_of(lake, month)
    found = _hub(fleet, hub)
    told = report(lake, month, hub=f"{found.cluster}/{found.name}")
    of_hub = {"hub": found.name, "cluster": found.cluster}
    asked: dict[str, object] = {**of_hub, "component": component, "day": day.isoformat() if day else None}
    listed = {**asked, "most": most}
    with connect() as con:
        attach_inputs(con, lake, month, versions=computed.versions)
        allocate(con, fleet)
        convert(con, computed.conversion)
        again = con.execute("select sum(billed_cost) from allocations where hub = $hub and cluster = $cluster", of_hub)
        changed = (again.fetchone() or (None,))[0] != sum((row.cost for row in told.rows), Decimal(0))
        return Explanation(
            computed=computed,
            hub=f"{found.cluster}/{found.name}",
            component=component,
            day=day,
            figures=tuple(Figure(*row) for row in con.execute(sql("explain/figures"), asked).fetchall()),
            places=tuple(Place(*row) for row in con.execute(sql("explain/places"), listed).fetchall()),
            pots=tuple(Pot(*row) for row in con.execute(sql("explain/pots"), asked).fetchall()),
            lines=tuple(Line(*row) for row in con.execute(sql("explain/lines"), listed).fetchall()),
            note=(
                f"the fleet's files changed since {month} was allocated, so this differs from the report: "
                f"run `hubledger costs allocate --month {month}`"
                if changed
                else None
            ),
        )


def _hub(fleet: Fleet, name: str) -> Hub:
    cluster, _, hub = name.rpartition("/")
    found = [one for one in fleet.hubs if one.name == hub and cluster in ("", one.cluster)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"{one.cluster}/{one.name}" for one in (found or fleet.hubs))
    raise NoSuchHub(f"{'more than one' if found else 'no'} hub is named '{name}': say which of {names}")


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else value
