"""What the pages show of the lake, as small tables of rows: each already cut down to what its viewer may see (sight.py)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from analytics.report import Cost
from dashboard.sight import look, sql

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from analytics.lake import Lake
    from dashboard.state import State
    from dashboard.viewer import Viewer
    from terraform.fleet import Fleet

ZERO = Decimal(0)
KEYS = (
    "billing_period", "day", "issuer", "billing_account", "cluster", "community", "hub", "component", "rule", "basis", "charge_category",
)  # fmt: skip
FILTERS = ("cluster", "community", "hub")
NOBODYS = "(nobody's)"  # as a filter on community: what none bears

SEPARATOR = "\x1f"

Key = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Sum:
    """Money, exact, and how far it rests on measured hours: `measured` of `weight`."""

    cost: Decimal = ZERO
    weight: Decimal = ZERO
    measured: Decimal = ZERO

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.cost + other.cost, self.weight + other.weight, self.measured + other.measured)

    @property
    def coverage(self) -> Decimal:
        """The part (0 to 1) that rests on hours in which usage was measured."""
        return self.measured / self.weight if self.weight else Decimal(1)


@dataclass(frozen=True, slots=True)
class Costs:
    """Costs in one currency, by the columns `by`. Everything on a page is folded from few of these, so that it agrees."""

    by: tuple[str, ...]
    currency: str
    rows: tuple[tuple[Key, Sum], ...]

    @property
    def total(self) -> Sum:
        return sum((each for _, each in self.rows), Sum())

    def fold(self, *by: str) -> dict[Key, Sum]:
        """Return the sums by fewer columns, in the order of their values, nobody's last."""
        places = [self.by.index(name) for name in by]
        found: dict[Key, Sum] = defaultdict(Sum)
        for key, each in self.rows:
            found[tuple(key[place] for place in places)] += each
        return dict(sorted(found.items(), key=lambda item: tuple((part is None, part or "") for part in item[0])))

    def of(self, **values: str | Collection[str] | None) -> Costs:
        """Return only the rows whose columns have these values, or one of them."""
        wanted = {
            self.by.index(name): {value} if value is None or isinstance(value, str) else set(value)
            for name, value in values.items()
        }
        rows = tuple(row for row in self.rows if all(row[0][place] in any_of for place, any_of in wanted.items()))
        return Costs(self.by, self.currency, rows)


@dataclass(frozen=True, slots=True)
class Activity:
    """A hub's people on a day or in a month. `users` is None where there are fewer than five and the viewer is not of its community."""

    period: str
    cluster: str
    hub: str
    community: str | None
    users: int | None
    server_hours: Decimal


def costs(
    lake: Lake,
    fleet: Fleet,
    viewer: Viewer,
    state: State,
    months: Collection[str],
    by: tuple[str, ...],
    *,
    currency: str,
    cost: Cost = Cost.BILLED,
    only: Mapping[str, str] | None = None,
    days: int | None = None,
    without: Collection[Key] = (),
) -> Costs:
    """Return what the viewer may see of the cost of `months`, grouped by columns of KEYS, in `currency`.

    Of months whose reporting currency that is, everything, converted; of others, what is billed in it. `only` takes one value of each of
    FILTERS. Of each month, only the first `days`, and nothing of these issuers, billing accounts, components and categories.
    """
    asked: dict[str, str | None] = {name: (only or {}).get(name) for name in FILTERS}
    keys = ", ".join(KEYS[KEYS.index(name)] for name in by)
    reporting = state.reporting(months, currency)
    with look(lake, fleet, viewer, state, months=months) as con:
        rows = con.execute(
            sql("costs").replace("/* keys */", keys),
            {
                **asked,
                "cost": cost.value,
                "currency": currency,
                "reporting": reporting,
                "nobodys": NOBODYS,
                "days": days,
                "without": [SEPARATOR.join(part or "" for part in kind) for kind in without],
            },
        ).fetchall()
    return Costs(by, currency, tuple((tuple(_text(part) for part in row[:-3]), Sum(*row[-3:])) for row in rows))


def currencies(lake: Lake, fleet: Fleet, viewer: Viewer, state: State, month: str) -> tuple[str, ...]:
    """Return the currencies in which the viewer can look at a month: the reporting currency, then those of bills, the largest first."""
    conversion = state.conversion(month)
    with look(lake, fleet, viewer, state, months=[month]) as con:
        billed = [row[0] for row in con.execute(sql("currencies")).fetchall()]
    first = [conversion.currency] if conversion else []
    return tuple(dict.fromkeys([*first, *billed]))


def communities(lake: Lake, fleet: Fleet, viewer: Viewer, state: State, months: Collection[str]) -> tuple[str, ...]:
    """Return the communities that the viewer may look at: those of the fleet, and others that bear something in `months`."""
    with look(lake, fleet, viewer, state, months=months) as con:
        found = {row[0] for row in con.execute(sql("communities")).fetchall()}
    known = [community.name for community in fleet.communities]
    return tuple(name for name in dict.fromkeys([*known, *sorted(found)]) if viewer.sees(name))


def monthly_activity(
    lake: Lake, fleet: Fleet, viewer: Viewer, state: State, months: Collection[str], community: str | None = None
) -> tuple[Activity, ...]:
    """Return each hub's distinct users and server-hours of each month, of one community or of all the viewer may see."""
    with look(lake, fleet, viewer, state, months=months) as con:
        rows = con.execute(sql("activity_months"), {"community": community}).fetchall()
    return tuple(Activity(*row) for row in rows)


def daily_activity(
    lake: Lake, fleet: Fleet, viewer: Viewer, state: State, months: Collection[str], community: str | None = None
) -> tuple[Activity, ...]:
    """Return each hub's users and server-hours of each day."""
    with look(lake, fleet, viewer, state, months=months) as con:
        rows = con.execute(sql("activity_days"), {"community": community}).fetchall()
    return tuple(Activity(*row) for row in rows)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
