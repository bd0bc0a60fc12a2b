"""What is printed adds up to what is printed below it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from analytics.money import format_amount, minor_unit, round_parts, round_table, round_total

if TYPE_CHECKING:
    from random import Random

AMOUNTS = st.decimals(-(10**9), 10**9, places=12)
CURRENCIES = st.sampled_from(["USD", "EUR", "JPY", "KWD"])


@given(st.lists(AMOUNTS, min_size=1, max_size=40), CURRENCIES)
def test_rounded_parts_add_up_and_none_moves_by_a_unit_or_more(amounts: list[Decimal], currency: str) -> None:
    rounded = round_parts(amounts, currency)
    assert sum(rounded) == round_total(sum(amounts, Decimal(0)), currency)
    assert all(abs(part - amount) < minor_unit(currency) for part, amount in zip(rounded, amounts, strict=True))


def tables(amounts: st.SearchStrategy[Decimal]) -> st.SearchStrategy[list[list[Decimal]]]:
    return st.integers(1, 5).flatmap(
        lambda width: st.lists(st.lists(amounts, min_size=width, max_size=width), min_size=1, max_size=8)
    )


def columns(lines: list[list[Decimal]]) -> list[Decimal]:
    return [sum(column, Decimal(0)) for column in zip(*lines, strict=True)]


@given(tables(AMOUNTS | st.just(Decimal(0))), CURRENCIES)
def test_a_table_adds_up_by_line_and_in_all_and_what_is_nothing_stays_so(
    lines: list[list[Decimal]], currency: str
) -> None:
    total = round_total(sum(columns(lines), Decimal(0)), currency)
    cells = round_table(lines, currency, total=total)
    wholes = round_parts([sum(line, Decimal(0)) for line in lines], currency, total=total)
    assert [sum(line) for line in cells] == wholes
    for line, exact in zip(cells, lines, strict=True):
        assert [cell for cell, amount in zip(line, exact, strict=True) if not amount and any(exact)] == [
            0 for amount in exact if not amount and any(exact)
        ]


@given(tables(AMOUNTS.filter(bool)), CURRENCIES, st.randoms(use_true_random=False))
def test_a_table_s_columns_come_to_the_same_however_its_lines_are_grouped(
    lines: list[list[Decimal]], currency: str, random: Random
) -> None:
    total = round_total(sum(columns(lines), Decimal(0)), currency)
    cut = random.randint(0, len(lines) - 1)
    grouped = [columns(lines[: cut + 1]), *lines[cut + 1 :]]
    goals = round_parts(columns(lines), currency, total=total)
    for table in (lines, grouped):
        if all(all(line) for line in table):
            assert columns(round_table(table, currency, total=total)) == goals


def test_a_unit_goes_over_another_column_where_no_line_has_both() -> None:
    half, nothing = Decimal("0.005"), Decimal(0)
    lines = [[half * 3, half, nothing], [nothing, half, half * 3], [half, nothing, nothing], [nothing, nothing, half]]
    cells = round_table(lines, "USD", total=Decimal("0.05"))
    assert columns(cells) == round_parts(columns(lines), "USD", total=Decimal("0.05"))
    assert [[bool(cell) for cell in line][2] for line in cells[::2]] == [False, False]


def test_lines_without_a_column_in_common_keep_their_sums() -> None:
    cells = round_table([[Decimal("0.006"), Decimal(0)], [Decimal(0), Decimal("0.004")]], "USD", total=Decimal("0.01"))
    assert cells == [[Decimal("0.01"), 0], [0, 0]]
    assert round_table([], "USD", total=Decimal(0)) == []


def test_a_third_each_of_one_leaves_no_cent_behind() -> None:
    third = Decimal(1) / 3
    assert round_parts([third] * 3, "USD") == [Decimal("0.34"), Decimal("0.33"), Decimal("0.33")]


def test_a_currency_without_minor_unit_is_printed_whole() -> None:
    assert format_amount(round_total(Decimal("1234567.5"), "JPY"), "JPY") == "1,234,568"
    assert format_amount(round_total(Decimal("1234.5678"), "KWD"), "KWD") == "1,234.568"
    assert round_parts([], "USD") == []
