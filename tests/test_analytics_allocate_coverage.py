"""Coverage: how much of a figure rests on hours that were measured; and home storage, measured and not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.month import DAY, HOUR, START, Book, Month, by, charge, cluster, fleet, measured, stored, used

ONE = fleet(cluster("one"))


@pytest.mark.parametrize(("hours", "coverage"), [(24, "1"), (18, "0.75"), (0, "0")])
def test_coverage_is_the_measured_part_of_a_charges_hours(book: Book, hours: int, coverage: str) -> None:
    month = Month(
        ONE,
        charges=(charge("24", length=DAY, Cluster="one", Node="n1", Pool="pool"),),
        nodes=(measured((1, 1, 0), START - DAY), *(measured((1, 1, 0), START + n * HOUR) for n in range(hours))),
        usage=tuple(used("blue", (1, 1, 0), START + n * HOUR) for n in range(hours)),
    )
    assert {row.coverage for row in book.allocate(month)} == {Decimal(coverage)}


def test_coverage_weighs_by_money_where_a_figure_has_several_parts(book: Book) -> None:
    month = Month(
        ONE,
        charges=(
            charge("3", Cluster="one", Pool="pool"),
            charge("1", START + HOUR, Cluster="one", Pool="pool"),  # nothing was measured in that hour
        ),
        nodes=(measured((1, 1, 0)),),
        usage=(used("blue", (1, 1, 0)),),
    )
    assert [(row.hub, row.billed_cost, row.coverage) for row in book.allocate(month)] == [
        ("blue", Decimal(4), Decimal("0.75"))
    ]


def test_a_pool_without_a_node_is_no_gap_where_its_cluster_was_measured(book: Book) -> None:
    month = Month(
        ONE,
        charges=(charge("1", Cluster="one", Pool="other", Purpose="user"),),
        nodes=(measured((1, 1, 0)),),
        usage=(used("blue", (1, 1, 0)),),
    )
    assert [(row.hub, row.coverage) for row in book.allocate(month)] == [("blue", Decimal(1))]


def test_coverage_counts_what_is_billed_but_not_effective(book: Book) -> None:
    month = Month(
        ONE,
        charges=(charge("5", EffectiveCost=Decimal(0), ChargeCategory="Purchase", Cluster="one", Pool="pool"),),
        nodes=(measured((1, 1, 0), START + HOUR),),
        usage=(used("blue", (1, 1, 0), START + HOUR),),
    )
    assert {row.coverage for row in book.allocate(month)} == {Decimal(0)}


def test_home_storage_follows_directory_sizes_and_what_is_not_filled_is_idle(book: Book) -> None:
    month = Month(
        ONE,
        charges=(charge("10", length=DAY, Cluster="one", Component="home storage", StorageGibHours=Decimal(100 * 24)),),
        usage=tuple(
            row
            for n in range(24)
            for row in (stored("blue", 30, START + n * HOUR), stored("red", 10, START + n * HOUR))
        ),
    )
    assert by(book.allocate(month), "hub", "rule", "basis") == {
        ("blue", "home", "usage"): Decimal(3), ("blue", "home", "idle"): Decimal("4.5"),
        ("red", "home", "usage"): Decimal(1), ("red", "home", "idle"): Decimal("1.5"),
    }  # fmt: skip


def test_home_storage_measured_for_half_a_day_is_no_more_idle_for_it(book: Book) -> None:
    month = Month(
        fleet(cluster("one", idle="operator")),
        charges=(charge("10", length=DAY, Cluster="one", Purpose="home-nfs", StorageGibHours=Decimal(100 * 24)),),
        usage=tuple(stored("blue", 40, START + n * HOUR) for n in range(12)),
    )
    rows = book.allocate(month)
    assert by(rows, "hub", "basis") == {("blue", "usage"): Decimal(4), (None, "idle"): Decimal(6)}
    assert {row.coverage for row in rows} == {Decimal("0.5")}


def test_home_storage_without_a_size_in_the_bill_has_no_idle(book: Book) -> None:
    month = Month(
        ONE, charges=(charge("10", Cluster="one", Purpose="home-nfs"),), usage=(stored("blue", 1), stored(None, 1))
    )
    assert by(book.allocate(month), "hub", "basis") == {("blue", "usage"): Decimal(5), ("blue", "shared"): Decimal(5)}
