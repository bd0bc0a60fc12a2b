"""Allocation by the textbook's cases, and what holds for every amount: exactness, periods, accounts, currencies, coverage."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from analytics.allocate import NotConserved, unconserved
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
    used,
)

ONE = fleet(cluster("one"))
TEXTBOOK = fleet(
    cluster("one", idle="operator", weights=Weights(cpu=Decimal("3"), memory=Decimal("0.3"), gpu=Decimal("10")))
)


def on_machine(cost: str, **columns: Any) -> Row:
    return charge(cost, Cluster="one", Node="n1", **columns)


def test_a_machine_of_35_with_prices_30_30_10_is_15_15_5(book: Book) -> None:
    month = Month(
        TEXTBOOK,
        charges=(on_machine("35.00"),),
        nodes=(measured((10, 100, 1)),),
        usage=(used("blue", (10, 0, 0)), used("red", (0, 100, 0)), used(None, (0, 0, 1))),
    )
    rows = book.allocate(month)
    assert by(rows, "hub", "component", "basis") == {
        ("blue", "compute", "usage"): Decimal("15"),
        ("red", "compute", "usage"): Decimal("15"),
        ("blue", "gpu", "shared"): Decimal("2.5"),
        ("red", "gpu", "shared"): Decimal("2.5"),
    }


def test_who_requests_4_gib_and_uses_6_pays_for_6(book: Book) -> None:
    only_memory = fleet(
        cluster("one", idle="operator", weights=Weights(cpu=Decimal(0), memory=Decimal(1), gpu=Decimal(0)))
    )
    month = Month(
        only_memory,
        charges=(on_machine("8.00"),),
        nodes=(measured((2, 8, 0)),),
        usage=(used("blue", (1, max(4, 6), 0)), used("red", (1, 1, 0))),
    )
    assert by(book.allocate(month), "hub") == money(blue="6", red="1", nobody="1")


def test_100_shared_follow_25_and_75(book: Book) -> None:
    month = Month(
        ONE,
        charges=(
            charge("100", Cluster="one", Component="core"),
            charge("2.5", Cluster="one", Hub="blue"),
            charge("7.5", Cluster="one", Hub="red"),
        ),
    )
    assert by((row for row in book.allocate(month) if row.basis == "shared"), "hub") == money(blue="25", red="75")


def test_a_third_is_rounded_once_and_the_rest_goes_to_the_first_by_name(book: Book) -> None:
    month = Month(
        fleet(cluster("one", ("a", "b", "c"), shared="even")), charges=(charge("100", Cluster="one", Component="core"),)
    )
    rows = book.allocate(month)
    assert {row.hub: row.billed_cost for row in rows} == {
        "a": Decimal("33.333333333334"),
        "b": Decimal("33.333333333333"),
        "c": Decimal("33.333333333333"),
    }


def test_billed_and_effective_cost_are_split_by_the_same_shares(book: Book) -> None:
    month = Month(
        ONE,
        charges=(on_machine("0", EffectiveCost=Decimal("8")), on_machine("4", EffectiveCost=Decimal("0"))),
        nodes=(measured((4, 4, 0)),),
        usage=(used("blue", (1, 1, 0)), used("red", (3, 3, 0))),
    )
    rows = book.allocate(month)
    assert by(rows, "hub") == money(blue="1", red="3")
    assert by(rows, "hub", cost="effective_cost") == money(blue="2", red="6")


def test_idle_is_a_line_of_its_own(book: Book) -> None:
    month = Month(
        ONE,
        charges=(on_machine("8"),),
        nodes=(measured((4, 4, 0)),),
        usage=(used("blue", (1, 1, 0)), used("red", (1, 1, 0))),
    )
    assert by(book.allocate(month), "hub", "basis") == {
        ("blue", "usage"): Decimal(2), ("blue", "idle"): Decimal(2), ("red", "usage"): Decimal(2), ("red", "idle"): Decimal(2),
    }  # fmt: skip


def test_a_node_used_beyond_its_capacity_has_no_idle_and_is_shared_by_what_was_used(book: Book) -> None:
    month = Month(
        ONE,
        charges=(on_machine("9"),),
        nodes=(measured((2, 2, 0)),),
        usage=(used("blue", (1, 1, 0)), used("red", (2, 2, 0))),
    )
    assert by(book.allocate(month), "hub", "basis") == {("blue", "usage"): Decimal(3), ("red", "usage"): Decimal(6)}
    assert book.con.execute("select count(*) from overused").fetchall() == [(1,)]


def test_a_google_row_for_one_part_follows_that_part_alone(book: Book) -> None:
    month = Month(
        fleet(cluster("one", idle="operator")),
        charges=(
            on_machine("4", Part="cpu"),
            on_machine("8", Part="memory"),
            on_machine("3", Part="gpu", Component="gpu"),
        ),
        nodes=(measured((4, 16, 1)),),
        usage=(used("blue", (3, 4, 0)), used("red", (1, 4, 1))),
    )
    rows = book.allocate(month)
    assert by(rows, "hub", "component", "basis") == {
        ("blue", "compute", "usage"): Decimal(3 + 2),
        ("red", "compute", "usage"): Decimal(1 + 2),
        (None, "compute", "idle"): Decimal(4),
        ("red", "gpu", "usage"): Decimal(3),
    }


def test_a_boot_disk_follows_its_machine(book: Book) -> None:
    month = Month(
        ONE,
        charges=(on_machine("2", ServiceName="Disks", Component="compute"),),
        nodes=(measured((4, 4, 0)),),
        usage=(used("red", (2, 2, 0)),),
    )
    rows = book.allocate(month)
    assert {(row.hub, row.rule) for row in rows} == {("red", "node")}


def test_credits_and_refunds_stay_negative(book: Book) -> None:
    month = Month(
        ONE,
        charges=(on_machine("8"), on_machine("-2", ChargeCategory="Credit", Component="credit")),
        nodes=(measured((4, 4, 0)),),
        usage=(used("blue", (1, 1, 0)), used("red", (3, 3, 0))),
    )
    assert by(book.allocate(month), "hub", "charge_category") == {
        ("blue", "Usage"): Decimal(2), ("red", "Usage"): Decimal(6),
        ("blue", "Credit"): Decimal("-0.5"), ("red", "Credit"): Decimal("-1.5"),
    }  # fmt: skip


def test_a_refund_counts_against_what_a_hub_causes(book: Book) -> None:
    month = Month(
        ONE,
        charges=(
            charge("10", Cluster="one", Hub="blue"),
            charge("10", Cluster="one", Hub="red"),
            charge("-10", START + DAY, Cluster="one", Hub="red"),
            charge("6", Cluster="one", Component="core"),
        ),
    )
    assert by((row for row in book.allocate(month) if row.basis == "shared"), "hub") == money(blue="6")


def test_a_charge_longer_than_a_day_is_split_by_all_its_hours_and_told_on_its_first_day(book: Book) -> None:
    month = Month(
        ONE,
        charges=(charge("6", length=3 * DAY, Cluster="one", Node="n1"),),
        nodes=tuple(measured((1, 1, 0), START + n * DAY) for n in range(3)),
        usage=(
            used("blue", (1, 1, 0), START),
            used("red", (1, 1, 0), START + DAY),
            used("red", (1, 1, 0), START + 2 * DAY),
        ),
    )
    assert by(book.allocate(month), "day", "hub") == {
        (date(2026, 10, 1), "blue"): Decimal(2),
        (date(2026, 10, 1), "red"): Decimal(4),
    }


def test_a_charge_without_length_counts_as_its_hour(book: Book) -> None:
    half_past = START + timedelta(minutes=30)
    month = Month(
        ONE,
        charges=(charge("6", half_past, timedelta(0), Cluster="one", Node="n1"),),
        nodes=(measured((1, 1, 0)), measured((1, 1, 0), START + HOUR)),
        usage=(used("blue", (1, 1, 0)), used("red", (1, 1, 0), START + HOUR)),
    )
    assert by(book.allocate(month), "hub") == money(blue="6")


def test_a_late_row_keeps_its_day_in_september_in_the_bill_of_october(book: Book) -> None:
    late = datetime(2026, 9, 30, 23, tzinfo=UTC)
    month = Month(
        ONE,
        charges=(on_machine("2"), charge("4", late, Cluster="one", Node="n1", BillingPeriod="2026-10")),
        nodes=(measured((1, 1, 0)), measured((1, 1, 0), late)),
        usage=(used("blue", (1, 1, 0)), used("red", (1, 1, 0), late)),
    )
    assert by(book.allocate(month), "billing_period", "day", "hub") == {
        ("2026-10", date(2026, 10, 1), "blue"): Decimal(2),
        ("2026-10", date(2026, 9, 30), "red"): Decimal(4),
    }


def test_currencies_and_issuers_are_never_mixed(book: Book) -> None:
    month = Month(
        ONE,
        charges=(
            charge("1", Cluster="one", Hub="blue"),
            charge("3", Cluster="one", Hub="red"),
            charge("8", Cluster="one", Hub="blue", BillingCurrency="EUR", InvoiceIssuerName="Other"),
            charge("4", Cluster="one", Component="core"),
            charge("8", Cluster="one", Component="core", BillingCurrency="EUR", InvoiceIssuerName="Other"),
        ),
    )
    rows = [row for row in book.allocate(month) if row.basis == "shared"]
    assert by(rows, "issuer", "currency", "hub") == {
        ("Cloud", "USD", "blue"): Decimal(1), ("Cloud", "USD", "red"): Decimal(3), ("Other", "EUR", "blue"): Decimal(8),
    }  # fmt: skip


def test_a_hub_changes_its_community_in_the_middle_of_the_month(book: Book) -> None:
    moved = date(2026, 10, 15)
    communities = (
        community("first", Membership("one", "blue", None, moved)),
        community("second", Membership("one", "blue", moved, date(2026, 10, 20))),
    )
    days = (START + n * DAY for n in (0, 13, 14, 18, 19))
    month = Month(
        fleet(cluster("one"), communities=communities),
        charges=tuple(charge("1", day, Cluster="one", Hub="blue") for day in days),
    )
    assert by(book.allocate(month), "community") == {
        ("first",): Decimal(2),
        ("second",): Decimal(2),
        (None,): Decimal(1),
    }


def test_no_charges_are_no_allocations(book: Book) -> None:
    assert book.allocate(Month(ONE, nodes=(measured((1, 1, 0)),))) == ()


def test_any_difference_from_the_bill_is_found_and_told(book: Book) -> None:
    book.allocate(Month(ONE, charges=(charge("1", Cluster="one", Hub="blue"),)))
    book.con.execute("update allocations set billed_cost = billed_cost + 0.000000000001")
    (difference,) = unconserved(book.con)
    assert (difference.billing_account, difference.day, difference.billed) == ("payer", "2026-10-01", "-0.000000000001")


def test_a_charge_that_gets_lost_stops_the_run(book: Book) -> None:
    nameless = charge("1", Cluster="one", Hub="blue") | {"InvoiceIssuerName": None}
    with pytest.raises(NotConserved, match="nothing was written"):
        book.allocate(Month(ONE, charges=(nameless,)))
