"""Which rule claims a charge, by what it carries: one charge of 1 each, in a fleet where two hubs used one machine 1 : 3."""

from __future__ import annotations

from typing import Any

import pytest

from tests.month import (
    DAY,
    HOUR,
    START,
    Allocation,
    Book,
    Month,
    Row,
    by,
    charge,
    cluster,
    community,
    fleet,
    measured,
    money,
    stored,
    used,
)

NODES = (
    measured((4, 4, 0)),
    measured((2, 2, 0), node="core-1", provider_id="gce://p/z/core-1", pool="core", purpose="core"),
    measured(
        (2, 2, 0), node="aks", pool="scale", provider_id="azure:///s/virtualMachineScaleSets/aks-vmss/virtualMachines/7"
    ),
    measured((2, 2, 0), node="ip-10-0-0-1", pool="nodes", provider_id="aws:///us-west-2a/i-0AB", purpose="dask"),
    measured((2, 2, 0), node="batch-1", provider_id=None, pool="batches", purpose="batch"),
    measured((2, 2, 0), node="twin", provider_id=None, pool="twins"),
    measured((2, 2, 0), node="twin", provider_id=None, pool="twins", cluster="two"),
)
USAGE = (
    used("blue", (1, 1, 0)),
    used("red", (3, 3, 0)),
    used("red", (2, 2, 0), node="core-1", pool="core", purpose="core"),
    used("red", (2, 2, 0), node="aks", pool="scale"),
    used("blue", (2, 2, 0), node="ip-10-0-0-1", pool="nodes", purpose="dask"),
    used("red", (2, 2, 0), node="batch-1", pool="batches", purpose="batch"),
    used("blue", (2, 2, 0), node="twin", pool="twins"),
    used("green", (2, 2, 0), node="twin", pool="twins", cluster="two"),
    stored("blue", 1),
    stored("red", 3),
)
FLEET = fleet(
    cluster(
        "one",
        shared="even",
        aliases=("gke-one", "common"),
        sub_accounts=("project-one", "both"),
        billing_accounts=("payer-one",),
    ),
    cluster("two", ("green", "prod"), shared="even", aliases=("common",), sub_accounts=("project-two", "both")),
    communities=(community("club", accounts=("club-account",)),),
)


def claimed(book: Book, **columns: Any) -> tuple[Allocation, ...]:
    return book.allocate(Month(FLEET, charges=(charge("1", **columns),), usage=USAGE, nodes=NODES))


