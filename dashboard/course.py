"""How a month's cost came together: the sum up to each of its days, beside the month before. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from dashboard.figures import first_day, next_month
from dashboard.month_story import KIND, billed_once
from dashboard.state import months_back

if TYPE_CHECKING:
    from dashboard.data import Costs

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Course:
    """The cost of a month and of the one before up to each day: the first of `now` is that of day 1 alone. The last is the whole."""

    now: tuple[Decimal, ...]
    before: tuple[Decimal, ...]


def course(month: str, days: Costs, *, over: bool) -> Course:
    """Return the course of a month from its and the previous month's costs by BY_DAY. `over`: no day of it is still to come.

    What is billed once for a whole month is spread evenly over its days.
    """
    before = months_back(month, 1)
    kinds = billed_once(days, month, before)
    return Course(_sums(month, days, kinds, whole=over), _sums(before, days, kinds, whole=True))


def _sums(month: str, days: Costs, kinds: frozenset[tuple[str | None, ...]], *, whole: bool) -> tuple[Decimal, ...]:
    first, length = first_day(month), (next_month(month) - first_day(month)).days
    places = [days.by.index(name) for name in KIND]
    by_day: dict[int, Decimal] = defaultdict(lambda: ZERO)
    spread = ZERO
    period, day = days.by.index("billing_period"), days.by.index("day")
    for key, each in days.rows:
        if key[period] != month:
            continue
        if tuple(key[place] for place in places) in kinds:
            spread += each.cost
        else:  # a month of another time zone has hours of the days around it
            number = (date.fromisoformat(key[day] or first.isoformat()) - first).days
            by_day[min(max(number, 0), length - 1)] += each.cost
    if not by_day and not spread:
        return ()
    count = length if whole else max(by_day, default=0) + 1
    sums, so_far = [], ZERO
    for number in range(count):
        so_far += by_day[number]
        sums.append(so_far + (spread if number + 1 == count else spread * (number + 1) / count))
    return tuple(sums)
