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
USE = "Usage"
BY_DAY = ("billing_period", "day", "issuer", "billing_account", "cluster", "hub", "component", "charge_category")


@dataclass(frozen=True, slots=True)
class Compared:
    """The month beside the one before: whole months, or as many days of each as `days` says. Both sums cover the same days."""

    before: str
    days: int | None
    cost_before: Decimal
    cost_after: Decimal
    lines: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """A month's forecast (None if it is final, or nothing is billed in full) and comparison (None without a month before)."""

    forecast: Forecast | None
    compared: Compared | None


def story(month: str, *, final: bool, days: Costs, activity: tuple[Activity, ...]) -> Story:
    """Tell a month from its and the previous month's costs by BY_DAY, and the daily activity of both."""
    before = months_back(month, 1)
    foreseen = None if final else forecast(first_day(month), next_month(month), _accounts(days, month, before))
    until = (
        foreseen.until if foreseen and foreseen.until and foreseen.until + timedelta(1) < next_month(month) else None
    )
    if not any(key[0] == before for key, _ in days.rows):
        return Story(foreseen, None)
    cut = None if until is None else (until - first_day(month)).days + 1
    sums = {each: _by_place(days, each, cut) for each in (before, month)}
    hours = {each: _hours(activity, each, cut) for each in (before, month)}
    return Story(
        foreseen,
        Compared(
            before,
            cut,
            sum(sums[before].values(), ZERO),
            sum(sums[month].values(), ZERO),
            changes(sums[before], sums[month], hours_before=hours[before], hours_after=hours[month]),
        ),
    )


def _accounts(days: Costs, month: str, before: str) -> tuple[Account, ...]:
    use: dict[tuple[str | None, str | None], dict[date, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    sums: dict[tuple[str | None, str | None], dict[tuple[str, bool], Decimal]] = defaultdict(
        lambda: defaultdict(lambda: ZERO)
    )
    for (period, day, issuer, account, _, _, _, category), each in days.rows:
        key, is_use = (issuer, account), category == USE
        if day is not None and is_use:
            use[key][date.fromisoformat(day)] += each.cost
        sums[key][period or "", is_use] += each.cost
    return tuple(
        Account(
            use=dict(use[key]),
            besides=of_account[month, False],
            use_before=of_account[before, True],
            besides_before=of_account[before, False],
            use_so_far=of_account[month, True],
        )
        for key, of_account in sums.items()
    )


def _by_place(days: Costs, month: str, cut: int | None) -> dict[Place, Decimal]:
    found: dict[Place, Decimal] = defaultdict(lambda: ZERO)
    for (period, day, _, _, cluster, hub, component, _), each in days.rows:
        if period == month and _within(day, month, cut):
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
