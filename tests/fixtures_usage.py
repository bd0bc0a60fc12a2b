"""What the tests of usage share: a cluster with a source of usage, and the rows of a table of the lake."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics import engine
from terraform.fleet import Cluster, Hub, Policy, Provider, UsageSource

if TYPE_CHECKING:
    from analytics.lake import Lake
    from analytics.tables import Table


def cluster(source: UsageSource | None) -> Cluster:
    """Return the cluster `leap` with the hubs prod, staging and quiet."""
    return Cluster(
        name="leap",
        provider=Provider.GCP,
        provider_url=None,
        aliases=("leap",),
        sub_accounts=(),
        billing_accounts=(),
        region=None,
        paid_by_us=None,
        billing=(),
        usage=source,
        policy=Policy(),
        hubs=tuple(Hub("leap", name, name.title(), f"{name}.example.org") for name in ("prod", "staging", "quiet")),
        path=Path("fleet/clusters/leap/cluster.yaml"),
    )


def rows(
    lake: Lake, table: Table, where: str = "true", columns: str = "*", tail: str = "order by all"
) -> list[tuple[Any, ...]]:
    """Return rows of `table` as the lake has them now."""
    with engine.connect() as con:
        lake.attach(con, table)
        return con.execute(f"select {columns} from {table.name} where {where} {tail}").fetchall()
