"""Where a community's month is heading: its cost up to each day, its forecast, the month before, its budget, as one chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard import charts, parts
from dashboard.course import course
from dashboard.figures import first_day, next_month
from dashboard.palette import EMPHASIS, MARK, RANGE
from dashboard.state import months_back
from dashboard.words import plain

if TYPE_CHECKING:
    from decimal import Decimal

    from dashboard.data import Costs
    from dashboard.desk import Desk
    from dashboard.month_story import Story
    from terraform.fleet import Cap


def heading(desk: Desk, days: Costs, told: Story, cap: Cap | None) -> None:
    """Show it, from the month's and the previous month's costs by BY_DAY."""
    words, figures, month, foreseen = desk.words, desk.figures, desk.month.month, told.forecast
    found = course(month, days, over=foreseen is None)
    if not found.now:
        return
    length = (next_month(month) - first_day(month)).days
    this, before = figures.month(month), figures.month(months_back(month, 1))
    title = words("community.course_over" if foreseen is None else "community.course")
    st.header(title, anchor=False)
    st.markdown(words("community.course_text", before=plain(before)))
    lines = _points(desk, before, found.before[:length]) + _points(desk, this, found.now)
    styles = [(before, RANGE, False)] * bool(found.before) + [(this, EMPHASIS, False)]
    ends, total = None, figures.money(found.now[-1])
    alt = words("community.course_alt", month=this, total=total, before=before)
    if foreseen is not None:
        name, day = words("community.course_forecast"), len(found.now)
        expected = figures.money(foreseen.expected)
        lines += [(name, day, found.now[-1], total), (name, length, foreseen.expected, expected)]
        styles.append((name, EMPHASIS, True))
        ends = ((day, found.now[-1]), (length, foreseen.low, foreseen.high))
        alt = words("community.course_alt_forecast", month=this, total=total, expected=expected, before=before)
    legend = [(name, color) for name, color, dashed in styles if not dashed]
    budget = None
    if cap is not None and cap.currency == desk.currency:
        budget = (cap.amount, words("community.course_budget", amount=figures.money(cap.amount)))
        legend.append((budget[1], MARK))
    parts.chart(
        charts.course(
            lines, styles, ends, budget,
            length=length, x=words("community.course_day"), y=desk.currency, of=words("app.month_column"),
        ),
        alt,
        title,
        [words("app.day"), plain(this), plain(before)],
        [
            (str(at + 1), *(plain(figures.money(sums[at])) if at < len(sums) else "" for sums in (found.now, found.before)))
            for at in range(max(len(found.now), len(found.before)))
        ],
        label=words("app.table"),
        legend=legend,
    )  # fmt: skip


def _points(desk: Desk, name: str, sums: tuple[Decimal, ...]) -> list[tuple[str, int, Decimal, str]]:
    return [(name, at + 1, much, desk.figures.money(much)) for at, much in enumerate(sums)]
