"""What only those see who run the fleet or its money: bills beside what was allocated of them, idle hours, gaps, other policies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from analytics import engine
from analytics.report import Cost
from dashboard.figures import first_day, next_month
from dashboard.sight import look, sql
from dashboard.state import months_back

if TYPE_CHECKING:
    from decimal import Decimal

    from analytics.lake import Lake
    from dashboard.state import State
    from dashboard.viewer import Viewer
    from terraform.fleet import Fleet

FACTOR = 2  # beyond which a day is unusual
LEAST_PART = 0.02  # of an average day of everything: less is not worth a look
MOST_DAYS = 25


@dataclass(frozen=True, slots=True)
class Bill:
    """An account's month: what was delivered, where it went, what the provider states (None: nobody entered it). `final`: all of it."""

    issuer: str
    billing_account: str
    currency: str
    delivered: Decimal
    hubs: Decimal
    communities: Decimal
    operator: Decimal
    unattributed: Decimal
    stated: Decimal | None
    final: bool
    seen: date | None

    @property
    def difference(self) -> Decimal:
        """What was delivered and is not allocated."""
        return self.delivered - self.hubs - self.communities - self.operator - self.unattributed


@dataclass(frozen=True, slots=True)
class IdleHour:
    """How much of a pool nobody asked for in an hour of the week (Monday is 1; UTC): 0 to 1, weighed by the policy's weights."""

    pool: str
    weekday: int
    hour: int
    idle: float
    capacity_hours: float


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was wrong with a cluster's measurements on some days."""

    cluster: str
    kind: str
    detail: str
    days: int
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class UnusualDay:
    """A day on which a component of a hub cost much more than the same weekday of the weeks before: the usual is their median."""

    day: date
    cluster: str | None
    hub: str | None
    component: str
    cost: Decimal
    usual: Decimal


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a community would bear of a month under a policy; None: what no community does."""

    idle: str
    shared: str
    community: str | None
    cost: Decimal


def bills(lake: Lake, fleet: Fleet, viewer: Viewer, state: State, month: str) -> tuple[Bill, ...]:
    """Return each account's bill of a month. Raises NotYours for a community's viewer."""
    where = {"billing_period": (month,)}
    with look(lake, fleet, viewer, state, months=[month], tables={"deliveries": where, "invoice_totals": where}) as con:
        query = sql("bills").replace("/* borne */", engine.sql("report/borne"))
        return tuple(Bill(*row) for row in con.execute(query).fetchall())


def idle_hours(
    lake: Lake, fleet: Fleet, viewer: Viewer, state: State, month: str, cluster: str
) -> tuple[IdleHour, ...]:
    """Return the idle part of each pool of a cluster by hour of the week. Raises NotYours unless the viewer operates the fleet."""
    first, end = first_day(month), next_month(month)
    days = [f"{first + timedelta(days=number)}" for number in range((end - first).days)]
    where = {"cluster": (cluster,), "day": days}
    weights = next((each.policy.weights for each in fleet.clusters if each.name == cluster), None)
    if weights is None:
        return ()
    with look(lake, fleet, viewer, state, tables={"nodes": where, "usage": where}) as con:
        rows = con.execute(
            sql("idle_hours"), {"cpu": weights.cpu, "memory": weights.memory, "gpu": weights.gpu}
        ).fetchall()
    return tuple(IdleHour(*row) for row in rows)


def findings(lake: Lake, fleet: Fleet, viewer: Viewer, state: State, month: str) -> tuple[Finding, ...]:
    """Return what was wrong with the month's measurements. Raises NotYours unless the viewer operates the fleet."""
    first, end = first_day(month), next_month(month)
    days = [f"{first + timedelta(days=number)}" for number in range((end - first).days)]
    with look(lake, fleet, viewer, state, tables={"findings": {"day": days}}) as con:
        return tuple(Finding(*row) for row in con.execute(sql("findings")).fetchall())


def replays(lake: Lake, fleet: Fleet, viewer: Viewer, state: State, month: str, currency: str) -> tuple[Replayed, ...]:
    """Return what each community would bear under each policy; nothing where the month was not replayed.

    Raises NotYours unless the viewer operates the fleet.
    """
    where = {"billing_period": (month,)}
    with look(lake, fleet, viewer, state, tables={"replays": where}) as con:
        return tuple(Replayed(*row) for row in con.execute(sql("replays"), {"currency": currency}).fetchall())


def unusual_days(
    lake: Lake, fleet: Fleet, viewer: Viewer, state: State, month: str, currency: str, cost: Cost = Cost.BILLED
) -> tuple[UnusualDay, ...]:
    """Return the days of a month that stand out among what the viewer sees, what costs most beyond the usual first."""
    months = [each for each in (months_back(month, 1), month) if state.of(each)]
    with look(lake, fleet, viewer, state, months=months) as con:
        rows = con.execute(
            sql("unusual_days"),
            {
                "cost": cost.value,
                "currency": currency,
                "reporting": state.reporting(months, currency),
                "first": f"{first_day(month)}",
                "end": f"{next_month(month)}",
                "factor": FACTOR,
                "least": LEAST_PART,
                "most": MOST_DAYS,
            },
        ).fetchall()
    return tuple(UnusualDay(*row) for row in rows)
