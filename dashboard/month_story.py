"""A month's figures told together: so far, at its end, against the month before. Pure; what it is made from is already the viewer's."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from dashboard.changes import Change, Place, changes
from dashboard.figures import first_day, next_month
from dashboard.forecast import Account, Forecast, forecast
from dashboard.state import months_back

if TYPE_CHECKING:
    from dashboard.data import Activity, Costs

ZERO = Decimal(0)
USE, CREDIT, ONCE = "Usage", "Credit", frozenset({"Purchase", "Tax"})
BY_DAY = ("billing_period", "day", "issuer", "billing_account", "cluster", "hub", "component", "charge_category")
KIND = ("issuer", "billing_account", "component", "charge_category")

Kind = tuple[str | None, ...]  # values of KIND


@dataclass(frozen=True, slots=True)
class Compared:
    """The month beside the one before: whole months, or as many days of each as `days` says. Both sums cover the same.

    Of days alone, what is billed once for a whole month is left out: `once` are its components.
    """

    before: str
    days: int | None
    cost_before: Decimal
    cost_after: Decimal
    lines: tuple[Change, ...]
    once: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outlook:
    """Where a month that is under way is heading: its forecast, how many of its days are billed in full, what is billed once a month."""

    forecast: Forecast
    days: int | None
    once: frozenset[Kind]


@dataclass(frozen=True, slots=True)
class Story:
    """A month's forecast (None if it is final, or nothing is billed in full) and comparison (None without a month before)."""

    forecast: Forecast | None
    compared: Compared | None


def story(month: str, *, final: bool, days: Costs, activity: tuple[Activity, ...]) -> Story:
    """Tell a month from its and the previous month's costs by BY_DAY, and the daily activity of both."""
    before = months_back(month, 1)
    ahead = None if final else outlook(month, days)
    foreseen = ahead.forecast if ahead else None
    if not any(key[0] == before for key, _ in days.rows):
        return Story(foreseen, None)
    cut, once = (ahead.days, ahead.once) if ahead else (None, frozenset[Kind]())
    sums = {each: _by_place(days, each, cut, once) for each in (before, month)}
    hours = {each: _hours(activity, each, cut) for each in (before, month)}
    return Story(
        foreseen,
        Compared(
            before,
            cut,
            sum(sums[before].values(), ZERO),
            sum(sums[month].values(), ZERO),
            changes(sums[before], sums[month], hours_before=hours[before], hours_after=hours[month]),
            tuple(sorted({component or "" for _, _, component, _ in once})),
        ),
    )


def outlook(month: str, days: Costs) -> Outlook | None:
    """Return where a month is heading, from its and the previous month's costs by day and KIND; None if nothing is billed in full."""
    before = months_back(month, 1)
    found = forecast(first_day(month), next_month(month), _accounts(days, month, before))
    if found is None:
        return None
    if found.until is None or found.until + timedelta(1) >= next_month(month):
        return Outlook(found, None, frozenset())
    return Outlook(found, (found.until - first_day(month)).days + 1, billed_once(days, month, before))


def billed_once(days: Costs, month: str, before: str) -> frozenset[Kind]:
    """Return the kinds of charges that are for a month as a whole: purchases and taxes that stand on one day of the month before (of
    this month, where there were none before)."""
    places = [days.by.index(name) for name in KIND]
    period, day = days.by.index("billing_period"), days.by.index("day")
    found: dict[Kind, dict[str | None, set[str | None]]] = defaultdict(lambda: defaultdict(set))
    for key, _ in days.rows:
        kind = tuple(key[place] for place in places)
        if kind[-1] in ONCE:
            found[kind][key[period]].add(key[day])
    return frozenset(kind for kind, seen in found.items() if len(seen[before] or seen[month]) == 1)


def _accounts(days: Costs, month: str, before: str) -> tuple[Account, ...]:
    use: dict[Kind, dict[date, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    credited: dict[Kind, dict[date, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    sums: dict[Kind, dict[tuple[str, bool], Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    places = [days.by.index(name) for name in ("billing_period", "day", "issuer", "billing_account", "charge_category")]
    for row, each in days.rows:
        period, day, issuer, account, category = (row[place] for place in places)
        key, is_use = (issuer, account), category == USE
        if category == CREDIT:
            if period == month:
                credited[key][date.fromisoformat(day) if day else first_day(month)] += each.cost
            continue
        if day is not None and is_use:
            use[key][date.fromisoformat(day)] += each.cost
        sums[key][period or "", is_use] += each.cost
    return tuple(
        Account(
            use=dict(use[key]),
            besides=sums[key][month, False],
            use_before=sums[key][before, True],
            besides_before=sums[key][before, False],
            use_so_far=sums[key][month, True],
            credits=dict(credited[key]),
        )
        for key in {**sums, **credited}
    )


def _by_place(days: Costs, month: str, cut: int | None, once: frozenset[Kind]) -> dict[Place, Decimal]:
    found: dict[Place, Decimal] = defaultdict(lambda: ZERO)
    for (period, day, issuer, account, cluster, hub, component, category), each in days.rows:
        if period == month and _within(day, month, cut) and (issuer, account, component, category) not in once:
            found[Place(component or "", cluster, hub)] += each.cost
    return dict(found)


def _hours(activity: tuple[Activity, ...], month: str, cut: int | None) -> dict[tuple[str | None, str | None], Decimal]:
    found: dict[tuple[str | None, str | None], Decimal] = defaultdict(lambda: ZERO)
    for each in activity:
        if each.period.startswith(month) and _within(each.period, month, cut):
            found[each.cluster, each.hub] += each.server_hours
    return dict(found)


def _within(day: str | None, month: str, cut: int | None) -> bool:
    return cut is None or day is None or (date.fromisoformat(day) - first_day(month)).days < cut
