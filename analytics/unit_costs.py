"""What nodes and storage cost in the latest months, and communities in this one: what changes of infrastructure ask of the lake."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from analytics.engine import EngineError, connect, sql
from analytics.lake import Lake, LakeError
from analytics.tables import ALLOCATIONS, CHARGES, DELIVERIES, NODES
from terraform.past_costs import PoolMonth, StorageMonth, UnreadableBills

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from terraform.fleet import Fleet

_MONTHS = 3


@dataclass(frozen=True, slots=True)
class UnitCosts:
    """The fleet's past bills, as terraform.past_costs.PastCosts."""

    lake: Lake
    pools: tuple[PoolMonth, ...]
    storage: tuple[StorageMonth, ...]

    def month_to_date(self, month: str) -> Mapping[str, Mapping[str, Decimal]] | None:
        """Return what each community cost so far in a month, by currency; None where the month is not allocated."""
        if {"billing_period": month} not in self.lake.partitions(ALLOCATIONS):
            return None
        found: dict[str, dict[str, Decimal]] = {}
        with connect() as con:
            self.lake.attach(con, ALLOCATIONS, where={"billing_period": month})
            for community, currency, cost in con.execute(sql("unit_costs/spent")).fetchall():
                found.setdefault(community, {})[currency] = cost
        return found


def unit_costs(fleet: Fleet, url: str) -> UnitCosts | None:
    """Return what the latest three months of the lake tell; None where there is no lake, or no bill in it.

    Raises UnreadableBills where the lake can't be read.
    """
    try:
        return _unit_costs(fleet, url)
    except (LakeError, EngineError) as error:
        raise UnreadableBills(f"{url}: past bills can't be read: {error}") from error


def _unit_costs(fleet: Fleet, url: str) -> UnitCosts | None:
    if "://" not in url and not Path(url).is_dir():
        return None
    lake = Lake(url)
    known = {partition["x_BillingPeriod"] for partition in lake.partitions(CHARGES)}
    if not known:
        return None
    months = sorted(_final(lake) & known or known)[-_MONTHS:]
    aliases = [(alias, cluster.name) for cluster in fleet.clusters for alias in cluster.aliases]
    days = [part["day"] for part in lake.partitions(NODES) if part["day"][:7] in months]
    with connect() as con:
        lake.attach(con, CHARGES, where={"x_BillingPeriod": months})
        lake.attach(con, NODES, where={"day": sorted(set(days))})
        table = pa.table({"alias": [alias for alias, _ in aliases], "cluster": [cluster for _, cluster in aliases]})
        con.register("aliases", table)
        pools = tuple(PoolMonth(*row) for row in con.execute(sql("unit_costs/pools")).fetchall())
        storage = tuple(StorageMonth(*row) for row in con.execute(sql("unit_costs/storage")).fetchall())
    return UnitCosts(lake, pools, storage)


def _final(lake: Lake) -> set[str]:
    """Return the months whose bills are final: a month that is under way says too little of a month's hours."""
    with connect() as con:
        lake.attach(con, DELIVERIES)
        query = "select billing_period from deliveries where superseded_at is null group by all having bool_and(final)"
        return {month for (month,) in con.execute(query).fetchall()}
