"""Generated months: small fleets with all the ways in which charges, usage and labels may fit together or not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from hypothesis import strategies as st

from terraform.fleet import Cluster, Membership, Weights
from tests.month import (
    EVEN_WEIGHTS,
    HOUR,
    Allocation,
    Month,
    Row,
    charge,
    cluster,
    community,
    fleet,
    measured,
    stored,
    used,
    users,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")

# Ordinary days, the days on which clocks change in the United States and Europe, and a leap day.
DAYS = (
    date(2026, 10, 1),
    date(2026, 3, 8),
    date(2026, 3, 29),
    date(2026, 11, 1),
    date(2026, 10, 25),
    date(2028, 2, 29),
)
HUBS = ("blue", "it's", "zürich", 'a "b"')
MACHINES = ("gke-1", "ip-10-0-0-1", "vmss", "nameless")
PROVIDER_IDS = {
    "gke-1": "gce://project/zone/GKE-1",
    "ip-10-0-0-1": "aws:///us-west-2a/i-0ab",
    "vmss": "azure:///subscriptions/s/virtualMachineScaleSets/vmss/virtualMachines/7",
}
BILLED_AS = {"gke-1": "gke-1", "ip-10-0-0-1": "i-0ab", "vmss": "vmss/7", "nameless": "nameless"}
POOLS = ("pool", "other", None)
PURPOSES = ("user", "user", "dask", "core", "batch", None)
ACCOUNTS = ("p1", "p2", None, "club")
LENGTHS = (
    HOUR,
    HOUR,
    HOUR,
    timedelta(0),
    timedelta(minutes=15),
    2 * HOUR,
    23 * HOUR,
    24 * HOUR,
    25 * HOUR,
    timedelta(days=9),
)
LABELS: dict[str, tuple[object, ...]] = {
    "Cluster": ("one", "one", "one", "one", "one", "two", "common", "gone", None),
    "Hub": (None, None, None, None, None, None, "blue", "zürich", "gone"),
    "Namespace": (None, None, None, None, None, None, "blue", "kube-system", "kube:unallocated"),
    "Node": (None, None, *BILLED_AS.values(), "gke-1", "unknown"),
    "Pool": (None, None, "pool", "other", "unknown"),
    "Purpose": (None, None, None, "user", "dask", "core", "home-nfs", "registry", "batch"),
    "Component": ("compute", "compute", "core", "home storage"),
    "Part": (None, None, None, "cpu", "memory", "gpu"),
}
PLAIN: dict[str, tuple[object, ...]] = (
    LABELS
    | {  # most charges are like these, so that they have to do with each other
        "Cluster": ("one",),
        "Hub": (None, None, None, None, None, "blue"),
        "Namespace": (None, None, None, None, None, "kube-system"),
        "Node": (None, *BILLED_AS.values()),
        "Pool": (None, "pool"),
        "Purpose": (None, "user"),
    }
)
AMOUNTS = st.sampled_from([Decimal(n) for n in ("1", "2", "0.25", "3.5", "5", "7", "16", "0.000001", "0")])
CALM_COSTS = st.integers(-(10**4), 10**6).map(lambda cents: Decimal(cents).scaleb(-2))
WILD_COSTS = st.one_of(
    st.sampled_from([Decimal(n) for n in ("1e-12", "-1e-12", "1e12", "-1e12", "0", "0.1", "35")]),
    st.integers(-(10**15), 10**15).map(lambda units: Decimal(units).scaleb(-12)),
)


def months(costs: st.SearchStrategy[Decimal] = WILD_COSTS) -> st.SearchStrategy[Month]:
    """Months of up to two clusters, three four machines each, five hours and twelve charges of these costs."""
    return st.composite(_month)(costs)


def _month(draw: st.DrawFn, costs: st.SearchStrategy[Decimal]) -> Month:
    day = draw(st.sampled_from(DAYS))
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    moments = tuple(midnight + n * HOUR for n in (0, 1, 23, 24, 30))
    clusters = [_cluster(draw, name) for name in (("one", "two") if draw(st.booleans()) else ("one",))]
    usage: list[Row] = []
    nodes: list[Row] = []
    for each in clusters:
        usage += _homes(draw, each, moments)
        for name in MACHINES:
            more_nodes, more_usage = _machine(draw, each, name, moments)
            nodes += more_nodes
            usage += more_usage
    charges = [_charge(draw, costs, moments) for _ in range(_number(draw, 4, 12))]
    hubs = [(each.name, hub.name) for each in clusters for hub in each.hubs]
    activity = [
        users(hub, _number(draw, 0, 2), period, cluster=name)
        for name, hub in hubs
        for period in (f"{day:%Y-%m}", f"{day}")
    ]
    members = [_membership(draw, name, hub, day + timedelta(days=1)) for name, hub in hubs if _number(draw, 0, 1)]
    communities = (community("members", *members, accounts=("club",)),)
    month = Month(
        fleet(*clusters, communities=communities), tuple(charges), tuple(usage), tuple(nodes), tuple(activity)
    )
    changes: list[Callable[[Month], Month]] = [without_usage, with_usage_of_zero, without_labels]
    which = _number(draw, 0, 9)
    return changes[which](month) if which < len(changes) else month


def without_usage(month: Month) -> Month:
    """Return the month as if nothing had been measured."""
    return replace(month, usage=(), nodes=(), activity=())


def with_usage_of_zero(month: Month) -> Month:
    """Return the month with all use, but not capacity, zero."""
    return replace(month, usage=_times(month.usage, 0))


def scaled(month: Month, factor: int) -> Month:
    """Return the month with all use and capacity, of machines and of storage, times the factor."""
    return replace(
        month,
        charges=_times(month.charges, factor),
        usage=_times(month.usage, factor),
        nodes=_times(month.nodes, factor),
    )


def _times(rows: tuple[Row, ...], factor: int) -> tuple[Row, ...]:
    names = ("cpu_core_hours", "memory_gib_hours", "gpu_hours", "storage_gib_hours", "x_StorageGibHours")
    return tuple(
        row | {name: value * factor for name, value in row.items() if name in names and isinstance(value, Decimal)}
        for row in rows
    )


def without_labels(month: Month) -> Month:
    """Return the month without any label on its charges."""
    labels = {f"x_{name}": None for name in LABELS if name != "Component"}
    return replace(month, charges=tuple(row | labels for row in month.charges))


def _membership(draw: st.DrawFn, name: str, hub: str, turn: date) -> Membership:
    start, end = draw(st.sampled_from(((None, turn), (turn, None), (None, None), (turn, turn + timedelta(days=1)))))
    return Membership(name, hub, start, end)


def _number(draw: st.DrawFn, least: int, most: int) -> int:
    return draw(st.integers(least, most))


def _cluster(draw: st.DrawFn, name: str) -> Cluster:
    def any_of(*values: T) -> T:
        return draw(st.sampled_from(values))

    return cluster(
        name,
        HUBS[: any_of(2, 3, 4, 1, 0)] if name == "one" else any_of(("blue",), ("green", "zürich"), ()),
        idle=any_of("proportional", "proportional", "even", "operator"),
        shared=any_of("proportional", "proportional", "even", "by-users", "operator"),
        weights=any_of(Weights(), EVEN_WEIGHTS, Weights(Decimal(2), Decimal(0), Decimal(1))),
        aliases=any_of((), ("common",), ("common",)),
        sub_accounts=any_of((), ("p1",), ("p1", "p2")),
        billing_accounts=any_of((), (), ("payer",)),
    )


def _machine(draw: st.DrawFn, of: Cluster, name: str, moments: tuple[datetime, ...]) -> tuple[list[Row], list[Row]]:
    pool, purpose = draw(st.sampled_from(POOLS)), draw(st.sampled_from(PURPOSES))
    hubs = [*(hub.name for hub in of.hubs), *(hub.name for hub in of.hubs), None, "stranger"]
    nodes: list[Row] = []
    usage: list[Row] = []
    for hour in moments:
        kind = _number(draw, 0, 5)  # 0, 1: unmeasured; 2: usage alone; 3: idle; 4, 5: both
        where: Row = {"node": name, "cluster": of.name, "pool": pool, "purpose": purpose}
        if kind > 2:
            capacity = (draw(AMOUNTS), draw(AMOUNTS), draw(st.sampled_from([0, 0, 1])))
            nodes.append(measured(capacity, hour, provider_id=PROVIDER_IDS.get(name), **where))
        if kind in (2, 4, 5):
            for _ in range(_number(draw, 1, 3)):
                use = (draw(AMOUNTS), draw(AMOUNTS), draw(st.sampled_from([0, 0, 1])))
                usage.append(used(draw(st.sampled_from(hubs)), use, hour, **where))
    return nodes, usage


def _homes(draw: st.DrawFn, of: Cluster, moments: tuple[datetime, ...]) -> list[Row]:
    hubs = [*(hub.name for hub in of.hubs), None]
    return [
        stored(draw(st.sampled_from(hubs)), draw(AMOUNTS), draw(st.sampled_from(moments)), cluster=of.name)
        for _ in range(_number(draw, 0, 3))
    ]


def _charge(draw: st.DrawFn, costs: st.SearchStrategy[Decimal], moments: tuple[datetime, ...]) -> Row:
    start = draw(st.sampled_from((*moments[:3], moments[3], moments[0] + 7 * HOUR, moments[0] + timedelta(minutes=30))))
    cost, factor = draw(costs), draw(st.sampled_from((1, 1, 0, 2)))
    plain = _number(draw, 0, 3) > 0
    labels = {name: draw(st.sampled_from(values)) for name, values in (PLAIN if plain else LABELS).items()}
    return charge(
        cost,
        start,
        draw(st.sampled_from(LENGTHS)),
        EffectiveCost=cost * factor,
        InvoiceIssuerName="Cloud" if plain else draw(st.sampled_from(("Cloud", "Other"))),
        BillingCurrency="USD" if plain else draw(st.sampled_from(("USD", "EUR"))),
        ChargeCategory=draw(st.sampled_from(("Usage",) * 8 + ("Purchase", "Tax", "Credit", "Adjustment"))),
        SubAccountId=draw(st.sampled_from(ACCOUNTS)),
        BillingPeriod=f"{moments[0]:%Y-%m}",
        StorageGibHours=draw(st.sampled_from((None, Decimal(2), Decimal(30)))),
        **labels,
    )


# Several months side by side in one call: each under names of its own, so that none has to do with another.


def together(months_: Iterable[Month]) -> Month:
    """Return one month that holds all of these, each under a prefix."""
    named = [renamed(month, f"{number}-") for number, month in enumerate(months_)]
    return Month(
        fleet(
            *(each for month in named for each in month.fleet.clusters),
            communities=[each for month in named for each in month.fleet.communities],
        ),
        *(
            tuple(row for month in named for row in getattr(month, table))
            for table in ("charges", "usage", "nodes", "activity")
        ),
    )


def apart(rows: Iterable[Allocation], count: int) -> list[tuple[Allocation, ...]]:
    """Return each month's own allocations, under the names it had before `together`."""
    found: list[list[Allocation]] = [[] for _ in range(count)]
    for row in rows:
        number, _, account = row.billing_account.partition("-")
        names: Row = {name: _without(getattr(row, name)) for name in ("cluster", "community", "hub")}
        found[int(number)].append(row._replace(billing_account=account, **names))
    return [tuple(sorted(rows_, key=str)) for rows_ in found]


