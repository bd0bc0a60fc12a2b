"""Fees: the published scheme, tiers and caps, and membership by days that loses no cent over a year."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.days import Days, add_months, month_days
from billing.document import LineKind
from billing.fees import fees, membership_fee, usage_fee
from terraform.contract import Billed, MembershipFee, OneOff, Per, Tier, UsageFee, Work
from tests.books import MONTH, NINETEEN, OUTSIDE, contract

PUBLISHED = UsageFee(
    (
        Tier(10, Decimal("10.00")),
        Tier(100, Decimal("5.00")),
        Tier(1000, Decimal("2.50")),
        Tier(10_000, Decimal("1.25")),
        Tier(None, Decimal(0)),
    ),
    Decimal("14050.00"),
)
SEPTEMBER = month_days(MONTH)


@pytest.mark.parametrize(
    ("users", "fee"),
    [
        (0, "0.00"), (1, "10.00"), (10, "100.00"), (11, "105.00"), (100, "550.00"), (101, "552.50"), (280, "1000.00"),
        (1000, "2800.00"), (10_000, "14050.00"), (10_001, "14050.00"), (1_000_000, "14050.00"),
    ],
)  # fmt: skip
def test_the_published_scheme_is_reproduced(users: int, fee: str) -> None:
    assert usage_fee(PUBLISHED, Decimal(users), "USD") == Decimal(fee)


def test_each_tier_is_a_line() -> None:
    found = fees(contract(usage=PUBLISHED), SEPTEMBER, Decimal(280))
    assert [(fee.quantity, fee.price, fee.net) for fee in found] == [
        (Decimal(10), Decimal(10), Decimal(100)),
        (Decimal(90), Decimal(5), Decimal(450)),
        (Decimal(180), Decimal("2.5"), Decimal(450)),
    ]


def test_what_is_above_the_cap_is_taken_off_in_a_line_of_its_own() -> None:
    capped = UsageFee((Tier(None, Decimal(3)),), Decimal(100))
    *lines, off = fees(contract(usage=capped), SEPTEMBER, Decimal(40))
    assert sum(fee.net for fee in lines) == 120
    assert (off.quantity, off.price, off.net, off.origin) == (Decimal(-1), Decimal(20), Decimal(-20), "usage:cap")


@given(st.lists(st.tuples(st.integers(1, 500), st.integers(0, 10**4)), min_size=1, max_size=5), st.integers(0, 3000))
def test_the_lines_of_tiers_come_to_the_fee_and_more_users_never_cost_less(
    steps: list[tuple[int, int]], users: int
) -> None:
    tops = [sum(size for size, _ in steps[: n + 1]) for n in range(len(steps))]
    tiers = [Tier(top, Decimal(price).scaleb(-3)) for top, (_, price) in zip(tops, steps, strict=True)]
    fee = UsageFee((*tiers[:-1], Tier(None, tiers[-1].price)), Decimal(50))
    lines = fees(contract(usage=fee), SEPTEMBER, Decimal(users))
    assert sum((line.net for line in lines), Decimal(0)) == usage_fee(fee, Decimal(users), "USD")
    assert usage_fee(fee, Decimal(users), "USD") <= usage_fee(fee, Decimal(users + 1), "USD") <= 50


def months_of(start: date, count: int) -> list[Days]:
    first = start.replace(day=1)
    return [Days(add_months(first, n), add_months(first, n + 1)) for n in range(count)]


@given(
    st.integers(1, 10**8),
    st.sampled_from(list(Per)),
    st.sampled_from(list(Billed)),
    st.dates(date(2024, 1, 1), date(2028, 12, 31)),
    st.sampled_from(["USD", "JPY", "TND"]),
)
def test_a_whole_time_of_membership_costs_its_fee_to_the_last_unit(
    units: int, per: Per, billed: Billed, start: date, currency: str
) -> None:
    if per is Per.MONTH:  # months are the calendar's
        start = start.replace(day=1)
    months = {Per.MONTH: 1, Per.QUARTER: 3, Per.YEAR: 12}[per]
    amount = Decimal(units).scaleb({"USD": -2, "JPY": 0, "TND": -3}[currency])
    fee = MembershipFee(amount, per, billed, start, add_months(start, months))
    total = sum(membership_fee(fee, month, currency) for month in months_of(start, months + 1))
    assert total == amount


def test_a_membership_that_begins_within_the_month_costs_its_days() -> None:
    fee = MembershipFee(Decimal("99.00"), Per.MONTH, start=date(2026, 9, 16))
    assert membership_fee(fee, SEPTEMBER, "EUR") == Decimal("49.50")
    assert membership_fee(fee, month_days("2026-10"), "EUR") == Decimal("99.00")


def test_a_membership_in_advance_is_billed_when_its_time_begins() -> None:
    fee = MembershipFee(Decimal(1250), Per.QUARTER, Billed.IN_ADVANCE, date(2026, 7, 1))
    billed = {f"{month.start:%Y-%m}": membership_fee(fee, month, "EUR") for month in months_of(date(2026, 6, 1), 6)}
    assert {month: amount for month, amount in billed.items() if amount} == {"2026-07": 1250, "2026-10": 1250}


def test_a_year_without_a_first_day_is_the_calendar_s() -> None:
    fee = MembershipFee(Decimal(365), Per.YEAR)
    assert membership_fee(fee, SEPTEMBER, "USD") == 30


def test_work_and_one_off_fees_are_billed_with_their_month_and_their_tax() -> None:
    terms = contract(
        work=(
            Work(date(2026, 9, 30), Decimal("6.5"), Decimal(120), "Moving house"),
            Work(date(2026, 10, 1), Decimal(1), Decimal(120), "Later"),
        ),
        one_off=(OneOff(date(2026, 9, 1), Decimal(480), "Set-up", NINETEEN),),
    )
    found = fees(terms, SEPTEMBER, Decimal(0))
    assert [(fee.kind, fee.quantity, fee.price, fee.net, fee.tax) for fee in found] == [
        (LineKind.ENGAGEMENT, Decimal("6.5"), Decimal(120), Decimal(780), OUTSIDE),
        (LineKind.ONE_OFF, Decimal(1), Decimal(480), Decimal(480), NINETEEN),
    ]


def test_a_contract_that_ends_within_the_month_charges_membership_until_then() -> None:
    terms = contract(end=date(2026, 9, 16), membership=MembershipFee(Decimal(30), Per.MONTH))
    assert [fee.net for fee in fees(terms, SEPTEMBER, Decimal(0))] == [15]
