"""A grant as a piece of a page: how much of it is left, and when that will be gone."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import charts, parts
from dashboard.figures import Figures, first_day, next_month
from dashboard.words import plain

if TYPE_CHECKING:
    from billing.spending import Spending
    from dashboard.desk import Desk

ZERO = Decimal(0)


def grant(desk: Desk, spent: Spending, title: str) -> None:
    """Show a grant: its figures, its burn-down with the day it runs out, its months."""
    words, figures = desk.words, Figures(desk.figures.locale, spent.currency)
    st.subheader(plain(title), anchor=False)
    st.markdown(
        words(
            "grant.text",
            funder=plain(spent.funder),
            start=plain(figures.day(spent.start)),
            end=plain(figures.day(spent.end - timedelta(days=1))),
            ceiling=plain(figures.money(spent.ceiling)),
        )
    )
    if spent.end <= first_day(desk.month.month):  # a curve of what is over helps nobody to decide
        st.markdown(
            words(
                "grant.over",
                charged=plain(figures.money(spent.ceiling - spent.left)),
            )
        )
        return
    used = (spent.ceiling - spent.left) / spent.ceiling if spent.ceiling else ZERO
    gone = plain(figures.day(spent.used_up)) if spent.used_up else ""
    if spent.left <= 0:
        said = words("grant.nothing_left")
    elif spent.used_up:
        said = words("grant.runs_out", date=gone, end=plain(figures.day(spent.end)))
    else:
        said = words("grant.lasts", end=plain(figures.day(spent.end)))
    st.progress(
        min(1.0, max(0.0, float(used))),
        text=words(
            "grant.left",
            left=plain(figures.money(spent.left)),
            charged=plain(figures.money(spent.charged)),
            indirect=plain(figures.money(spent.indirect)),
            drafted=plain(figures.money(spent.drafted)),
        ),
    )
    st.markdown(said)
    charged, foreseen = words("grant.charged"), words("grant.foreseen")
    points = [(spent.start.isoformat(), spent.ceiling, charged, figures.money(spent.ceiling))]
    if spent.months:
        points.append(
            (first_day(spent.months[0].month).isoformat(), spent.ceiling, charged, figures.money(spent.ceiling))
        )
    points += [
        (next_month(each.month).isoformat(), each.left, charged, figures.money(each.left)) for each in spent.months
    ]
    last = points[-1]
    if spent.left > 0:
        day, left = (spent.used_up, ZERO) if spent.used_up else (spent.end, spent.left - spent.committed)
        points += [(last[0], last[1], foreseen, last[3]), (day.isoformat(), left, foreseen, figures.money(left))]
    parts.chart(
        charts.burn_down(
            points,
            float(spent.ceiling),
            x=words("app.day"),
            y=spent.currency,
            of=words("grant.line"),
            names=(charged, foreseen),
        ),
        words("grant.alt", award=spent.award),
        f"{words('finance.grants')}: {spent.award}",
        [words("app.month_column"), words("grant.charged"), words("grant.left_after")],
        [
            (plain(figures.month(each.month)), plain(figures.money(each.charged)), plain(figures.money(each.left)))
            for each in spent.months
        ],
        label=words("app.table"),
    )
