"""Idle capacity by pool and hour of the week, and what idle costs each cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard import charts, parts
from dashboard.desk import kept
from dashboard.palette import BASES
from dashboard.words import plain

if TYPE_CHECKING:
    from dashboard.data import Costs
    from dashboard.desk import Desk
    from dashboard.fleet_data import IdleHour


def idle(desk: Desk, costs: Costs) -> None:
    """Show the heat map of a pool, and idle cost by cluster."""
    words, figures, month = desk.words, desk.figures, desk.month.month
    st.markdown(words("fleet.idle_text"))
    clusters = [each.name for each in desk.reading.fleet.clusters]
    with st.container(horizontal=True):
        cluster = kept(words, "cluster", words("fleet.cluster"), clusters, width=240)
        hours = desk.reading.idle_hours(month, cluster)
        if not hours:
            st.info(words("fleet.idle_none", cluster=plain(cluster), month=plain(figures.month(month))))
        else:
            pools = sorted({each.pool for each in hours})
            pool = kept(words, "pool", words("fleet.pool"), pools, width=240)
    if hours:
        _heat(desk, pool, [each for each in hours if each.pool == pool])
    st.subheader(words("fleet.idle_cost"), anchor=False)
    now = costs.of(billing_period=month)
    whole = now.fold("cluster")
    colors = [(words.name("basis_title", "idle"), BASES["idle"])]
    lines = sorted(now.of(basis="idle").fold("cluster").items(), key=lambda item: -item[1].cost)
    parts.chart(
        charts.rows(
            [
                (name or "", words.name("basis_title", "idle"), each.cost, figures.money(each.cost))
                for (name,), each in lines
            ],
            colors,
            y=words("fleet.cluster"),
            x=desk.currency,
            of=words("app.basis"),
        ),
        words("fleet.idle_cost"),
        words("fleet.idle_cost"),
        [words("fleet.cluster"), words("community.idle"), words("app.part")],
        [
            (plain(name or ""), plain(figures.money(each.cost)), plain(figures.share(each.cost / whole[name,].cost)))
            for (name,), each in lines
        ],
        label=words("app.table"),
        legend=colors,
    )


def _heat(desk: Desk, pool: str, hours: list[IdleHour]) -> None:
    words, figures = desk.words, desk.figures
    days = [words(f"weekday.{number}") for number in range(1, 8)]
    worst, best = max(hours, key=lambda each: each.idle), min(hours, key=lambda each: each.idle)
    st.markdown(
        words(
            "fleet.worst",
            weekday=days[worst.weekday - 1],
            hour=str(worst.hour),
            part=plain(figures.ratio(worst.idle)),
            best_weekday=days[best.weekday - 1],
            best_hour=str(best.hour),
            best_part=plain(figures.ratio(best.idle)),
        )
    )
    by_hour = {(each.weekday, each.hour): each.idle for each in hours}
    parts.chart(
        charts.heat(
            [(days[each.weekday - 1], each.hour, each.idle, figures.ratio(each.idle)) for each in hours],
            days,
            x=words("fleet.hour"),
            part=words("fleet.idle_part"),
        ),
        words("fleet.idle_alt", pool=pool),
        words("fleet.idle_part"),
        [words("fleet.hour"), *days],
        [
            (
                str(hour),
                *(plain(figures.ratio(by_hour[day, hour])) if (day, hour) in by_hour else "" for day in range(1, 8)),
            )
            for hour in range(24)
        ],
        label=words("app.table"),
    )