def _without(name: str | None) -> str | None:
    return None if name is None else name.partition("-")[2]


def renamed(month: Month, prefix: str) -> Month:
    """Return the month with a prefix before every name that could meet another month's."""

    def new(name: object) -> str | None:
        return None if name is None else f"{prefix}{name}"

    def names(values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(f"{prefix}{value}" for value in values)

    def rows(table: tuple[Row, ...], *columns: str) -> tuple[Row, ...]:
        return tuple(row | {column: new(row.get(column)) for column in columns} for row in table)

    clusters = [
        replace(
            each,
            name=f"{prefix}{each.name}",
            aliases=names(each.aliases),
            sub_accounts=names(each.sub_accounts),
            billing_accounts=names(each.billing_accounts),
            hubs=tuple(replace(hub, cluster=f"{prefix}{hub.cluster}", name=f"{prefix}{hub.name}") for hub in each.hubs),
        )
        for each in month.fleet.clusters
    ]
    communities = [
        replace(
            each,
            name=f"{prefix}{each.name}",
            accounts=names(each.accounts),
            hubs=tuple(replace(hub, cluster=f"{prefix}{hub.cluster}", hub=f"{prefix}{hub.hub}") for hub in each.hubs),
        )
        for each in month.fleet.communities
    ]
    charges = rows(month.charges, "BillingAccountId", "SubAccountId", "x_Cluster", "x_Hub", "x_Node")
    kept = ("kube-system", "kube:unallocated")
    return Month(
        fleet(*clusters, communities=communities),
        tuple(
            row if row.get("x_Namespace") in kept else row | {"x_Namespace": new(row.get("x_Namespace"))}
            for row in charges
        ),
        rows(month.usage, "cluster", "hub", "node"),
        tuple(
            row | {"provider_id": _renamed_id(row["provider_id"], prefix)}
            for row in rows(month.nodes, "cluster", "node")
        ),
        rows(month.activity, "cluster", "hub"),
    )


def _renamed_id(provider_id: object, prefix: str) -> str | None:
    if provider_id is None:
        return None
    parts = str(provider_id).split("/")
    parts[-3 if parts[-2] == "virtualMachines" else -1] = prefix + parts[-3 if parts[-2] == "virtualMachines" else -1]
    return "/".join(parts)
