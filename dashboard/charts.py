"""Charts: they show what a table beside them says. Money is a float only here, for the length of a bar; what a tooltip says is text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from dashboard.palette import BASES, COMPONENTS, EMPHASIS, HEAT, RANGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

Bar = tuple[str, str, "Decimal", str]  # where along the axis, what of, how much, as text
HEIGHT = 280


def component_scale(components: Iterable[str], names: dict[str, str]) -> alt.Scale:
    """Return the colours of the components that are there, in the order of COMPONENTS."""
    there = set(components)
    order = [each for each in COMPONENTS if each in there] + sorted(there - set(COMPONENTS))
    return alt.Scale(domain=[names[each] for each in order], range=[COMPONENTS.get(each, "#332288") for each in order])


def basis_scale(bases: Iterable[str], names: dict[str, str]) -> alt.Scale:
    """Return the colours of the bases that are there, in the order of BASES."""
    order = [each for each in BASES if each in set(bases)]
    return alt.Scale(domain=[names[each] for each in order], range=[BASES[each] for each in order])


def columns(bars: Sequence[Bar], scale: alt.Scale, *, x: str, y: str, of: str, daily: bool = False) -> alt.Chart:
    """Return stacked columns along time, in the order given (`daily`: dates)."""
    rank = {name: place for place, name in enumerate(scale.domain)}  # type: ignore[arg-type]
    frame = pd.DataFrame(
        [(at, what, float(much), text, rank.get(what, 99)) for at, what, much, text in bars],
        columns=["at", "what", "much", "text", "rank"],
    )
    order = list(dict.fromkeys(at for at, *_ in bars))
    axis = (
        alt.X("at:T", title=None, axis=alt.Axis(format="%-d %b", tickCount={"interval": "week", "step": 1}))
        if daily
        else alt.X("at:O", sort=order, title=None, axis=alt.Axis(labelAngle=0, labelOverlap="greedy"))
    )
    mark = alt.Chart(frame).mark_bar(**({"width": {"band": 0.85}} if daily else {}))
    if daily:
        axis = axis.timeUnit("yearmonthdate")
    return mark.encode(
        x=axis,
        y=alt.Y("much:Q", title=y, axis=alt.Axis(format="~s", tickCount=5)),
        color=alt.Color("what:N", scale=scale, title=of, legend=None),
        order=alt.Order("rank:Q"),
        tooltip=[
            alt.Tooltip("at:T", title=x, format="%a %-d %b %Y") if daily else alt.Tooltip("at:O", title=x),
            alt.Tooltip("what:N", title=of),
            alt.Tooltip("text:N", title=y),
        ],
    ).properties(height=HEIGHT)


def rows(bars: Sequence[Bar], scale: alt.Scale, *, y: str, x: str, of: str) -> alt.Chart:
    """Return stacked horizontal bars, one a name, in the order given."""
    rank = {name: place for place, name in enumerate(scale.domain)}  # type: ignore[arg-type]
    frame = pd.DataFrame(
        [(at, what, float(much), text, rank.get(what, 99)) for at, what, much, text in bars],
        columns=["at", "what", "much", "text", "rank"],
    )
    order = list(dict.fromkeys(at for at, *_ in bars))
    return (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            y=alt.Y("at:N", sort=order, title=None, axis=alt.Axis(labelLimit=150)),
            x=alt.X("much:Q", title=x, axis=alt.Axis(format="~s", tickCount=5)),
            color=alt.Color("what:N", scale=scale, title=of, legend=None),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip("at:N", title=y),
                alt.Tooltip("what:N", title=of),
                alt.Tooltip("text:N", title=x),
            ],
        )
        .properties(height=34 * len(order) + 50)
    )


def heat(cells: Sequence[tuple[str, int, float, str]], weekdays: Sequence[str], *, hour: str, part: str) -> alt.Chart:
    """Return a weekday × hour map of parts (0 to 1); a cell is (weekday, hour, part, text)."""
    frame = pd.DataFrame(cells, columns=["weekday", "hour", "part", "text"])
    return (
        alt.Chart(frame)
        .mark_rect()
        .encode(
            x=alt.X("hour:O", title=hour, axis=alt.Axis(labelAngle=0, labelOverlap="greedy")),
            y=alt.Y("weekday:N", sort=list(weekdays), title=None),
            color=alt.Color(
                "part:Q",
                scale=alt.Scale(scheme=HEAT, domain=[0, 1]),
                title=part,
                legend=alt.Legend(format="%", orient="bottom", gradientLength=160),
            ),
            tooltip=[
                alt.Tooltip("weekday:N", title=" "),
                alt.Tooltip("hour:O", title=hour),
                alt.Tooltip("text:N", title=part),
            ],
        )
        .properties(height=240)
    )


def burn_down(
    points: Sequence[tuple[str, Decimal, str, str]], ceiling: float, *, x: str, y: str, of: str, names: Sequence[str]
) -> alt.LayerChart:
    """Return what is left of a grant by day: a line for what was charged, a dashed one for what is foreseen (`names`), and zero."""
    frame = pd.DataFrame(
        [(at, float(left), what, text) for at, left, what, text in points], columns=["at", "left", "what", "text"]
    )
    lines = (
        alt.Chart(frame)
        .mark_line(strokeWidth=2.5)
        .encode(
            x=alt.X("at:T", title=None),
            y=alt.Y("left:Q", title=y, scale=alt.Scale(domain=[min(0.0, frame["left"].min()), ceiling])),
            strokeDash=alt.StrokeDash("what:N", scale=alt.Scale(domain=list(names), range=[[1, 0], [5, 4]]), title=of),
            color=alt.Color("what:N", scale=alt.Scale(domain=list(names), range=[EMPHASIS, RANGE]), title=of),
            tooltip=[alt.Tooltip("at:T", title=x), alt.Tooltip("what:N", title=of), alt.Tooltip("text:N", title=y)],
        )
    )
    return alt.layer(lines).properties(height=220)
