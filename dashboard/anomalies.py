"""Days that cost much more than such days do: each hub's components beside the same weekday of the weeks before."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dashboard.changes import Place

ZERO = Decimal(0)
WEEKS = 4
LEAST_WEEKS = 2  # fewer say nothing of what is usual
FACTOR = Decimal(2)
LEAST_PART = Decimal("0.02")  # of an average day of all that is looked at: less is not worth a look


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A day on which a place cost more than twice the usual: the median of the same weekdays before."""

    day: date
    place: Place
    cost: Decimal
    usual: Decimal

    @property
    def more(self) -> Decimal:
        return self.cost - self.usual


def anomalies(costs: Mapping[Place, Mapping[date, Decimal]], first: date, end: date) -> tuple[Anomaly, ...]:
    """Return the unusual days of [first, end), what they cost beyond the usual first. `costs` begin some weeks before `first`."""
    by_day: dict[date, Decimal] = defaultdict(lambda: ZERO)
    for days in costs.values():
        for day, cost in days.items():
            by_day[day] += cost
    if not by_day:
        return ()
    begin = min(by_day)
    least = LEAST_PART * sum(by_day.values(), ZERO) / len(by_day)
    found = []
    for place, days in costs.items():
        for day, cost in days.items():
            before = [day - timedelta(days=7 * week) for week in range(1, WEEKS + 1)]
            known = [days.get(each, ZERO) for each in before if each >= begin]
            if not first <= day < end or len(known) < LEAST_WEEKS:
                continue
            usual = median(known)
            if cost > usual * FACTOR and cost - usual > least:
                found.append(Anomaly(day, place, cost, usual))
    return tuple(sorted(found, key=lambda each: (-each.more, each.day, str(each.place))))
