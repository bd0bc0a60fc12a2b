"""What a plan does to a month's cost, from the fleet's own past bills: with a range, how it was derived, and what has no basis."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from terraform import quantities
from terraform.billable import billable
from terraform.quantities import Nodes, Storage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from terraform.changes import Planned
    from terraform.fleet import Cluster, Fleet
    from terraform.past_costs import PastCosts, PoolMonth, StorageMonth

HOURS = Decimal(730)  # of a month: 365 × 24 ÷ 12
ZERO = Decimal(0)
Amounts = tuple[Decimal, Decimal, Decimal]  # low, expected, high
_BY_USE = frozenset(
    {
        "aws_backup_vault", "aws_cloudwatch_log_group", "aws_ecr_repository", "aws_efs_file_system", "aws_s3_bucket",
        "azurerm_data_protection_backup_vault", "azurerm_log_analytics_workspace", "azurerm_storage_account",
        "azurerm_storage_container", "google_artifact_registry_repository", "google_backup_dr_backup_vault",
        "google_bigquery_dataset", "google_storage_bucket",
    }
)  # fmt: skip
# What is made of them, or what they stand on, is paid for.
_NOTHING = frozenset({"aws_launch_template", "kubernetes_persistent_volume", "kubernetes_persistent_volume_v1"})
_MORE_THAN_NODES = frozenset({"azurerm_kubernetes_cluster"})


@dataclass(frozen=True, slots=True)
class Priced:
    """What one change does to a month's cost: at least, as expected, at most, and how that was derived."""

    address: str
    community: str | None  # whose it is alone
    low: Decimal
    expected: Decimal
    high: Decimal
    derivation: str


@dataclass(frozen=True, slots=True)
class Delta:
    """What a plan does to a month's cost. `no_basis` are changes of which the fleet's bills tell nothing, each with why."""

    currency: str
    priced: tuple[Priced, ...]
    no_basis: tuple[str, ...]

    def total(self) -> Amounts:
        """Return low, expected and high of all changes together."""
        return (
            sum((one.low for one in self.priced), ZERO),
            sum((one.expected for one in self.priced), ZERO),
            sum((one.high for one in self.priced), ZERO),
        )


@dataclass(frozen=True, slots=True)
class _Rate:
    """A price an hour, over the months that were looked at, and where it was found."""

    low: Decimal
    mean: Decimal
    high: Decimal
    basis: str

    def of(self, amount: Amounts) -> Amounts:
        """The cost of so many hours, each with its own rate."""
        return (amount[0] * self.low, amount[1] * self.mean, amount[2] * self.high)


class NoBasis(Exception):
    """Nothing in the past bills tells what a change costs."""


def delta(fleet: Fleet, cluster: Cluster, resources: Sequence[Planned], past: PastCosts | None) -> Delta:
    """Return what a plan with these resources does to a month's cost of a cluster."""
    paid = billable().keys() - _NOTHING
    changed = [each for each in resources if each.actions not in (("no-op",), ("read",)) and each.type in paid]
    if past is None:
        return Delta("", (), tuple(f"{each.address}: there are no past bills" for each in changed))
    reckoning = _Reckoning(fleet, cluster, resources, past)
    priced: list[Priced] = []
    nothing: list[str] = []
    for each in changed:
        try:
            found = reckoning.change(each)
        except NoBasis as error:
            nothing.append(f"{each.address}: {error}")
        else:
            priced += [found] if found else []
            if each.type in _MORE_THAN_NODES and (each.before is None or each.after is None):
                nothing.append(f"{each.address}: of its control plane, nothing in the past bills tells the price")
    return Delta(reckoning.currency, tuple(priced), tuple(nothing))


