"""My community: what its hubs cost this month and why, against last month, twelve months, its budget, and the people it served."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import parts
from dashboard.community_budget import budget
from dashboard.community_charts import by_component, by_hub
from dashboard.community_course import heading
from dashboard.community_downloads import downloads
from dashboard.community_people import people
from dashboard.desk import Desk, choose, kept
from dashboard.figures import NOTHING
from dashboard.month_story import BY_DAY, Compared, Story, story
from dashboard.sentences import changed, summary, whys
from dashboard.state import months_back
from dashboard.words import Words, plain

if TYPE_CHECKING:
    from dashboard.data import Costs
    from dashboard.reading import Reading

ZERO = Decimal(0)
BY_MONTH = ("billing_period", "cluster", "hub", "component", "rule", "basis")


def show(reading: Reading, words: Words) -> None:
    """Show the page."""
    title = st.empty()
    names = reading.communities(tuple(each.month for each in reading.state.months))
    if not names:
        st.info(words("trouble.nobody"))
        return
    chosen: list[str] = []
    desk = choose(reading, words, before=lambda: chosen.append(_community(reading, words, names)))
    name = chosen[0]
    community = desk.community(name)
    title.title(plain(community.display_name if community else name), anchor=False)
    figures, month, only = desk.figures, desk.month.month, {"community": name}
    year = reading.costs(desk.year, BY_MONTH, currency=desk.currency, cost=desk.cost, only=only)
    now = year.of(billing_period=month)
    if not now.rows:
        st.warning(
            f"**{words('trouble.no_rows_title', month=plain(figures.month(month)))}**  \n{words('trouble.no_rows')}"
        )
        return
    previous = months_back(month, 1)
    both = tuple(each for each in (previous, month) if reading.state.of(each))
    days = reading.costs(both, BY_DAY, currency=desk.currency, cost=desk.cost, only=only)
    told = story(month, final=desk.month.final, days=days, activity=reading.daily_activity(both, name))
    until = told.forecast.until if told.forecast else None
    cap = community.cap if community else None
    before = year.of(billing_period=previous).total.cost if reading.state.of(previous) else None
    said = partial(summary, desk, now, told, before, cap)
    st.container(key="summary").markdown(" ".join(said(words)))
    parts.status(desk, now, until)
    _money(desk, year, now, told)
    _changes(desk, told)
    heading(desk, days, told, cap)
    budget(desk, name, now, told)
    people(desk, now, name)
    by_component(desk, year, days, until)
    by_hub(desk, now)
    _why(desk, now)
    downloads(desk, name, said, told.compared)


def _community(reading: Reading, words: Words, names: tuple[str, ...]) -> str:
    """Let the viewer choose among its communities, where it has several."""
    if len(names) == 1:
        return names[0]
    titles = {each.name: each.display_name for each in reading.fleet.communities}
    shown = {name: titles.get(name, name) for name in names}
    return kept(words, "community", words("community.community"), names, shown=shown.__getitem__, width=290)


def _money(desk: Desk, year: Costs, now: Costs, told: Story) -> None:
    """Show the month, its end, the month before and the year."""
    words, figures, month = desk.words, desk.figures, desk.month.month
    how = words("app.how")
    name = plain(figures.month_name(month))
    with st.container(horizontal=True, key="figures"):
        _this_month(desk, now, told.compared)
        if foreseen := told.forecast:
            parts.card(
                words("community.forecast", month=name),
                figures.money(foreseen.expected),
                below=words(
                    "community.range", low=plain(figures.money(foreseen.low)), high=plain(figures.money(foreseen.high))
                ),
                how=lambda: st.markdown(
                    words(
                        "how.forecast",
                        so_far=plain(figures.money(foreseen.so_far)),
                        until=plain(figures.day(foreseen.until)) if foreseen.until else "",
                    )
                ),
                how_label=how,
            )
        previous = months_back(month, 1)
        of_before = year.of(billing_period=previous)
        label = plain(figures.month(previous))
        known = desk.reading.state.of(previous)
        parts.card(
            label,
            figures.money(of_before.total.cost) if known else NOTHING,
            below="" if known is None else words(f"status.{known.computed.status}"),
            how=(lambda: parts.how_costs(desk, of_before, label)) if of_before.rows else None,
            how_label=how,
        )
        count = len(desk.year)
        twelve = words("community.twelve" if count > 1 else "community.twelve_one", count=str(count))
        parts.card(
            twelve,
            figures.money(year.total.cost),
            below=_average(desk, year, under_way=told.forecast is not None),
            how=lambda: parts.how_costs(desk, year, twelve),
            how_label=how,
        )


def _average(desk: Desk, year: Costs, *, under_way: bool) -> str:
    """Say what a month cost on average, without the one that is under way."""
    words, figures, month = desk.words, desk.figures, desk.month.month
    over = [each for each in desk.year if each != month or not under_way]
    if not over:
        return ""
    mean = plain(figures.money(year.of(billing_period=over).total.cost / len(over)))
    if len(over) == len(desk.year):
        return words("community.average", amount=mean)
    return words("community.average_over", amount=mean, month=plain(figures.month_name(month)))


def _this_month(desk: Desk, now: Costs, compared: Compared | None) -> None:
    words, figures = desk.words, desk.figures
    delta, against = None, ""
    if compared:
        delta = figures.change(compared.cost_after - compared.cost_before)
        before = plain(figures.month_name(compared.before))
        key = "against" if compared.days is None else "against_days"
        against = words(f"community.{key}", month=before, days=str(compared.days))
    title = plain(figures.month(desk.month.month))
    label = words("community.whole" if desk.month.final else "community.so_far", month=title)
    parts.card(
        label,
        figures.money(now.total.cost),
        delta=delta,
        below=against,
        how=lambda: parts.how_costs(desk, now, label),
        how_label=words("app.how"),
    )


def _changes(desk: Desk, told: Story) -> None:
    """Say in sentences what changed."""
    title, lines = changed(desk, told.compared, desk.words)
    if lines:
        st.header(title, anchor=False)
        st.markdown("\n".join(f"- {line}" for line in lines))


def _why(desk: Desk, now: Costs) -> None:
    """Explain direct, usage, idle and shared, each with its amount."""
    st.header(desk.words("community.why"), anchor=False)
    st.markdown("\n".join(f"- {line}" for line in whys(desk, now, desk.words)))
