"""What a month is expected to cost, and what changed: properties first, then the figures a person would work out."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.changes import MOST, WHOLE, Place, changes
from dashboard.course import course
from dashboard.data import Activity, Costs, Key, Sum
from dashboard.forecast import WEEKS, Account, forecast
from dashboard.month_story import BY_DAY, KIND, outlook, story

FIRST, END = date(2026, 11, 1), date(2026, 12, 1)
START = FIRST - timedelta(days=7 * WEEKS)
ZERO = Decimal(0)
cents = st.decimals(min_value=0, max_value=1000, places=2)


def days(costs: list[Decimal], start: date = START) -> dict[date, Decimal]:
    return {start + timedelta(days=number): cost for number, cost in enumerate(costs)}


histories = st.integers(min_value=30, max_value=57).flatmap(
    lambda count: st.lists(cents, min_size=count, max_size=count)
)


@given(st.lists(histories, min_size=1, max_size=3))
def test_the_expected_end_lies_in_its_range_and_not_below_what_is_billed(accounts: list[list[Decimal]]) -> None:
    found = forecast(FIRST, END, [Account(days(costs)) for costs in accounts])
    if found is None:
        assert all(not any(costs[28:]) for costs in accounts)
        return
    assert found.low <= found.expected <= found.high
    assert found.low >= found.so_far


@given(histories, st.integers(min_value=1, max_value=1000))
def test_it_scales_with_the_costs(costs: list[Decimal], factor: int) -> None:
    found, scaled = (forecast(FIRST, END, [Account(days([cost * by for cost in costs]))]) for by in (1, factor))
    if found is not None and scaled is not None:
        assert abs(scaled.expected - found.expected * factor) < Decimal("1e-15") * (1 + scaled.expected)
        assert scaled.low == found.low * factor
        assert scaled.until == found.until


@given(st.lists(cents.filter(bool), min_size=7, max_size=7), st.integers(min_value=2, max_value=29))
def test_costs_that_repeat_every_week_are_foreseen_exactly(week: list[Decimal], billed: int) -> None:
    costs = [week[number % 7] for number in range(28 + 30)]
    found = forecast(FIRST, END, [Account(days(costs[: 28 + billed]))])
    assert found is not None
    assert found.low == found.expected == found.high == sum(costs[28:])
    assert found.until == FIRST + timedelta(days=billed - 2)  # the last day is taken as incomplete


@given(st.lists(histories, min_size=2, max_size=3))
def test_accounts_are_foreseen_one_by_one(accounts: list[list[Decimal]]) -> None:
    each = [Account(days(costs)) for costs in accounts]
    together, apart = forecast(FIRST, END, each), [forecast(FIRST, END, [account]) for account in each]
    known = [one for one in apart if one is not None]
    unknown = sum((sum(costs[28:], ZERO) for costs, one in zip(accounts, apart, strict=True) if one is None), ZERO)
    if together is None:
        assert not known
    else:
        assert together.expected == sum((one.expected for one in known), unknown)
        assert together.so_far == sum((one.so_far for one in known), unknown)


def test_weekends_cost_what_weekends_cost() -> None:
    costs = [Decimal(2 if (START + timedelta(days=number)).weekday() > 4 else 10) for number in range(28 + 10)]
    found = forecast(FIRST, END, [Account(days(costs))])
    assert found is not None
    assert found.expected == 21 * 10 + 9 * 2  # November 2026 has 21 working days


def test_the_range_is_the_cheapest_and_the_dearest_of_the_four_weeks() -> None:
    weeks = [Decimal(5)] * 7 + [Decimal(9)] * 7 + [Decimal(6)] * 7 + [Decimal(8)] * 7
    found = forecast(FIRST, END, [Account(days([*weeks, Decimal(8), Decimal(1)]))])
    assert found is not None
    assert found.until == FIRST
    # The last four Sundays cost 8, 8, 6, 9; other weekdays 8, 6, 9, 5. 4 Sundays and 25 other days are to come.
    assert found.low == 8 + 4 * 9 + 25 * 5
    assert found.high == 8 + 4 * 6 + 25 * 9
    assert found.expected == 8 + 4 * Decimal("7.75") + 25 * 7


def test_a_first_week_is_foreseen_by_its_mean_day_and_nothing_by_nothing() -> None:
    found = forecast(FIRST, END, [Account(days([Decimal(3), Decimal(9), Decimal(1)], FIRST))])
    assert found is not None
    assert [found.so_far, found.low, found.expected, found.high] == [
        Decimal(each) for each in (13, 96, 180, 264)
    ]  # 12 + 28 × 3, 6, 9
    assert forecast(FIRST, END, [Account(days([Decimal(3)], FIRST))]) is None
    assert forecast(FIRST, END, [Account({})]) is None
    assert forecast(FIRST, END, []) is None


def test_tax_and_credits_come_in_last_months_proportion_and_what_is_there_counts() -> None:
    use = days([Decimal(10)] * (28 + 11))
    found = forecast(FIRST, END, [Account(use, besides=ZERO, use_before=Decimal(310), besides_before=Decimal(31))])
    assert found is not None
    assert found.expected == 300 + 30
    billed = forecast(
        FIRST, END, [Account(use, besides=Decimal(45), use_before=Decimal(310), besides_before=Decimal(31))]
    )
    assert billed is not None
    assert [billed.so_far, billed.expected] == [Decimal(155), Decimal(345)]


def test_a_month_that_is_over_but_not_final_is_what_it_is() -> None:
    found = forecast(FIRST, END, [Account(days([Decimal(10)] * (28 + 31)))])
    assert found is not None
    assert found.low == found.expected == found.high == found.so_far == 300


places = st.builds(Place, st.sampled_from(("gpu", "compute", "tax")), st.just("c"), st.sampled_from(("a", "b", None)))


@given(st.dictionaries(places, cents), st.dictionaries(places, cents))
def test_the_sentences_add_up_to_the_whole_difference(
    before: dict[Place, Decimal], after: dict[Place, Decimal]
) -> None:
    found = changes(before, after, hours_before={}, hours_after={})
    assert sum((each.difference for each in found), ZERO) == sum(after.values(), ZERO) - sum(before.values(), ZERO)
    assert len(found) <= MOST + 1
    sizes = [abs(each.difference) for each in found if each.place is not None]
    assert sizes == sorted(sizes, reverse=True)


def test_server_hours_are_told_of_servers_only() -> None:
    prod = ("northlight", "prod")
    found = changes(
        {Place("gpu", *prod): Decimal(100), Place("home storage", *prod): Decimal(10)},
        {Place("gpu", *prod): Decimal(512), Place("home storage", *prod): Decimal(60)},
        hours_before={prod: Decimal(100)},
        hours_after={prod: Decimal(138)},
    )
    assert [(each.place.component if each.place else "", each.difference, each.hours) for each in found] == [
        ("gpu", Decimal(412), Decimal(38)),
        ("home storage", Decimal(50), None),
    ]


def test_a_hub_that_came_or_went_is_told_as_a_whole() -> None:
    stays, goes = ("c", "stays"), ("c", "goes")
    found = changes(
        {Place("gpu", *stays): Decimal(10), Place("gpu", *goes): Decimal(30), Place("tax", *goes): Decimal(3)},
        {
            Place("gpu", *stays): Decimal(12),
            Place("core", *stays): Decimal(1),
            Place("credit", None, None): Decimal(-9),
        },
        hours_before={goes: Decimal(5)},
        hours_after={},
    )
    assert [(each.place, each.difference, each.hours, each.new, each.gone) for each in found] == [
        (Place(WHOLE, *goes), Decimal(-33), Decimal(-5), False, True),
        (Place("credit", None, None), Decimal(-9), None, True, False),
        (Place("gpu", *stays), Decimal(2), None, False, False),
        (Place("core", *stays), Decimal(1), None, True, False),
    ]


def _costs(rows: list[tuple[str, str, Decimal]]) -> Costs:
    return Costs(
        BY_DAY,
        "USD",
        tuple(
            ((month, day, "Cloud", "1", "c", "h", "gpu", "Usage"), Sum(cost, cost, cost)) for month, day, cost in rows
        ),
    )


@pytest.mark.parametrize("final", [True, False])
def test_a_provisional_month_is_compared_by_as_many_days_as_are_billed_in_full(final: bool) -> None:
    rows = [("2026-10", f"2026-10-{day:02}", Decimal(2)) for day in range(1, 32)]
    rows += [("2026-11", f"2026-11-{day:02}", Decimal(3)) for day in range(1, 11)]
    activity = tuple(Activity(day, "c", "h", "x", 7, Decimal(1)) for _, day, _ in rows)
    told = story("2026-11", final=final, days=_costs(rows), activity=activity)
    assert told.compared is not None
    assert (told.forecast is None) is final
    if final:
        assert (told.compared.days, told.compared.cost_before, told.compared.cost_after) == (
            None,
            Decimal(62),
            Decimal(30),
        )
    else:
        assert (told.compared.days, told.compared.cost_before, told.compared.cost_after) == (
            9,
            Decimal(18),
            Decimal(27),
        )
        assert told.compared.lines[0].hours == 0


def test_a_first_month_is_compared_with_nothing() -> None:
    told = story("2026-11", final=True, days=_costs([("2026-11", "2026-11-02", Decimal(3))]), activity=())
    assert told.compared is None


def test_credits_go_on_only_where_most_days_had_one() -> None:
    use = days([Decimal(10)] * (28 + 11))
    daily = {FIRST + timedelta(number): Decimal(-1) for number in range(10)}
    found = forecast(FIRST, END, [Account(use, credits=daily)])
    assert found is not None
    assert found.so_far == 110 - 10
    assert found.expected == 300 - Decimal(10) * 300 / 110
    once = forecast(FIRST, END, [Account(use, credits={FIRST: Decimal(-10)})])
    assert once is not None
    assert (once.so_far, once.expected, once.low, once.high) == (Decimal(100), Decimal(290), Decimal(290), Decimal(290))


def _bill(month: str, count: int, *, tax: Decimal | None) -> list[tuple[Key, Sum]]:
    rows: list[tuple[Key, Sum]] = [
        ((month, f"{month}-{day:02}", "Cloud", "1", "c", "h", "gpu", "Usage"), Sum(Decimal(2)))
        for day in range(1, count + 1)
    ]
    rows += [
        ((month, f"{month}-{day:02}", "Cloud", "1", "c", "h", "core", "Purchase"), Sum(Decimal(1)))
        for day in range(1, count + 1)
    ]
    if tax is not None:
        rows.append(((month, f"{month}-01", "Cloud", "1", "c", None, "tax", "Tax"), Sum(tax)))
    return rows


@pytest.mark.parametrize("tax", [None, Decimal(4)])
def test_what_is_billed_once_a_month_is_not_compared_by_days(tax: Decimal | None) -> None:
    costs = Costs(BY_DAY, "USD", (*_bill("2026-10", 31, tax=Decimal(31)), *_bill("2026-11", 10, tax=tax)))
    told = story("2026-11", final=False, days=costs, activity=())
    assert told.compared is not None
    assert (told.compared.days, told.compared.once) == (9, ("tax",))
    assert (told.compared.cost_before, told.compared.cost_after) == (Decimal(27), Decimal(27))
    whole = story("2026-11", final=True, days=costs, activity=())
    assert whole.compared is not None
    assert whole.compared.cost_before == 31 * 3 + 31


def test_a_course_ends_with_the_whole_and_spreads_what_is_billed_once() -> None:
    costs = Costs(BY_DAY, "USD", (*_bill("2026-10", 31, tax=Decimal(31)), *_bill("2026-11", 10, tax=None)))
    found = course("2026-11", costs, over=False)
    assert found.now == tuple(Decimal(3 * day) for day in range(1, 11))
    assert found.before == tuple(Decimal(4 * day) for day in range(1, 32))
    assert len(course("2026-11", costs, over=True).now) == 30
    late = (("2026-10", "2026-11-01", "Cloud", "1", "c", "h", "gpu", "Usage"), Sum(Decimal(5)))
    early = (("2026-10", "2026-09-24", "Cloud", "1", "c", "h", "gpu", "Usage"), Sum(Decimal(-1)))
    found = course("2026-10", Costs(BY_DAY, "USD", (*_bill("2026-10", 31, tax=None), late, early)), over=True)
    assert (found.now[0], found.now[-1], found.before) == (Decimal(2), Decimal(31 * 3 + 4), ())


def test_hubs_and_communities_are_compared_by_the_same_days() -> None:
    """The fleet's page asks for few columns, the community's for all of them: they see the same month ahead."""
    costs = Costs(BY_DAY, "USD", (*_bill("2026-10", 31, tax=Decimal(31)), *_bill("2026-11", 10, tax=None)))
    narrow = ("billing_period", "day", *KIND)
    few = Costs(narrow, "USD", tuple(costs.fold(*narrow).items()))
    assert outlook("2026-11", few) == outlook("2026-11", costs)
    ahead = outlook("2026-11", few)
    assert ahead is not None
    assert (ahead.days, ahead.once) == (9, frozenset({("Cloud", "1", "tax", "Tax")}))