class _Reckoning:
    """The past bills, looked at for one cluster."""

    def __init__(self, fleet: Fleet, cluster: Cluster, resources: Sequence[Planned], past: PastCosts) -> None:
        self._fleet, self._cluster = fleet, cluster
        everything: list[PoolMonth | StorageMonth] = [*past.pools, *past.storage]
        mine = [each for each in everything if each.cluster == cluster.name] or everything
        self.currency = Counter(each.currency for each in mine).most_common(1)[0][0] if mine else ""
        self._pools = [each for each in past.pools if each.currency == self.currency]
        self._storage = [each for each in past.storage if each.currency == self.currency]
        self._machines = dict(_known_pools(fleet)) | {
            (cluster.name, known.pool): (known.machine_type, known.spot)
            for each in resources
            if each.before and (known := quantities.nodes(each.type, each.before))
        }

    def change(self, planned: Planned) -> Priced | None:
        """What a change of one resource costs; None where it costs nothing more or less."""
        before, after = (
            None
            if values is None
            else quantities.nodes(planned.type, values) or quantities.storage(planned.type, values)
            for values in (planned.before, planned.after)
        )
        if before == after and before is not None:
            return None
        if before is None and after is None:
            if planned.type in _BY_USE:
                raise NoBasis("it costs by what is stored and moved")
            if planned.before is not None and planned.after is not None:
                return None  # a change of what it is not paid by
            raise NoBasis("nothing in the past bills tells its price")
        (was, how_was), (becomes, how) = self._cost(before), self._cost(after)
        deltas = [new - old for new, old in zip(becomes, was, strict=True)]
        words = how if before is None else f"less {how_was}" if after is None else f"{how}; until now {how_was}"
        return Priced(planned.address, self._community(planned), min(deltas), deltas[1], max(deltas), words)

    def _cost(self, quantity: Nodes | Storage | None) -> tuple[Amounts, str]:
        if quantity is None:
            return (ZERO, ZERO, ZERO), ""
        if isinstance(quantity, Storage):
            rate = self._storage_rate(quantity)
            whole = quantity.gib * HOURS
            return rate.of((whole, whole, whole)), f"{quantity.gib} GiB of {quantity.kind} at {rate.basis}"
        rate = self._machine_rate(quantity)
        hours, observed = self._hours(quantity)
        return rate.of(hours), f"{quantity.machine_type} at {rate.basis}, × {hours[1]:,.0f} node-hours ({observed})"

    def _machine_rate(self, wanted: Nodes) -> _Rate:
        here = (self._cluster.provider, self._cluster.region)
        alike = {
            (cluster.name, pool)
            for (name, pool), machine in self._machines.items()
            for cluster in self._fleet.clusters
            if cluster.name == name and (cluster.provider, cluster.region) == here
            if machine == (wanted.machine_type, wanted.spot)
        }
        months = [each for each in self._pools if (each.cluster, each.pool) in alike and each.node_hours > 0]
        if not months:
            spot = " as spot machines" if wanted.spot else ""
            raise NoBasis(f"no pool of {wanted.machine_type}{spot} in {self._cluster.region} is in the past bills")
        rates = _monthly((each.month, each.node_hours, each.cost) for each in months)
        names = ", ".join(sorted({f"{each.cluster}/{each.pool}" for each in months}))
        return _rate(rates, self.currency, "a node-hour", f"pool {names}")

    def _storage_rate(self, wanted: Storage) -> _Rate:
        pattern = quantities.billed_as(wanted.resource, wanted.kind)
        here = {
            cluster.name
            for cluster in self._fleet.clusters
            if (cluster.provider, cluster.region) == (self._cluster.provider, self._cluster.region)
        }
        months = [
            each
            for each in self._storage
            if pattern and each.cluster in here and pattern.search(each.kind) and each.gib_hours > 0
        ]
        if not months:
            raise NoBasis(f"no storage of the kind {wanted.kind} in {self._cluster.region} is in the past bills")
        rates = _monthly((each.month, each.gib_hours, each.cost) for each in months)
        return _rate(rates, self.currency, "a GiB-month", months[0].kind, times=HOURS)

    def _hours(self, pool: Nodes) -> tuple[Amounts, str]:
        """The node-hours of a month of a pool: as they were observed, within its bounds; else its bounds alone."""
        least, most = pool.least * HOURS, pool.most * HOURS
        seen: dict[str, Decimal] = {}
        for each in self._pools:
            if (each.cluster, each.pool) == (self._cluster.name, pool.pool):
                seen[each.month] = seen.get(each.month, ZERO) + each.node_hours
        if not seen:
            return (least, least, most), f"none observed: between {pool.least} and {pool.most} nodes all the time"
        mean = sum(seen.values(), ZERO) / len(seen)
        low, middle, high = (min(max(hours, least), most) for hours in (min(seen.values()), mean, max(seen.values())))
        return (low, middle, high), f"observed in {_months(seen)}"

    def _community(self, planned: Planned) -> str | None:
        labels = quantities.labels([values for values in (planned.before, planned.after) if values])
        if "community" in labels:
            return labels["community"]
        hub = (self._cluster.name, labels.get("hub-name"))
        found = [one.name for one in self._fleet.communities if hub in [(each.cluster, each.hub) for each in one.hubs]]
        return found[0] if len(found) == 1 else None


def _known_pools(fleet: Fleet) -> Iterator[tuple[tuple[str, str], tuple[str, bool]]]:
    """Machine types of pools, as far as the fleet's files say them."""
    for cluster in fleet.clusters:
        given = cluster.infrastructure.variables.get("node_pools") if cluster.infrastructure else None
        for name, pool in cast("Mapping[str, Mapping[str, object]]", given or {}).items():
            yield (cluster.name, name), (str(pool.get("machine_type")), bool(pool.get("spot")))


def _monthly(rows: Iterable[tuple[str, Decimal, Decimal]]) -> dict[str, tuple[Decimal, Decimal]]:
    """Amount and cost by month."""
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for month, amount, cost in rows:
        before = found.get(month, (ZERO, ZERO))
        found[month] = (before[0] + amount, before[1] + cost)
    return found


def _rate(
    months: Mapping[str, tuple[Decimal, Decimal]], currency: str, unit: str, source: str, times: Decimal = Decimal(1)
) -> _Rate:
    each = [cost / amount for amount, cost in months.values()]
    amount, cost = (sum(column, ZERO) for column in zip(*months.values(), strict=True))
    mean = cost / amount
    return _Rate(min(each), mean, max(each), f"{mean * times:.4f} {currency} {unit} ({source}, {_months(months)})")


def _months(months: Iterable[str]) -> str:
    ordered = sorted(months)
    return ordered[0] if len(ordered) == 1 else f"{ordered[0]} to {ordered[-1]}"
