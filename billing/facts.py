"""What a month's documents are made from, out of the lake at versions that are recorded: who bears what, and how many people came."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.engine import connect
from analytics.tables import ACTIVITY, ALLOCATIONS
from billing.days import months_before

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal

    from analytics.lake import Lake

HISTORY_MONTHS = 12
_SQL = Path(__file__).parent / "sql"


@dataclass(frozen=True, slots=True)
class Cost:
    """What somebody bears of a bill on a day: exact, in the bill's currency. No community: the operator's."""

    issuer: str
    account: str
    currency: str
    community: str | None
    cluster: str | None
    hub: str | None
    component: str
    day: date
    unattributed: bool
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PastCost:
    """A community's cost of a month by bill."""

    community: str
    month: str
    issuer: str
    account: str
    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Facts:
    """A month as the lake has it. `users` counts a hub's active users (`cluster/hub`); `coverage` is by community."""

    month: str
    costs: tuple[Cost, ...]
    users: Mapping[str, int]
    coverage: Mapping[str, Decimal]
    history: tuple[PastCost, ...]


def facts(lake: Lake, month: str, versions: Mapping[str, int]) -> Facts:
    """Read `month` from the versions of `allocations` and `activity`. Raises LakeError if they are not there."""
    months = months_before(month, HISTORY_MONTHS)
    with connect() as con:
        lake.attach(con, ALLOCATIONS, where={"billing_period": months}, version=versions.get(ALLOCATIONS.name))
        costs = con.execute(_sql("costs"), {"month": month}).fetchall()
        coverage = con.execute(_sql("coverage"), {"month": month}).fetchall()
        history = con.execute(_sql("history")).fetchall()
        if ACTIVITY.name in versions:
            lake.attach(con, ACTIVITY, where={"month": month}, version=versions[ACTIVITY.name])
            users = con.execute(_sql("users"), {"month": month}).fetchall()
        else:
            users = []
    return Facts(
        month,
        tuple(Cost(*row) for row in costs),
        dict(users),
        dict(coverage),
        tuple(PastCost(*row) for row in history),
    )


def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
