"""What a month will have cost at its end: what is billed so far, and each day to come as the same weekday cost in the last four weeks.

Per billing account, because bills arrive at their own pace. The last day that has cost is taken as incomplete. The range is the cheapest
and the dearest of the four weeks, repeated. What is neither use nor credit (tax, purchases, corrections) is taken in the proportion to use
that it had in the month before. Credits may be used up any day: they go on, in this month's own proportion, only if most days had one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ZERO = Decimal(0)
WEEKS = 4
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Account:
    """A billing account's cost: of use, by day (of this month and the weeks before it); of credits, by day of this month; and of all
    else, in this month and the last."""

    use: Mapping[date, Decimal]
    besides: Decimal = ZERO
    use_before: Decimal = ZERO
    besides_before: Decimal = ZERO
    use_so_far: Decimal | None = None  # where days of other months belong to this month's bill
    credits: Mapping[date, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Forecast:
    """A month's cost so far, and at its end: as expected, at least, at most. `until`: the last day that counts as billed in full."""

    so_far: Decimal
    expected: Decimal
    low: Decimal
    high: Decimal
    until: date | None


@dataclass(slots=True)
class _Bounds:
    """Sums over weeks: one for each of the weeks gone by."""

    low: Decimal = ZERO
    high: Decimal = ZERO
    expected: Decimal = ZERO
    until: list[date] = field(default_factory=list)


def forecast(first: date, end: date, accounts: Iterable[Account]) -> Forecast | None:
    """Return the forecast of the month [first, end); None if no account has a day that is billed in full."""
    sums = _Bounds()
    so_far = ZERO
    for account in accounts:
        here = account.use_so_far
        if here is None:
            here = sum((cost for day, cost in account.use.items() if first <= day < end), ZERO)
        credited = sum(account.credits.values(), ZERO)
        so_far += here + account.besides + credited
        settled = _settled(account.use, first, end)
        if not settled:
            for name in ("low", "high", "expected"):
                setattr(sums, name, getattr(sums, name) + here + account.besides + credited)
            continue
        until = max(settled)
        open_days = [until + DAY * number for number in range(1, (end - until).days)]
        billed = here - sum((account.use.get(day, ZERO) for day in open_days), ZERO)
        low, expected, high = _to_come(account.use, settled, open_days)
        goes_on = 2 * len(account.credits) > sum(first <= day for day in settled) and here > 0
        ends = [
            _with_besides(use, account) + (max(use / here, Decimal(1)) * credited if goes_on else credited)
            for use in (billed + part for part in (low, expected, high))
        ]
        sums.low += min(ends)
        sums.high += max(ends)
        sums.expected += ends[1]
        sums.until.append(min(until, end - DAY))
    if not sums.until:
        return None
    return Forecast(so_far, sums.expected, sums.low, sums.high, min(sums.until))


def _settled(use: Mapping[date, Decimal], first: date, end: date) -> list[date]:
    """The days billed in full: all up to the one before the last that has cost; all where the month's last day is among those."""
    with_cost = [day for day, cost in use.items() if cost and day < end]
    if not with_cost or not any(first <= day for day in with_cost):
        return []
    last = max(with_cost)
    if any(day >= end for day, cost in use.items() if cost):
        last = end
    start = max(min(with_cost), first - 7 * WEEKS * DAY)
    return [start + DAY * number for number in range((last - start).days)]


def _to_come(
    use: Mapping[date, Decimal], settled: Sequence[date], open_days: Sequence[date]
) -> tuple[Decimal, Decimal, Decimal]:
    """What the open days will cost: at least, as expected, at most. What is billed of them already counts, if it is more."""
    by_weekday: dict[int, list[Decimal]] = defaultdict(list)
    for day in reversed(settled):
        by_weekday[day.weekday()].append(use.get(day, ZERO))
    weeks = min((len(by_weekday[day.weekday()]) for day in open_days), default=0)
    if not open_days:
        return ZERO, ZERO, ZERO
    if weeks < 2:  # too little to know a weekday by
        recent = [use.get(day, ZERO) for day in settled[-7:]]
        mean = sum(recent, ZERO) / len(recent)
        each = [(min(recent), mean, max(recent)) for _ in open_days]
    else:
        weeks = min(weeks, WEEKS)
        totals = [sum((by_weekday[day.weekday()][week] for day in open_days), ZERO) for week in range(weeks)]
        cheapest, dearest = totals.index(min(totals)), totals.index(max(totals))
        each = []
        for day in open_days:
            costs = by_weekday[day.weekday()][:weeks]
            each.append((costs[cheapest], sum(costs, ZERO) / weeks, costs[dearest]))
    billed = [max(use.get(day, ZERO), ZERO) for day in open_days]
    low, expected, high = (
        sum((max(already, parts[place]) for already, parts in zip(billed, each, strict=True)), ZERO)
        for place in range(3)
    )
    return min(low, expected), expected, max(high, expected)


def _with_besides(use: Decimal, account: Account) -> Decimal:
    """Add tax and the like in last month's proportion to use; what there is already, if it is more."""
    if account.use_before <= 0:
        return use + account.besides
    due = use * account.besides_before / account.use_before
    return use + max(due, account.besides, key=abs)
