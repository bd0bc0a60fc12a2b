"""Days, months and the years and quarters of a fee, as half-open ranges of dates."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Days:
    """The days in [start, end); none where end is not after start."""

    start: date
    end: date

    def __len__(self) -> int:
        return max(0, (self.end - self.start).days)

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    def within(self, start: date | None, end: date | None) -> Days:
        """Return the days of these that lie in [start, end); None is unbounded."""
        return Days(max(self.start, start or self.start), min(self.end, end or self.end))

    def covers(self, other: Days) -> bool:
        """Tell whether all of the other days are among these."""
        return self.start <= other.start and other.end <= self.end

    @property
    def last(self) -> date:
        return self.end - DAY


def month_days(month: str) -> Days:
    """Return the days of a month, YYYY-MM."""
    start = date.fromisoformat(f"{month}-01")
    return Days(start, add_months(start, 1))


def months_before(month: str, count: int) -> list[str]:
    """Return `count` months that end with `month`, oldest first."""
    start = month_days(month).start
    return [f"{add_months(start, -back):%Y-%m}" for back in reversed(range(count))]


def add_months(day: date, months: int) -> date:
    """Return the same day of another month, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def spans(anchor: date, months: int, of: Days) -> Iterator[Days]:
    """Yield the spans of so many months, counted from `anchor` in both directions, that share a day with `of`."""
    first = ((of.start.year - anchor.year) * 12 + of.start.month - anchor.month) // months - 1
    for number in range(first, first + len(of) // (28 * months) + 4):
        span = Days(add_months(anchor, number * months), add_months(anchor, (number + 1) * months))
        if len(span.within(of.start, of.end)):
            yield span