CASES: list[tuple[str, Row, str, dict[str, str]]] = [
    ("a hub's label", {"Cluster": "one", "Hub": "blue"}, "label", {"blue": "1"}),
    ("a hub's label on a machine others used", {"Cluster": "one", "Hub": "blue", "Node": "n1"}, "label", {"blue": "1"}),
    ("a hub's label and another's namespace", {"Cluster": "one", "Hub": "blue", "Namespace": "red"}, "label", {"blue": "1"}),
    ("a hub's label, unique in the fleet", {"Hub": "green"}, "label", {"green": "1"}),
    ("a hub's label with a name two clusters share", {"Cluster": "common", "Hub": "green"}, "label", {"green": "1"}),
    ("a namespace", {"Cluster": "one", "Namespace": "red"}, "namespace", {"red": "1"}),
    ("a namespace on a machine", {"Cluster": "one", "Namespace": "red", "Node": "n1"}, "namespace", {"red": "1"}),
    ("a shared namespace", {"Cluster": "one", "Namespace": "kube-system", "Node": "n1"}, "namespace", {"blue": "0.5", "red": "0.5"}),
    ("a hub's namespace and a strange label", {"Cluster": "one", "Hub": "gone", "Namespace": "red"}, "namespace", {"red": "1"}),
    ("unallocated", {"Cluster": "one", "Namespace": "kube:unallocated"}, "namespace", {"blue": "0.416667", "red": "0.583333"}),
    ("a machine", {"Cluster": "one", "Node": "n1"}, "node", {"blue": "0.25", "red": "0.75"}),
    ("a machine without a cluster's label", {"Node": "n1"}, "node", {"blue": "0.25", "red": "0.75"}),
    ("a machine with a strange cluster's label", {"Cluster": "gone", "Node": "n1"}, "node", {"blue": "0.25", "red": "0.75"}),
    ("a machine with a strange hub's label", {"Cluster": "one", "Hub": "gone", "Node": "n1"}, "node", {"blue": "0.25", "red": "0.75"}),
    ("a machine and its pool", {"Cluster": "one", "Node": "n1", "Pool": "scale"}, "node", {"blue": "0.25", "red": "0.75"}),
    ("an EC2 instance, by its id", {"Cluster": "one", "Node": "i-0ab"}, "node", {"blue": "1"}),
    ("an instance of a scale set", {"Cluster": "one", "Node": "aks-vmss/7"}, "node", {"red": "1"}),
    ("a machine name that two clusters have, in one's account", {"SubAccountId": "project-two", "Node": "twin"}, "node", {"green": "1"}),
    ("a machine name that two clusters have", {"Node": "twin"}, "unattributed", {"nobody": "1"}),
    ("an Azure scale set, by its pool", {"Cluster": "one", "Node": "aks-vmss", "Pool": "scale"}, "pool", {"red": "1"}),
    ("a pool in a cluster's account", {"SubAccountId": "project-one", "Pool": "scale"}, "pool", {"red": "1"}),
    ("a purpose", {"Cluster": "one", "Purpose": "dask"}, "pool", {"blue": "1"}),
    ("a measured purpose of ours", {"Cluster": "one", "Purpose": "batch"}, "pool", {"red": "1"}),
    ("a volume of another purpose", {"Cluster": "one", "Purpose": "registry"}, "shared", {"blue": "0.5", "red": "0.5"}),
    ("other storage than homes", {"Cluster": "one", "Purpose": "db", "Component": "home storage"}, "shared", {"blue": "0.5", "red": "0.5"}),
    ("a core machine", {"Cluster": "one", "Node": "core-1"}, "shared", {"blue": "0.5", "red": "0.5"}),
    ("a core machine of a user pool", {"Cluster": "one", "Node": "core-1", "Purpose": "user"}, "shared", {"blue": "0.5", "red": "0.5"}),
    ("a core pool, by what runs there", {"Cluster": "one", "Pool": "core"}, "shared", {"blue": "0.5", "red": "0.5"}),
    ("a core pool, by its label", {"Cluster": "one", "Pool": "p", "Purpose": "core"}, "shared", {"blue": "0.5", "red": "0.5"}),
    ("home storage, by component", {"Cluster": "one", "Component": "home storage"}, "home", {"blue": "0.25", "red": "0.75"}),
    ("home storage, by its label", {"Cluster": "one", "Purpose": "home-nfs"}, "home", {"blue": "0.25", "red": "0.75"}),
    ("a cluster's label", {"Cluster": "gke-one"}, "shared", {"blue": "0.5", "red": "0.5"}),
    ("a cluster's label in another's account", {"Cluster": "one", "SubAccountId": "project-two"}, "shared", {"blue": "0.5", "red": "0.5"}),
    ("a name two clusters share", {"Cluster": "common", "SubAccountId": "project-two"}, "shared", {"green": "0.5", "prod": "0.5"}),
    ("a name two clusters share, in their common account", {"Cluster": "common", "SubAccountId": "both"}, "unattributed", {"nobody": "1"}),
    ("a cluster's account", {"SubAccountId": "project-two"}, "account", {"green": "0.5", "prod": "0.5"}),
    ("a cluster's payer", {"BillingAccountId": "payer-one"}, "account", {"blue": "0.5", "red": "0.5"}),
    ("a common account of one's payer", {"BillingAccountId": "payer-one", "SubAccountId": "both"}, "unattributed", {"nobody": "1"}),
    ("a community's account", {"SubAccountId": "club-account"}, "account", {"nobody": "1"}),
    ("a hub's label in a community's account", {"SubAccountId": "club-account", "Hub": "green"}, "label", {"green": "1"}),
    ("a strange hub's label", {"Cluster": "one", "Hub": "gone"}, "unattributed", {"nobody": "1"}),
    ("a strange hub's label in a cluster's account", {"SubAccountId": "project-one", "Hub": "gone"}, "unattributed", {"nobody": "1"}),
    ("a strange cluster's label in ours", {"Cluster": "gone", "SubAccountId": "project-one"}, "unattributed", {"nobody": "1"}),
    ("a strange cluster's hub, named like ours", {"Cluster": "gone", "Hub": "prod"}, "unattributed", {"nobody": "1"}),
    ("another cluster's hub", {"Cluster": "one", "Hub": "prod"}, "unattributed", {"nobody": "1"}),
    ("nothing", {}, "unattributed", {"nobody": "1"}),
    ("a tax with a hub's label", {"ChargeCategory": "Tax", "Cluster": "one", "Hub": "red"}, "label", {"red": "1"}),
    ("a credit on a machine", {"ChargeCategory": "Credit", "Node": "n1"}, "node", {"blue": "0.25", "red": "0.75"}),
    ("a tax with a strange cluster's label", {"ChargeCategory": "Tax", "Cluster": "gone"}, "unattributed", {"nobody": "1"}),
    ("a tax that relates to nothing", {"ChargeCategory": "Tax"}, "related", {"nobody": "1"}),
]  # fmt: skip


