"""The people a community served, what each cost, and what ran idle."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import parts
from dashboard.figures import NOTHING
from dashboard.rounding import by_hub
from dashboard.unit_costs import UnitCosts, unit_costs
from dashboard.words import plain

if TYPE_CHECKING:
    from dashboard.data import Activity, Costs
    from dashboard.desk import Desk

ZERO = Decimal(0)


def people(desk: Desk, now: Costs, community: str) -> None:
    """Show active users, server-hours, the cost of each, and the idle part of the month's cost `now`."""
    words, figures, month = desk.words, desk.figures, desk.month.month
    how = words("app.how")
    activity = desk.reading.monthly_activity((month,), community)
    hours = sum((each.server_hours for each in activity), ZERO)
    each = unit_costs(now, activity)
    cost, idle = now.total.cost, now.of(basis="idle")
    shown = by_hub(now).sum_of("idle")
    st.header(words("community.use"), anchor=False)
    with st.container(horizontal=True, key="people"):
        parts.card(
            words("community.users"),
            figures.users(*(one.users for one in activity)),
            tip=words("community.users_help"),
            how=lambda: _by_hub(desk, activity),
            how_label=how,
        )
        parts.card(
            words("community.server_hours"),
            figures.hours(hours) if activity else NOTHING,
            tip=words("community.server_hours_help"),
            how=lambda: _by_hub(desk, activity),
            how_label=how,
        )
        for key, value, count in (
            ("per_user", each.per_user, figures.number(each.users)),
            ("per_hour", each.per_hour, figures.hours(each.server_hours)),
        ):
            parts.card(
                words(f"community.{key}"),
                NOTHING if value is None else figures.money(value),
                below=words("community.left_out", count=figures.number(each.left_out)) if each.left_out else "",
                tip=words(f"community.{key}_help"),
                how=partial(_each, desk, each, count, value),
                how_label=how,
            )
        parts.card(
            words("community.idle"),
            figures.money(shown),
            below=words("community.idle_cost", part=plain(figures.share(idle.total.cost / cost))) if cost else "",
            tip=words("community.idle_help"),
            how=lambda: parts.how_costs(desk, idle, words("community.idle"), shown=shown),
            how_label=how,
        )
    if not activity:
        st.caption(words("trouble.no_activity", month=plain(figures.month(month))))


def _by_hub(desk: Desk, activity: tuple[Activity, ...]) -> None:
    words, figures = desk.words, desk.figures
    st.markdown(words("how.users"))
    parts.table(
        [words("app.hub"), words("community.users"), words("community.server_hours")],
        [
            (
                plain(desk.hub_name(each.cluster, each.hub)),
                plain(figures.users(each.users)),
                plain(figures.hours(each.server_hours)),
            )
            for each in activity
        ],
        alt=words("community.users"),
    )


def _each(desk: Desk, units: UnitCosts, count: str, each: Decimal | None) -> None:
    words, figures = desk.words, desk.figures
    st.markdown(words("how.five"))
    if each is not None:
        st.markdown(
            words(
                "how.each", cost=plain(figures.money(units.cost)), count=plain(count), each=plain(figures.money(each))
            )
        )
