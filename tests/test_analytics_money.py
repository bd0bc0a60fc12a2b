"""What is printed adds up to what is printed below it."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from analytics.money import format_amount, minor_unit, round_parts, round_total

AMOUNTS = st.decimals(-(10**9), 10**9, places=12)
CURRENCIES = st.sampled_from(["USD", "EUR", "JPY", "KWD"])


@given(st.lists(AMOUNTS, min_size=1, max_size=40), CURRENCIES)
def test_rounded_parts_add_up_and_none_moves_by_a_unit_or_more(amounts: list[Decimal], currency: str) -> None:
    rounded = round_parts(amounts, currency)
    assert sum(rounded) == round_total(sum(amounts, Decimal(0)), currency)
    assert all(abs(part - amount) < minor_unit(currency) for part, amount in zip(rounded, amounts, strict=True))


@given(st.lists(st.lists(AMOUNTS, min_size=1, max_size=5), min_size=1, max_size=8), CURRENCIES)
def test_a_table_adds_up_by_line_and_in_all(lines: list[list[Decimal]], currency: str) -> None:
    totals = round_parts([sum(line, Decimal(0)) for line in lines], currency)
    cells = [round_parts(line, currency, total=total) for line, total in zip(lines, totals, strict=True)]
    assert [sum(line) for line in cells] == totals


def test_a_third_each_of_one_leaves_no_cent_behind() -> None:
    third = Decimal(1) / 3
    assert round_parts([third] * 3, "USD") == [Decimal("0.34"), Decimal("0.33"), Decimal("0.33")]


def test_a_currency_without_minor_unit_is_printed_whole() -> None:
    assert format_amount(round_total(Decimal("1234567.5"), "JPY"), "JPY") == "1,234,568"
    assert format_amount(round_total(Decimal("1234.5678"), "KWD"), "KWD") == "1,234.568"
    assert round_parts([], "USD") == []