@pytest.fixture(scope="module")
def allocations(book: Book) -> tuple[Allocation, ...]:
    """Return the allocations of all cases, each in a currency named after its case: so none changes another."""
    charges = tuple(charge("1", BillingCurrency=case[0], **case[1]) for case in CASES)
    return book.allocate(Month(FLEET, charges=charges, usage=USAGE, nodes=NODES))


@pytest.mark.parametrize(
    ("case", "rule", "costs"), [(case[0], *case[2:]) for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_charge_is_claimed_by_the_first_rule_that_fits(
    allocations: tuple[Allocation, ...], case: str, rule: str, costs: dict[str, str]
) -> None:
    rows = [row for row in allocations if row.currency == case]
    assert {row.rule for row in rows} == {rule}
    assert by(rows, "hub") == money(**costs)


def test_a_communitys_own_account_is_its_own(book: Book) -> None:
    (row,) = claimed(book, SubAccountId="club-account")
    assert (row.community, row.basis, row.cluster) == ("club", "direct", None)


def test_what_no_rule_can_place_keeps_the_cluster_it_is_in(book: Book) -> None:
    (row,) = claimed(book, SubAccountId="project-one", Hub="gone")
    assert (row.cluster, row.hub, row.basis) == ("one", None, "unattributed")


@pytest.mark.parametrize("hub", ["it's", 'a "b"', "ümläut-中文", "a;drop table charges--", "%_\\"])
def test_a_hubs_name_is_text_whatever_it_holds(book: Book, hub: str) -> None:
    month = Month(fleet(cluster("one", (hub, "red"))), charges=(charge("1", Cluster="one", Hub=hub),))
    assert by(book.allocate(month), "hub") == money(**{hub: "1"})


def test_a_node_missing_from_an_hour_is_still_the_machine_it_was(book: Book) -> None:
    later = START + HOUR
    month = Month(
        fleet(cluster("one")),
        charges=(charge("2", later, Cluster="one", Node="i-0ab"),),
        nodes=(measured((4, 4, 0), node="ip-10-0-0-1", provider_id="aws:///us-west-2a/i-0ab"),),
        usage=(used("blue", (1, 1, 0), node="ip-10-0-0-1"), used("red", (1, 1, 0), later, node="ip-10-0-0-1")),
    )
    assert by(book.allocate(month), "hub", "basis", "coverage") == {("red", "usage", 1): 2}


def test_a_core_node_missing_from_an_hour_is_still_core(book: Book) -> None:
    later = START + HOUR
    core: Row = used("red", (3, 3, 0), later, node="core-1", pool=None, purpose=None)
    month = Month(
        fleet(cluster("one")),
        charges=(charge("2", later, Cluster="one", Purpose="user"),),
        nodes=(measured((4, 4, 0), node="core-1", provider_id=None, purpose="core"),),
        usage=(used("blue", (1, 1, 0), later), core),
    )
    assert by(book.allocate(month), "hub") == money(blue="2")


def test_a_machines_newest_pool_is_its_pool(book: Book) -> None:
    month = Month(
        fleet(cluster("one")),
        charges=(charge("2", START + DAY, Cluster="one", Node="n1"),),
        nodes=(measured((1, 1, 0), pool="old"), measured((1, 1, 0), START + HOUR, pool="new")),
    )
    book.allocate(month)
    assert book.con.execute("select pool from claims").fetchall() == [("new",)]
