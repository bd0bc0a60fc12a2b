"""How policy spreads what is idle and what is shared, and what taxes, credits and adjustments follow."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from terraform.fleet import Membership, Weights
from tests.month import (
    DAY,
    HOUR,
    START,
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
    users,
)

TWO_USED_HALF = (used("blue", (1, 1, 0)), used("red", (3, 3, 0)))


@pytest.mark.parametrize(
    ("policy", "costs"),
    [
        ("proportional", {"blue": "2", "red": "6"}),
        ("even", {"blue": "2.3333333", "red": "4.3333333", "still": "1.3333333"}),
        ("operator", {"blue": "1", "red": "3", "nobody": "4"}),
    ],
)
def test_idle_capacity_of_a_machine_follows_the_idle_policy(book: Book, policy: str, costs: dict[str, str]) -> None:
    month = Month(
        fleet(cluster("one", ("blue", "red", "still"), idle=policy)),
        charges=(charge("8", Cluster="one", Node="n1"),),
        nodes=(measured((8, 8, 0)),),
        usage=TWO_USED_HALF,
    )
    assert by(book.allocate(month), "hub") == money(**costs)


@pytest.mark.parametrize(
    ("policy", "costs"),
    [
        ("proportional", {"blue": "1", "red": "3"}),
        ("even", {"blue": "1.33333333", "red": "1.33333333", "still": "1.33333333"}),
        ("operator", {"nobody": "4"}),
    ],
)
def test_unfilled_home_storage_follows_the_idle_policy(book: Book, policy: str, costs: dict[str, str]) -> None:
    month = Month(
        fleet(cluster("one", ("blue", "red", "still"), idle=policy)),
        charges=(charge("8", Cluster="one", Purpose="home-nfs", StorageGibHours=Decimal(80)),),
        usage=(stored("blue", 10), stored("red", 30)),
    )
    assert by((row for row in book.allocate(month) if row.basis == "idle"), "hub") == money(**costs)


@pytest.mark.parametrize(
    ("policy", "costs"),
    [
        ("proportional", {"blue": "1.5", "red": "4.5"}),
        ("even", {"blue": "2", "red": "2", "still": "2"}),
        ("operator", {"nobody": "6"}),
    ],
)
def test_a_machine_that_nobody_used_is_idle_by_the_use_of_its_pool(
    book: Book, policy: str, costs: dict[str, str]
) -> None:
    month = Month(
        fleet(cluster("one", ("blue", "red", "still"), idle=policy)),
        charges=(charge("6", Cluster="one", Node="n2"),),
        nodes=(measured((4, 4, 0)), measured((8, 8, 0), node="n2", provider_id=None)),
        usage=(*TWO_USED_HALF, used("blue", (9, 9, 0), node="n3", pool="other"), used("red", (9, 9, 0), START + DAY)),
    )
    rows = book.allocate(month)
    assert by(rows, "hub") == money(**costs)
    assert {row.basis for row in rows} == {"idle"}


@pytest.mark.parametrize(
    ("policy", "costs"),
    [
        ("proportional", {"blue": "2.88", "red": "5.12"}),
        ("even", {"blue": "2.66666666", "red": "2.66666666", "still": "2.66666666"}),
        ("by-users", {"blue": "6", "still": "2"}),
        ("operator", {"nobody": "8"}),
    ],
)
def test_shared_cost_follows_the_shared_policy(book: Book, policy: str, costs: dict[str, str]) -> None:
    month = Month(
        fleet(cluster("one", ("blue", "red", "still"), shared=policy)),
        charges=(
            charge("8", Cluster="one", Component="core"),
            charge("1", Cluster="one", Hub="blue"),
            charge("4", Cluster="one", Node="n1"),
        ),
        nodes=(measured((1, 1, 0)),),
        usage=(used("blue", (1, 1, 0)), used("red", (4, 4, 0))),
        activity=(
            users("blue", 3),
            users("still", 1),
            users("red", 9, "2026-10-02"),
            users("red", 0),
            users("red", 5, "2026-09"),
        ),
    )
    rows = [row for row in book.allocate(month) if row.component == "core"]
    assert {row.rule for row in rows} == {"shared"}
    assert {row.basis for row in rows} == {"shared"}
    assert by(rows, "hub") == money(**costs)


def test_shared_cost_follows_what_hubs_use_and_not_the_idle_they_are_given(book: Book) -> None:
    month = Month(
        fleet(cluster("one")),
        charges=(
            charge("8", Cluster="one", Node="n1"),  # blue's alone, and mostly idle
            charge("3", Cluster="one", Hub="red"),
            charge("4", Cluster="one", Component="core"),
        ),
        nodes=(measured((8, 8, 0)),),
        usage=(used("blue", (1, 1, 0)),),
    )
    assert by((row for row in book.allocate(month) if row.component == "core"), "hub") == money(blue="1", red="3")


def test_users_of_days_stand_in_where_no_month_was_counted(book: Book) -> None:
    month = Month(
        fleet(cluster("one", shared="by-users")),
        charges=(charge("8", Cluster="one"),),
        activity=(users("blue", 1, "2026-10-01"), users("blue", 3, "2026-10-02"), users("red", 1)),
    )
    assert by(book.allocate(month), "hub") == money(blue="6", red="2")


@pytest.mark.parametrize("policy", ["proportional", "by-users"])
def test_shared_cost_without_anything_to_weigh_by_is_unattributed(book: Book, policy: str) -> None:
    month = Month(fleet(cluster("one", shared=policy)), charges=(charge("8", Cluster="one"),))
    assert by(book.allocate(month), "cluster", "hub", "rule", "basis") == {("one", None, "shared", "unattributed"): 8}


def test_a_clusters_only_hub_bears_it_whatever_was_measured(book: Book) -> None:
    month = Month(
        fleet(cluster("one", ("blue",))), charges=(charge("8", Cluster="one"), charge("2", Cluster="one", Pool="pool"))
    )
    assert by(book.allocate(month), "hub", "basis") == {("blue", "shared"): 10}


def test_an_only_hub_does_not_bear_what_the_operator_keeps(book: Book) -> None:
    month = Month(fleet(cluster("one", ("blue",), shared="operator")), charges=(charge("8", Cluster="one"),))
    assert by(book.allocate(month), "hub", "basis") == {(None, "shared"): 8}


def test_a_cluster_without_hubs_keeps_its_cost(book: Book) -> None:
    month = Month(fleet(cluster("one", (), shared="even")), charges=(charge("8", Cluster="one"),))
    assert by(book.allocate(month), "cluster", "hub", "basis") == {("one", None, "unattributed"): 8}


def test_what_nobodys_namespaces_used_is_shared(book: Book) -> None:
    month = Month(
        fleet(cluster("one", shared="even")),
        charges=(charge("8", Cluster="one", Node="n1"),),
        nodes=(measured((8, 8, 0)),),
        usage=(used("blue", (6, 6, 0)), used(None, (1, 1, 0)), used("a-stranger", (1, 1, 0))),
    )
    assert by(book.allocate(month), "hub", "basis") == {
        ("blue", "usage"): 6, ("blue", "shared"): 1, ("red", "shared"): 1,
    }  # fmt: skip


def test_large_weights_are_weights_too(book: Book) -> None:
    heavy = Weights(cpu=Decimal("3000"), memory=Decimal("1000.5"), gpu=Decimal("95000"))
    month = Month(
        fleet(cluster("one", weights=heavy)),
        charges=(charge("6", Cluster="one", Node="n2"),),
        nodes=(measured((8, 8, 0), node="n2", provider_id=None),),
        usage=(used("blue", (1, 0, 0)), used("red", (1, 0, 0))),
    )
    assert by(book.allocate(month), "hub") == money(blue="3", red="3")


def related(kind: str, cost: str, **columns: Any) -> Row:
    return charge(cost, ChargeCategory=kind, Component=kind.lower(), **columns)


BASE = (
    charge("1", Cluster="one", Hub="blue", SubAccountId="p1"),
    charge("2", Cluster="one", Hub="red", SubAccountId="p1"),
    charge("3", Cluster="two", Hub="green", SubAccountId="p2"),
    charge("4", Cluster="two", Hub="green", SubAccountId="p3"),
    charge("5", SubAccountId="elsewhere"),
)
TWO = fleet(
    cluster("one", sub_accounts=("p1",)),
    cluster("two", ("green",), sub_accounts=("p2", "p3")),
    cluster("empty", ("grey",), sub_accounts=("p4",)),
    communities=(community("club", Membership("one", "blue"), accounts=("p5",)),),
)


@pytest.mark.parametrize(
    ("columns", "costs"),
    [
        ({"Cluster": "one"}, {"blue": "1", "red": "2"}),
        ({"Cluster": "two"}, {"green": "3"}),
        ({"SubAccountId": "p1"}, {"blue": "1", "red": "2"}),
        ({"SubAccountId": "elsewhere"}, {"nobody": "3"}),
        ({"SubAccountId": "unknown"}, {"blue": "0.2", "red": "0.4", "green": "1.4", "nobody": "1"}),
        ({}, {"blue": "0.2", "red": "0.4", "green": "1.4", "nobody": "1"}),
        ({"Cluster": "empty"}, {"nobody": "3"}),
        ({"SubAccountId": "p4"}, {"nobody": "3"}),
        ({"BillingAccountId": "another"}, {"nobody": "3"}),
        ({"BillingCurrency": "EUR"}, {"nobody": "3"}),
    ],
)
def test_what_relates_to_others_follows_cluster_then_sub_account_then_billing_account(
    book: Book, columns: Row, costs: dict[str, str]
) -> None:
    kinds = ("Tax", "Credit", "Adjustment")
    rows = book.allocate(Month(TWO, charges=(*BASE, *(related(kind, "3", **columns) for kind in kinds))))
    for kind in kinds:
        told = [row for row in rows if row.charge_category == kind]
        assert by(told, "hub") == money(**costs)
        assert {(row.rule, row.component) for row in told} == {("related", kind.lower())}


def test_a_payers_tax_follows_all_its_charges_even_if_one_cluster_names_the_payer(book: Book) -> None:
    payer = fleet(cluster("one", billing_accounts=("payer",)), cluster("two", ("green",)))
    month = Month(
        payer,
        charges=(charge("1", Cluster="one", Hub="blue"), charge("3", Cluster="two", Hub="green"), related("Tax", "4")),
    )
    assert by(book.allocate(month), "hub") == money(blue="2", green="6")


def test_a_negative_credit_lowers_each_by_its_part(book: Book) -> None:
    rows = book.allocate(Month(TWO, charges=(*BASE, related("Credit", "-1.5", Cluster="one"))))
    assert by((row for row in rows if row.cluster == "one"), "hub") == money(blue="0.5", red="1")


def test_a_credit_in_a_communitys_own_account_is_its_own_and_never_others(book: Book) -> None:
    (row,) = [
        row
        for row in book.allocate(Month(TWO, charges=(*BASE, related("Credit", "-3", SubAccountId="p5"))))
        if row.rule == "related"
    ]
    assert (row.community, row.hub, row.billed_cost) == ("club", None, Decimal(-3))


def test_a_tax_follows_the_basis_and_the_community_of_what_it_relates_to(book: Book) -> None:
    month = Month(
        TWO,
        charges=(
            charge("4", Cluster="one", Hub="blue"),
            charge("4", Cluster="one", Namespace="support"),
            related("Tax", "1"),
        ),
    )
    rows = [row for row in book.allocate(month) if row.rule == "related"]
    assert by(rows, "community", "hub", "basis") == {
        ("club", "blue", "direct"): Decimal("0.5"),
        ("club", "blue", "shared"): Decimal("0.5"),
    }


def test_weights_come_from_the_same_billing_period(book: Book) -> None:
    later = START + 40 * DAY
    month = Month(
        TWO,
        charges=(
            charge("1", Cluster="one", Hub="blue"),
            charge("1", Cluster="one"),
            related("Tax", "1"),
            charge("1", later, Cluster="one", Hub="red"),
            charge("1", later + HOUR, Cluster="one"),
            related("Tax", "1", start=later),
        ),
    )
    assert by(book.allocate(month), "billing_period", "hub") == {("2026-10", "blue"): 3, ("2026-11", "red"): 3}
