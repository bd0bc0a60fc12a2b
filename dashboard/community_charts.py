"""A community's cost as charts: by component per day and month, by hub; each with its table."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import charts, parts
from dashboard.desk import listed, names
from dashboard.figures import first_day, next_month
from dashboard.month_story import billed_once
from dashboard.palette import BASES, COMPONENTS, component_color
from dashboard.rounding import bases_of
from dashboard.state import months_back
from dashboard.words import plain

if TYPE_CHECKING:
    from dashboard.data import Costs
    from dashboard.desk import Desk

ZERO = Decimal(0)


def by_component(desk: Desk, year: Costs, both: Costs, until: date | None) -> None:
    """Show the month's days and the year's months, stacked by component. `both` are the costs by BY_DAY of the month and the one before;
    `until` is the last day that is billed in full."""
    words, figures = desk.words, desk.figures
    st.header(words("community.by_component"), anchor=False)
    daily, monthly = st.tabs([words("community.per_day"), words("community.per_month")])
    with daily:
        days = both.of(billing_period=desk.month.month)
        total = figures.money(days.total.cost)
        text = words("community.chart_days", month=figures.month(desk.month.month), total=total)
        _stacked(desk, days, "day", text, words("community.per_day"))
        if once := _once(desk, both):
            st.caption(words("community.once_days", what=listed(once)))
        if outside := sum((each.cost for (day,), each in days.fold("day").items() if day and _beside(desk, day)), ZERO):
            amount = plain(figures.change(outside))
            st.caption(words("community.other_days", month=plain(figures.month_name(desk.month.month)), amount=amount))
        if until:
            st.caption(words("community.open_days", until=plain(figures.day(until))))
    with monthly:
        _stacked(
            desk,
            year,
            "billing_period",
            words("community.chart_months", count=str(len(desk.year))),
            words("community.per_month"),
        )


def by_hub(desk: Desk, now: Costs) -> None:
    """Show the month's cost by hub, stacked by why the hub bears it."""
    words, figures = desk.words, desk.figures
    st.header(words("community.by_hub"), anchor=False)
    folded = now.fold("cluster", "hub", "basis")
    hubs = sorted(now.fold("cluster", "hub").items(), key=lambda item: -item[1].cost)
    bases = bases_of(now)
    titles = names(words, "basis_title", bases)
    colors = [(titles[each], BASES[each]) for each in bases]
    bars = [
        (desk.hub_name(*hub), titles[basis], each.cost, figures.money(each.cost))
        for hub, _ in hubs
        for basis in bases
        if (each := folded.get((*hub, basis)))
    ]
    lines = [
        (plain(desk.hub_name(*hub)), [folded[*hub, basis].cost if (*hub, basis) in folded else ZERO for basis in bases])
        for hub, _ in hubs
    ]
    rows, footer = parts.matrix(desk, lines, now.total.cost)
    covered = [plain(figures.share(each.coverage)) for _, each in hubs]
    parts.chart(
        charts.rows(
            bars,
            colors,
            y=words("app.hub"),
            x=desk.currency,
            of=words("app.basis"),
        ),
        words("community.chart_hubs", month=figures.month(desk.month.month)),
        words("community.by_hub"),
        [words("app.hub"), *titles.values(), words("app.total"), words("app.coverage")],
        [
            *([*row, cover] for row, cover in zip(rows, covered, strict=True)),
            [*footer, plain(figures.share(now.total.coverage))],
        ],
        label=words("app.table"),
        legend=colors,
    )


def _once(desk: Desk, both: Costs) -> list[str]:
    """Name the components that the month is billed for once, as a whole."""
    month = desk.month.month
    there = {component for (component,) in both.of(billing_period=month).fold("component")}
    kinds = billed_once(both, month, months_back(month, 1))
    return [desk.words.name("component", each) for each in sorted({kind[2] or "" for kind in kinds} & there)]


def _beside(desk: Desk, day: str) -> bool:
    """Say whether a day lies outside the month, as that of a correction may. Months of other time zones reach into the days beside."""
    month, at = desk.month.month, date.fromisoformat(day)
    return not first_day(month) - timedelta(1) <= at <= next_month(month)


def _stacked(desk: Desk, costs: Costs, along: str, alt_text: str, title: str) -> None:
    words, figures = desk.words, desk.figures
    folded = costs.fold(along, "component")
    there = [name or "" for (name,) in costs.fold("component")]
    components = [each for each in COMPONENTS if each in there] + [each for each in there if each not in COMPONENTS]
    titles = names(words, "component", components)
    colors = [(titles[each], component_color(each)) for each in components]
    steps = [at or "" for (at,) in costs.fold(along)]
    daily = along == "day"
    label = words("app.day" if daily else "app.month_column")
    shown = {at: at if daily else figures.month(at) for at in steps}
    bars = [
        (shown[at], titles[component], each.cost, figures.money(each.cost))
        for at in steps
        for component in components
        if (each := folded.get((at, component))) and not (daily and _beside(desk, at))
    ]
    lines = [
        (
            plain(shown[at]),
            [folded[at, component].cost if (at, component) in folded else ZERO for component in components],
        )
        for at in steps
    ]
    rows, footer = parts.matrix(desk, lines, costs.total.cost)
    parts.chart(
        charts.columns(
            bars,
            colors,
            x=label,
            y=desk.currency,
            of=words("app.component"),
            daily=daily,
        ),
        alt_text,
        f"{words('community.by_component')}: {title}",
        [label, *titles.values(), words("app.total")],
        [*rows, footer],
        label=words("app.table"),
        legend=colors,
    )
