"""Where nothing was measured: the cost falls to the next wider scope, and to nobody only at the very end."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.month import DAY, HOUR, START, Book, Month, Row, by, charge, cluster, fleet, measured, money, stored, used

if TYPE_CHECKING:
    from datetime import datetime

ONE = fleet(cluster("one", idle="operator"))
NOON = START + 12 * HOUR
NEXT_DAY = START + DAY


def node(name: str, hour: datetime, pool: str = "pool", purpose: str = "user") -> Row:
    return measured((1, 1, 0), hour, node=name, provider_id=None, pool=pool, purpose=purpose)


def use(hub: str, name: str, hour: datetime, pool: str = "pool", purpose: str = "user") -> Row:
    return used(hub, (1, 1, 0), hour, node=name, pool=pool, purpose=purpose)


# What each scope has to say of node n1's hour, the narrowest first; every hub used one scope alone.
HUBS = ("hour", "day", "pool", "purpose", "cluster", "span")
SCOPES: tuple[tuple[str, tuple[Row, ...], tuple[Row, ...]], ...] = (
    ("hour", (node("n1", START),), (use("hour", "n1", START),)),
    ("day", (node("n1", NOON),), (use("day", "n1", NOON),)),
    ("pool", (node("n2", START),), (use("pool", "n2", START),)),
    ("purpose", (node("n3", START, "other"),), (use("purpose", "n3", START, "other"),)),
    ("cluster", (node("n4", START, "dask", "dask"),), (use("cluster", "n4", START, "dask", "dask"),)),
    ("span", (node("n1", NEXT_DAY),), (use("span", "n1", NEXT_DAY),)),
)


@pytest.mark.parametrize("narrowest", range(len(SCOPES)), ids=HUBS)
def test_a_machines_hour_falls_to_the_narrowest_scope_in_which_something_was_used(book: Book, narrowest: int) -> None:
    rest = SCOPES[narrowest:]
    month = Month(
        fleet(cluster("one", HUBS, idle="operator")),
        charges=(
            charge("1", Cluster="one", Node="n1", Pool="pool", Purpose="user"),
            charge("0.01", NEXT_DAY, Cluster="one", Pool="pool"),  # so that the span is two days long
        ),
        nodes=tuple(row for _, nodes, _ in rest for row in nodes),
        usage=tuple(row for _, _, usage in rest for row in usage),
    )
    rows = [row for row in book.allocate(month) if row.day == START.date()]
    assert by(rows, "hub") == money(**{HUBS[narrowest]: "1"})


def test_an_empty_hour_falls_to_the_day(book: Book) -> None:
    month = Month(
        ONE,
        charges=(charge("8", Cluster="one", Node="n1"),),
        nodes=(measured((4, 4, 0), NOON),),
        usage=(used("blue", (1, 1, 0), NOON), used("red", (3, 3, 0), NOON)),
    )
    rows = book.allocate(month)
    assert by(rows, "hub", "rule", "basis", "coverage") == {
        ("blue", "node", "usage", 0): 2,
        ("red", "node", "usage", 0): 6,
    }


def test_an_hour_in_which_a_machine_stood_idle_is_measured_and_falls_nowhere(book: Book) -> None:
    month = Month(
        ONE,
        charges=(charge("8", Cluster="one", Node="n1"),),
        nodes=(measured((4, 4, 0)), measured((4, 4, 0), NOON)),
        usage=(used("blue", (4, 4, 0), NOON),),
    )
    assert by(book.allocate(month), "hub", "basis", "coverage") == {(None, "idle", 1): 8}


def test_a_home_storages_hour_falls_to_its_day_and_then_to_its_span(book: Book) -> None:
    month = Month(
        fleet(cluster("one")),
        charges=(
            charge("4", Cluster="one", Purpose="home-nfs", StorageGibHours=Decimal(8)),
            charge("4", NEXT_DAY, Cluster="one", Purpose="home-nfs"),
        ),
        usage=(stored("blue", 1, NOON), stored("red", 3, NOON)),
    )
    assert by(book.allocate(month), "hub", "basis") == {
        ("blue", "usage"): Decimal("1.5"), ("red", "usage"): Decimal("4.5"),
        ("blue", "idle"): Decimal("0.5"), ("red", "idle"): Decimal("1.5"),
    }  # fmt: skip


def test_empty_home_storage_is_not_measured_home_storage(book: Book) -> None:
    month = Month(
        fleet(cluster("one", shared="even")),
        charges=(charge("4", Cluster="one", Purpose="home-nfs"),),
        usage=(stored("blue", 0),),
    )
    assert by(book.allocate(month), "hub", "rule", "basis") == {
        ("blue", "home", "shared"): 2,
        ("red", "home", "shared"): 2,
    }


@pytest.mark.parametrize(
    "columns", [{"Node": "n9", "Pool": "p"}, {"Pool": "p"}, {"Purpose": "user"}, {"Purpose": "home-nfs"}]
)
def test_what_nothing_measured_is_shared_by_policy_with_no_coverage(book: Book, columns: Row) -> None:
    month = Month(fleet(cluster("one", shared="even")), charges=(charge("4", Cluster="one", **columns),))
    rows = book.allocate(month)
    assert by(rows, "hub", "basis", "coverage") == {("blue", "shared", 0): 2, ("red", "shared", 0): 2}


@pytest.mark.parametrize("columns", [{"Pool": "p"}, {"Purpose": "user"}, {"Purpose": "home-nfs"}])
def test_what_nothing_measured_and_no_policy_can_weigh_is_unattributed(book: Book, columns: Row) -> None:
    rows = book.allocate(Month(fleet(cluster("one")), charges=(charge("4", Cluster="one", **columns),)))
    assert by(rows, "cluster", "hub", "basis") == {("one", None, "unattributed"): 4}


@pytest.mark.parametrize("columns", [{"Pool": "p"}, {"Purpose": "user"}, {"Purpose": "home-nfs"}])
def test_what_names_a_strange_hub_is_never_spread_by_policy(book: Book, columns: Row) -> None:
    rows = book.allocate(
        Month(fleet(cluster("one", shared="even")), charges=(charge("4", Cluster="one", Hub="gone", **columns),))
    )
    assert by(rows, "cluster", "hub", "basis") == {("one", None, "unattributed"): 4}


def test_another_clusters_charges_do_not_widen_a_clusters_span(book: Book) -> None:
    both = fleet(cluster("one", idle="operator"), cluster("two", ("green",)))
    usage = (used("blue", (1, 1, 0), START + DAY), used("red", (1, 1, 0), START + 9 * DAY))
    charges = (charge("4", Cluster="one", Pool="pool"), charge("4", START + 2 * DAY, Cluster="one", Pool="pool"))
    alone = book.allocate(Month(both, charges=charges, usage=usage))
    assert by(alone, "hub") == money(blue="8")
    longer = charge("1", length=20 * DAY, BillingAccountId="other", Cluster="two", Pool="pool")
    together = book.allocate(Month(both, charges=(*charges, longer), usage=usage))
    assert alone == tuple(row for row in together if row.billing_account == "payer")


def test_gpu_hours_weigh_in_a_machine_billed_as_one(book: Book) -> None:
    month = Month(
        ONE,
        charges=(charge("6", Cluster="one", Node="n1"),),
        nodes=(measured((1, 1, 1)),),
        usage=(used("blue", (1, 0, 0)), used("red", (0, 1, 1))),
    )
    assert by(book.allocate(month), "hub", "component") == {
        ("blue", "compute"): 2,
        ("red", "compute"): 2,
        ("red", "gpu"): 2,
    }


def test_a_part_that_the_machine_does_not_have_follows_the_whole_machine(book: Book) -> None:
    month = Month(
        ONE,
        charges=(charge("4", Cluster="one", Node="n1", Part="gpu", Component="gpu"),),
        nodes=(measured((1, 1, 0)),),
        usage=(used("blue", (1, 0, 0)), used("red", (0, 1, 0))),
    )
    assert by(book.allocate(month), "hub", "component") == {("blue", "gpu"): 2, ("red", "gpu"): 2}


def test_a_purpose_that_was_never_measured_falls_to_its_cluster(book: Book) -> None:
    month = Month(
        ONE,
        charges=(charge("4", Cluster="one", Purpose="user"),),
        nodes=(node("n1", START, purpose="dask"),),
        usage=(use("blue", "n1", START, purpose="dask"),),
    )
    assert by(book.allocate(month), "hub", "basis") == {("blue", "usage"): 4}
