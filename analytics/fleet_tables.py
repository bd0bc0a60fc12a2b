"""The fleet as small tables that the allocation's SQL joins: clusters, their names in bills, accounts, hubs, communities."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    import duckdb

    from terraform.fleet import Fleet

_TEXT = pa.string()
_WEIGHT = pa.decimal128(12, 6)

_CLUSTERS = pa.schema(
    [
        ("cluster", _TEXT),
        ("idle_policy", _TEXT),
        ("shared_policy", _TEXT),
        ("weight_cpu", _WEIGHT),
        ("weight_memory", _WEIGHT),
        ("weight_gpu", _WEIGHT),
    ]
)
_HUBS = pa.schema([("hub_id", pa.int32()), ("cluster", _TEXT), ("hub", _TEXT)])
_ALIASES = pa.schema([("alias", _TEXT), ("sub_account", _TEXT), ("cluster", _TEXT)])
_ACCOUNTS = pa.schema([("account", _TEXT), ("cluster", _TEXT), ("community", _TEXT)])
_MEMBERSHIPS = pa.schema(
    [("cluster", _TEXT), ("hub", _TEXT), ("community", _TEXT), ("start_day", pa.date32()), ("end_day", pa.date32())]
)


def register(con: duckdb.DuckDBPyConnection, fleet: Fleet) -> None:
    """Create the tables `fleet_clusters`, `fleet_hubs`, `fleet_aliases`, `fleet_accounts`, `fleet_memberships`.

    `fleet_aliases` has a row per name that charges use for a cluster: with the sub-account where several clusters share
    the name, and with sub_account '' where the name alone is enough. `fleet_accounts` has a row per account that is one
    cluster's or one community's alone.
    """
    tables = {
        "fleet_clusters": pa.Table.from_pylist(
            [
                {
                    "cluster": cluster.name,
                    "idle_policy": cluster.policy.idle.value,
                    "shared_policy": cluster.policy.shared.value,
                    "weight_cpu": cluster.policy.weights.cpu,
                    "weight_memory": cluster.policy.weights.memory,
                    "weight_gpu": cluster.policy.weights.gpu,
                }
                for cluster in fleet.clusters
            ],
            schema=_CLUSTERS,
        ),
        "fleet_hubs": pa.Table.from_pylist(
            [
                {"hub_id": number, "cluster": hub.cluster, "hub": hub.name}
                for number, hub in enumerate(sorted(fleet.hubs, key=lambda hub: (hub.cluster, hub.name)), start=1)
            ],
            schema=_HUBS,
        ),
        "fleet_aliases": pa.Table.from_pylist(_aliases(fleet), schema=_ALIASES),
        "fleet_accounts": pa.Table.from_pylist(_accounts(fleet), schema=_ACCOUNTS),
        "fleet_memberships": pa.Table.from_pylist(
            [
                {
                    "cluster": hub.cluster,
                    "hub": hub.hub,
                    "community": community.name,
                    "start_day": hub.start,
                    "end_day": hub.end,
                }
                for community in fleet.communities
                for hub in community.hubs
            ],
            schema=_MEMBERSHIPS,
        ),
    }
    for name, table in tables.items():
        con.register(f"{name}_arrow", table)
        con.execute(f"create or replace table {name} as select * from {name}_arrow")
        con.unregister(f"{name}_arrow")


def _aliases(fleet: Fleet) -> list[dict[str, str]]:
    """Say which cluster a name means; a name that two clusters share means one only together with its sub-account."""
    by_name: dict[str, set[str]] = defaultdict(set)
    by_both: dict[tuple[str, str], set[str]] = defaultdict(set)
    for cluster in fleet.clusters:
        for alias in {cluster.name, *cluster.aliases}:
            by_name[alias].add(cluster.name)
            for account in cluster.sub_accounts:
                by_both[alias, account].add(cluster.name)
    rows = [
        {"alias": alias, "sub_account": "", "cluster": next(iter(names))}
        for alias, names in sorted(by_name.items())
        if len(names) == 1
    ]
    rows += [
        {"alias": alias, "sub_account": account, "cluster": next(iter(names))}
        for (alias, account), names in sorted(by_both.items())
        if len(names) == 1
    ]
    return rows


def _accounts(fleet: Fleet) -> list[dict[str, str | None]]:
    """Say whose an account is: a community's own first, else the one cluster that names it."""
    clusters: dict[str, set[str]] = defaultdict(set)
    for cluster in fleet.clusters:
        for account in (*cluster.sub_accounts, *cluster.billing_accounts):
            clusters[account].add(cluster.name)
    rows: dict[str, dict[str, str | None]] = {
        account: {"account": account, "cluster": next(iter(names)), "community": None}
        for account, names in clusters.items()
        if len(names) == 1
    }
    for community in fleet.communities:
        for account in community.accounts:
            rows[account] = {"account": account, "cluster": None, "community": community.name}
    return [rows[account] for account in sorted(rows)]
