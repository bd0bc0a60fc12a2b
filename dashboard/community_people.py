"""The people a community served, what each cost, and what ran idle."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import parts
from dashboard.figures import NOTHING, users_of
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
    users = users_of(activity)
    hours = sum((each.server_hours for each in activity), ZERO)
    cost = now.total.cost
    idle = now.of(basis="idle")
    columns = st.columns(5)
    with columns[0]:
        parts.card(
            words("community.users"),
            figures.users(users) if activity else NOTHING,
            tip=words("community.users_help"),
            how=lambda: _by_hub(desk, activity),
            how_label=how,
        )
    with columns[1]:
        parts.card(
            words("community.server_hours"),
            figures.hours(hours) if activity else NOTHING,
            tip=words("community.server_hours_help"),
            how=lambda: _by_hub(desk, activity),
            how_label=how,
        )
    per_user = figures.each(cost, users, Decimal(users or 0)) if activity else NOTHING
    per_hour = figures.each(cost, users, hours) if activity else NOTHING
    with columns[2]:
        parts.card(
            words("community.per_user"),
            per_user,
            tip=words("community.per_user_help"),
            how=lambda: _each(desk, cost, figures.users(users), per_user),
            how_label=how,
        )
    with columns[3]:
        parts.card(
            words("community.per_hour"),
            per_hour,
            tip=words("community.per_hour_help"),
            how=lambda: _each(desk, cost, figures.hours(hours), per_hour),
            how_label=how,
        )
    with columns[4]:
        parts.card(
            words("community.idle"),
            figures.money(idle.total.cost),
            below=words("community.idle_cost", part=plain(figures.share(idle.total.cost / cost))) if cost else "",
            tip=words("community.idle_help"),
            how=lambda: parts.how_costs(desk, idle, words("community.idle")),
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


def _each(desk: Desk, cost: Decimal, count: str, each: str) -> None:
    words, figures = desk.words, desk.figures
    if each == NOTHING:
        st.markdown(words("community.per_user_help"))
        return
    st.markdown(words("how.each", cost=plain(figures.money(cost)), count=plain(count), each=plain(each)))
