"""A month of charges and usage in few words: rows with defaults, a fleet in a line, and its allocations as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from analytics.allocate import allocate
from analytics.tables import ACTIVITY, CHARGES, NODES, USAGE_TABLE, Table
from terraform.fleet import (
    Cluster,
    Community,
    Fleet,
    Hub,
    IdlePolicy,
    Membership,
    Policy,
    Provider,
    Settings,
    SharedPolicy,
    Weights,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb

Row = dict[str, Any]  # a row of one of the lake's tables
ZERO = Decimal(0)
START = datetime(2026, 10, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
EVEN_WEIGHTS = Weights(cpu=Decimal(1), memory=Decimal(1), gpu=Decimal(1))


class Allocation(NamedTuple):
    """A row of the result."""

    billing_period: str
    day: date
    issuer: str
    billing_account: str
    cluster: str | None
    community: str | None
    hub: str | None
    component: str
    rule: str
    basis: str
    charge_category: str
    currency: str
    billed_cost: Decimal
    effective_cost: Decimal
    coverage: Decimal


@dataclass(frozen=True, slots=True)
class Month:
    """What allocation reads. `charges`, `usage`, `nodes`, `activity` are rows of the lake's tables; what a row lacks is null."""

    fleet: Fleet
    charges: tuple[Row, ...] = ()
    usage: tuple[Row, ...] = ()
    nodes: tuple[Row, ...] = ()
    activity: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Book:
    """A connection on which months are allocated, one after the other."""

    con: duckdb.DuckDBPyConnection

    def allocate(self, month: Month) -> tuple[Allocation, ...]:
        """Allocate the month; return the allocations, sorted. The steps' tables stay on `con`."""
        for table, rows in (
            (CHARGES, month.charges),
            (USAGE_TABLE, month.usage),
            (NODES, month.nodes),
            (ACTIVITY, month.activity),
        ):
            self.con.register(table.name, arrow(table, rows))
        allocate(self.con, month.fleet)
        found = self.con.execute(f"select {', '.join(Allocation._fields)} from allocations").fetchall()
        return tuple(sorted((Allocation(*row) for row in found), key=str))


def arrow(table: Table, rows: Iterable[Row]) -> pa.Table:
    """Return the rows in the table's columns."""
    rows = tuple(rows)
    columns = [pa.array([row.get(name) for row in rows], table.schema.field(name).type) for name in table.schema.names]
    return pa.table(columns, names=table.schema.names)


def cluster(
    name: str,
    hubs: Sequence[str] = ("blue", "red"),
    *,
    idle: str = "proportional",
    shared: str = "proportional",
    weights: Weights = EVEN_WEIGHTS,
    aliases: Sequence[str] = (),
    sub_accounts: Sequence[str] = (),
    billing_accounts: Sequence[str] = (),
) -> Cluster:
    """Return a cluster of these hubs."""
    return Cluster(
        name=name,
        provider=Provider.GCP,
        provider_url=None,
        aliases=tuple(aliases),
        sub_accounts=tuple(sub_accounts),
        billing_accounts=tuple(billing_accounts),
        region=None,
        paid_by_us=None,
        billing=(),
        usage=None,
        policy=Policy(IdlePolicy(idle), SharedPolicy(shared), weights),
        hubs=tuple(Hub(name, hub, hub, "") for hub in hubs),
        path=Path("fleet"),
    )


def community(name: str, *hubs: Membership, accounts: Sequence[str] = ()) -> Community:
    """Return a community of these memberships and accounts."""
    return Community(name, name, hubs, tuple(accounts), (), Path("fleet"))


def fleet(*clusters: Cluster, communities: Sequence[Community] = ()) -> Fleet:
    """Return a fleet of these clusters."""
    return Fleet(Path("fleet"), Settings(), clusters, tuple(communities))


def charge(cost: str | Decimal, start: datetime = START, length: timedelta = HOUR, **columns: Any) -> Row:
    """Return a charge in `charges`' columns; `columns` name the x_ columns without their x_, and others in full."""
    row: Row = {
        "InvoiceIssuerName": "Cloud",
        "BillingAccountId": "payer",
        "SubAccountId": None,
        "BillingCurrency": "USD",
        "ChargeCategory": "Usage",
        "ServiceName": "Machines",
        "ServiceCategory": "Compute",
        "BilledCost": Decimal(cost),
        "EffectiveCost": Decimal(cost),
        "ChargePeriodStart": start,
        "ChargePeriodEnd": start + length,
        "x_BillingPeriod": f"{start:%Y-%m}",
        "x_Component": "compute",
    }
    names = set(CHARGES.schema.names)
    return row | {name if name in names else f"x_{name}": value for name, value in columns.items()}


def measured(
    capacity: tuple[object, object, object],
    hour: datetime = START,
    *,
    node: str = "n1",
    cluster: str = "one",
    provider_id: str | None = "gce://project/zone/N1",
    pool: str | None = "pool",
    purpose: str | None = "user",
) -> Row:
    """Return a node's hour with its capacity in CPU, memory and GPU hours."""
    return {
        "hour": hour, "day": f"{hour:%Y-%m-%d}", "cluster": cluster, "node": node, "provider_id": provider_id,
        "pool": pool, "purpose": purpose, **_resources(capacity),
    }  # fmt: skip


def used(
    hub: str | None,
    use: tuple[object, object, object],
    hour: datetime = START,
    *,
    node: str | None = "n1",
    cluster: str = "one",
    pool: str | None = "pool",
    purpose: str | None = "user",
) -> Row:
    """Return what a hub, or nobody's namespaces, asked of a node in an hour."""
    return {
        "hour": hour, "day": f"{hour:%Y-%m-%d}", "cluster": cluster, "node": node, "pool": pool, "purpose": purpose,
        "hub": hub, "storage_gib_hours": ZERO, **_resources(use),
    }  # fmt: skip


def stored(hub: str | None, gib_hours: object, hour: datetime = START, *, cluster: str = "one") -> Row:
    """Return the size of a hub's, or nobody's, home directories in an hour."""
    row = used(hub, (0, 0, 0), hour, node=None, cluster=cluster, pool=None, purpose="home-nfs")
    return row | {"storage_gib_hours": Decimal(str(gib_hours))}


def users(hub: str, count: int, period: str = "2026-10", *, cluster: str = "one") -> Row:
    """Return a hub's distinct users of a month or day."""
    return {
        "period": period,
        "month": period[:7],
        "cluster": cluster,
        "hub": hub,
        "active_users": count,
        "server_hours": ZERO,
    }


def _resources(amounts: tuple[object, object, object]) -> Row:
    names = ("cpu_core_hours", "memory_gib_hours", "gpu_hours")
    return {name: Decimal(str(amount)) for name, amount in zip(names, amounts, strict=True)}


def by(rows: Iterable[Allocation], *names: str, cost: str = "billed_cost") -> dict[tuple[object, ...], Decimal]:
    """Sum the rows' cost by the columns named, to a millionth, so that expected figures can be written short."""
    sums: dict[tuple[object, ...], Decimal] = {}
    for row in rows:
        key = tuple(getattr(row, name) for name in names)
        sums[key] = sums.get(key, ZERO) + getattr(row, cost)
    return {key: value.quantize(Decimal("0.000001")) for key, value in sums.items()}


def money(**costs: str) -> dict[tuple[object, ...], Decimal]:
    """Return what `by(rows, "hub")` gives for these hubs; `nobody` is no hub."""
    return {
        (None if hub == "nobody" else hub,): Decimal(cost).quantize(Decimal("0.000001")) for hub, cost in costs.items()
    }
