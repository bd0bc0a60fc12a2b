"""What a change costs a month, from past bills: figures that can be followed by hand, ranges, and what has no basis."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from terraform.caps import overruns
from terraform.changes import Planned
from terraform.cost_delta import Delta, Priced, delta
from terraform.fleet import Cap, Cluster, Community, Fleet, Hub, Membership, Policy, Provider, Settings
from terraform.infrastructure import Backend, Infrastructure
from terraform.past_costs import PoolMonth, StorageMonth

if TYPE_CHECKING:
    from collections.abc import Mapping

D = Decimal
HUB = Hub("tide", "estuary", "Estuary", "")
CLUSTER = Cluster(
    "tide", Provider.GCP, None, ("tide",), (), (), "us-central1", None, (), None, Policy(), (HUB,), Path("cluster.yaml")
)
COMMUNITY = Community(
    "coast", "Coast", (Membership("tide", "estuary"),), (), (), Path("coast.yaml"), cap=Cap(D(1000), "USD")
)
FLEET = Fleet(Path("fleet"), Settings(), (CLUSTER,), (COMMUNITY,))


@dataclass(frozen=True)
class Past:
    """Past bills of a test."""

    pools: tuple[PoolMonth, ...] = ()
    storage: tuple[StorageMonth, ...] = ()
    spent: Mapping[str, Mapping[str, Decimal]] | None = None
    asked: list[str] = field(default_factory=list)

    def month_to_date(self, month: str) -> Mapping[str, Mapping[str, Decimal]] | None:
        self.asked.append(month)
        return self.spent


def pool(name: str, machine: str, least: int, most: int, **more: object) -> dict[str, Any]:
    scaling = {"total_min_node_count": least, "total_max_node_count": most}
    return {"name": name, "node_config": [{"machine_type": machine, **more}], "autoscaling": [scaling]}


def planned(kind: str, before: dict[str, Any] | None, after: dict[str, Any] | None, name: str = "this") -> Planned:
    actions = {(False, True): ("create",), (True, True): ("update",), (True, False): ("delete",)}[
        before is not None, after is not None
    ]
    return Planned(f"{kind}.{name}", kind, name, before, after, {}, actions)


POOL = "google_container_node_pool"
PAST = Past(
    pools=(
        PoolMonth("tide", "user", "2026-09", D(200), D(100), "USD"),  # 0.50 an hour
        PoolMonth("tide", "user", "2026-10", D(400), D(240), "USD"),  # 0.60 an hour
        PoolMonth("tide", "large", "2026-10", D(100), D(120), "USD"),  # 1.20 an hour
    ),
    storage=(StorageMonth("tide", "Balanced PD Capacity in Iowa", "2026-10", D(73000), D(10), "USD"),),
)
LARGE = planned(POOL, pool("large", "n2-highmem-8", 0, 5), pool("large", "n2-highmem-8", 0, 5), "large")


def test_a_new_machine_type_costs_its_own_rate_at_the_pools_own_hours() -> None:
    change = planned(POOL, pool("user", "n2-highmem-4", 0, 20), pool("user", "n2-highmem-8", 0, 20))
    found = delta(FLEET, CLUSTER, [change, replace(LARGE, actions=("no-op",))], PAST)
    (one,) = found.priced
    # until now: 200 h × 0.50, 300 h × 340/600, 400 h × 0.60; then: the same hours × 1.20
    assert (one.low, one.expected, one.high) == (D(140), D(360) - D(300) * D(340) / D(600), D(240))
    assert "n2-highmem-8 at 1.2000 USD a node-hour (pool tide/large, 2026-10)" in one.derivation
    assert "until now n2-highmem-4 at 0.5667 USD a node-hour (pool tide/user, 2026-09 to 2026-10)" in one.derivation
    assert "× 300 node-hours (observed in 2026-09 to 2026-10)" in one.derivation


def test_a_new_pool_costs_between_its_bounds() -> None:
    change = planned(POOL, None, pool("more", "n2-highmem-8", 1, 3))
    (one,) = delta(FLEET, CLUSTER, [change, replace(LARGE, actions=("no-op",))], PAST).priced
    assert (one.low, one.expected, one.high) == (D(876), D(876), D(2628))
    assert "none observed: between 1 and 3 nodes all the time" in one.derivation


def test_a_pool_that_goes_saves_what_it_cost() -> None:
    (one,) = delta(FLEET, CLUSTER, [planned(POOL, pool("large", "n2-highmem-8", 0, 5), None)], PAST).priced
    assert (one.low, one.expected, one.high) == (D(-120), D(-120), D(-120))
    assert one.derivation.startswith("less n2-highmem-8")


def test_a_larger_minimum_costs_the_hours_it_adds() -> None:
    change = planned(POOL, pool("large", "n2-highmem-8", 0, 5), pool("large", "n2-highmem-8", 1, 5))
    (one,) = delta(FLEET, CLUSTER, [change], PAST).priced
    assert one.expected == (D(730) - D(100)) * D("1.2")


def test_a_disk_costs_what_its_kind_cost_by_size() -> None:
    before = {"type": "pd-balanced", "size": 100, "labels": {"community": "coast"}}
    (one,) = delta(FLEET, CLUSTER, [planned("google_compute_disk", before, before | {"size": 300})], PAST).priced
    assert one.expected == D(200) * D(730) * (D(10) / D(73000))
    assert one.community == "coast"
    assert "300 GiB of pd-balanced at 0.1000 USD a GiB-month" in one.derivation


def test_the_pool_that_aks_is_born_with_costs_as_others_do() -> None:
    def aks(machine: str) -> dict[str, Any]:
        default = {"name": "core", "vm_size": machine, "min_count": 1, "max_count": 3}
        return {"name": "tide", "default_node_pool": [default]}

    past = Past(pools=(PoolMonth("tide", "core", "2026-10", D(1000), D(200), "USD"),))
    kind, four, eight = "azurerm_kubernetes_cluster", aks("Standard_E4s_v5"), aks("Standard_E8s_v5")
    known = {"node_pools": {"core": {"machine_type": "Standard_E4s_v5"}}}
    cluster = replace(CLUSTER, infrastructure=Infrastructure(Backend(), None, known, None, {}, (), ()))
    fleet = replace(FLEET, clusters=(cluster,))
    made = delta(fleet, cluster, [planned(kind, None, four)], past)
    assert made.priced[0].expected == D(1000) * D("0.2")
    assert made.no_basis == (f"{kind}.this: of its control plane, nothing in the past bills tells the price",)
    changed = delta(fleet, cluster, [planned(kind, four, eight)], past)
    assert "no pool of Standard_E8s_v5 in us-central1 is in the past bills" in changed.no_basis[0]
    assert delta(fleet, cluster, [planned(kind, four, {**four, "tags": {"a": "b"}})], past).no_basis == ()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (planned(POOL, None, pool("gpu", "a2-highgpu-1g", 0, 1)), "no pool of a2-highgpu-1g in us-central1"),
        (
            planned(POOL, None, pool("user", "n2-highmem-8", 0, 1, spot=True)),
            "no pool of n2-highmem-8 as spot machines",
        ),
        (planned("google_compute_disk", None, {"type": "pd-extreme", "size": 10}), "no storage of the kind pd-extreme"),
        (planned("google_storage_bucket", None, {"name": "b"}), "it costs by what is stored and moved"),
        (planned("google_container_cluster", None, {"name": "c"}), "nothing in the past bills tells its price"),
    ],
)
def test_what_the_bills_do_not_tell_has_no_basis(change: Planned, why: str) -> None:
    found = delta(FLEET, CLUSTER, [change], PAST)
    assert found.priced == ()
    assert why in found.no_basis[0]


def test_without_bills_nothing_has_a_basis() -> None:
    found = delta(FLEET, CLUSTER, [planned(POOL, None, pool("more", "n2-highmem-8", 1, 3))], None)
    assert found.no_basis == ("google_container_node_pool.this: there are no past bills",)


def test_a_change_that_is_not_paid_for_is_none() -> None:
    bucket = planned("google_storage_bucket", {"labels": {}}, {"labels": {"a": "b"}})
    same = planned(POOL, pool("user", "n2-highmem-4", 0, 20), pool("user", "n2-highmem-4", 0, 20, labels={"a": "b"}))
    found = delta(FLEET, CLUSTER, [same], PAST)
    assert (found.priced, found.no_basis) == ((), ())
    assert delta(FLEET, CLUSTER, [bucket], PAST).priced == ()


def more(amount: int, community: str | None = "coast") -> Delta:
    return Delta("USD", (Priced("a", community, D(amount), D(amount), D(amount), "so"),), ())


@pytest.mark.parametrize(
    ("spent", "change", "broken"),
    [
        (900, more(101), True),
        (900, more(100), False),
        (1100, more(-10), False),  # what saves breaks no cap
        (900, more(200, None), True),  # the only community of the cluster bears what is nobody's alone
        (900, more(200, "other"), False),
    ],
)
def test_a_cap_is_broken_by_what_was_spent_and_what_is_added(spent: int, change: Delta, broken: bool) -> None:
    past = Past(spent={"coast": {"USD": D(spent)}})
    found, unknown = overruns(FLEET, CLUSTER, change, lambda: past, "2026-11")
    assert bool(found) is broken
    assert unknown == []
    assert past.asked == ["2026-11"]


def test_a_cap_that_cannot_be_told_is_said_so() -> None:
    assert overruns(FLEET, CLUSTER, more(1), lambda: Past(), "2026-11")[1] == [
        "the cap of coast was not looked at: 2026-11 is not allocated yet"
    ]
    euros = Past(spent={"coast": {"EUR": D(5)}})
    assert "it is in USD, the bills are not" in overruns(FLEET, CLUSTER, more(1), lambda: euros, "2026-11")[1][0]


def test_what_two_communities_share_is_parted_as_their_month_so_far() -> None:
    other = replace(COMMUNITY, name="sky", cap=None)
    fleet = replace(FLEET, communities=(COMMUNITY, other))
    past = Past(spent={"coast": {"USD": D(900)}, "sky": {"USD": D(300)}})
    assert overruns(fleet, CLUSTER, more(133, None), lambda: past, "2026-11")[0] == []
    broken = overruns(fleet, CLUSTER, more(134, None), lambda: past, "2026-11")[0]
    assert broken == ["coast may cost 1,000.00 USD a month: 2026-11 is at 900.00 so far, and this adds 100.50 a month"]
