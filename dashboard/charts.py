"""Charts: they show what a table beside them says. Money is a float only here, for the length of a bar; what a tooltip says is text."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from dashboard.palette import EMPHASIS, MARK, RANGE

if TYPE_CHECKING:
    from collections.abc import Sequence

Bar = tuple[str, str, Decimal, str]  # where along the axis, what of, how much, as text
Colors = list[tuple[str, str]]  # what is there, in the order it is stacked, and its colour
HEIGHT = 280
SHORT = 20_000  # amounts beyond are written 20k


def course(
    lines: Sequence[tuple[str, int, Decimal, str]],
    styles: Sequence[tuple[str, str, bool]],
    ends: tuple[tuple[int, Decimal], tuple[int, Decimal, Decimal]] | None,
    budget: tuple[Decimal, str] | None,
    *,
    length: int,
    x: str,
    y: str,
    of: str,
) -> alt.LayerChart:
    """Return lines of (name, day, sum, text), each with a style (name, colour, dashed).

    `ends` is where a forecast's range opens (day, sum) and what it opens to (day, least, most); `budget` a rule with its text.
    """
    frame = pd.DataFrame(
        [(name, day, float(much), text) for name, day, much, text in lines], columns=["what", "at", "much", "text"]
    )
    names = [name for name, _, _ in styles]
    color = alt.Scale(domain=names, range=[color for _, color, _ in styles])
    dash = alt.Scale(domain=names, range=[[5, 4] if dashed else [1, 0] for _, _, dashed in styles])
    most = max([abs(much) for _, _, much, _ in lines] + ([budget[0]] if budget else []))
    along = alt.X(
        "at:Q", title=x, scale=alt.Scale(domain=[1, length]), axis=alt.Axis(values=[1, 8, 15, 22, length], grid=False)
    )
    up = alt.Y("much:Q", title=y, axis=alt.Axis(format=_format(most), tickCount=5))
    layers: list[alt.Chart] = []
    if ends:
        (start, so_far), (end, least, top) = ends
        fan = pd.DataFrame(
            [(start, float(so_far), float(so_far)), (end, float(least), float(top))], columns=["at", "least", "most"]
        )
        layers.append(
            alt.Chart(fan)
            .mark_area(opacity=0.2, color=EMPHASIS)
            .encode(x=along, y=alt.Y("least:Q", title=y), y2="most:Q")
        )
    if budget:
        rule = alt.Chart(pd.DataFrame([(float(budget[0]), budget[1])], columns=["much", "text"]))
        layers.append(
            rule.mark_rule(color=MARK, strokeWidth=2, strokeDash=[2, 3]).encode(
                y=up, tooltip=[alt.Tooltip("text:N", title=y)]
            )
        )
    layers.append(
        alt.Chart(frame)
        .mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=14))
        .encode(
            x=along,
            y=up,
            color=alt.Color("what:N", scale=color, legend=None),
            strokeDash=alt.StrokeDash("what:N", scale=dash, legend=None),
            tooltip=[alt.Tooltip("what:N", title=of), alt.Tooltip("at:Q", title=x), alt.Tooltip("text:N", title=y)],
        )
    )
    made: alt.LayerChart = alt.LayerChart(layer=layers).properties(height=HEIGHT)
    return made


def columns(bars: Sequence[Bar], colors: Colors, *, x: str, y: str, of: str, daily: bool = False) -> alt.Chart:
    """Return stacked columns along time, in the order given (`daily`: dates)."""
    chart = alt.Chart(_frame(bars, colors))
    if daily:
        weeks = alt.Axis(format="%-d %b", tickCount={"interval": "week", "step": 1})
        along = alt.X("yearmonthdate(at):T", title=None, axis=weeks, scale=alt.Scale(nice=False))
        mark = chart.mark_bar(width=alt.RelativeBandSize(band=0.85))
        tip = alt.Tooltip("at:T", title=x, format="%a %-d %b %Y")
    else:
        along = alt.X("at:O", sort=_order(bars), title=None, axis=alt.Axis(labelAngle=0, labelOverlap="greedy"))
        mark = chart.mark_bar()
        tip = alt.Tooltip("at:O", title=x)
    made: alt.Chart = mark.encode(
        x=along,
        y=alt.Y("much:Q", title=y, axis=alt.Axis(format=_format(_most(bars)), tickCount=5)),
        color=alt.Color("what:N", scale=_scale(colors), legend=None),
        order=alt.Order("rank:Q"),
        tooltip=[tip, alt.Tooltip("what:N", title=of), alt.Tooltip("text:N", title=y)],
    ).properties(height=HEIGHT)
    return made


def rows(bars: Sequence[Bar], colors: Colors, *, y: str, x: str, of: str) -> alt.Chart:
    """Return stacked horizontal bars, one a name, in the order given."""
    order = _order(bars)
    made: alt.Chart = (
        alt.Chart(_frame(bars, colors))
        .mark_bar()
        .encode(
            y=alt.Y("at:N", sort=order, title=None, axis=alt.Axis(labelLimit=150)),
            x=alt.X("much:Q", title=x, axis=alt.Axis(format=_format(_most(bars)), tickCount=5)),
            color=alt.Color("what:N", scale=_scale(colors), legend=None),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip("at:N", title=y),
                alt.Tooltip("what:N", title=of),
                alt.Tooltip("text:N", title=x),
            ],
        )
        .properties(height=34 * len(order) + 56)
    )
    return made


def heat(cells: Sequence[tuple[str, int, float, str]], names: Sequence[str], *, x: str, part: str) -> alt.Chart:
    """Return a map of parts (0 to 1) with a row a name; a cell is (name, number along the row, part, text)."""
    made: alt.Chart = (
        alt.Chart(pd.DataFrame(cells, columns=["name", "at", "part", "text"]))
        .mark_rect()
        .encode(
            x=alt.X("at:O", title=x, axis=alt.Axis(labelAngle=0, labelOverlap="greedy")),
            y=alt.Y("name:N", sort=list(names), title=None),
            color=alt.Color(
                "part:Q",
                scale=alt.Scale(scheme="cividis", domain=[0, 1]),  # for all eyes, on light and dark
                title=part,
                legend=alt.Legend(format="%", orient="bottom", gradientLength=160),
            ),
            tooltip=[
                alt.Tooltip("name:N", title=" "),
                alt.Tooltip("at:O", title=x),
                alt.Tooltip("text:N", title=part),
            ],
        )
        .properties(height=30 * len(names) + 150)
    )
    return made


def curve(
    days: Sequence[tuple[str, Decimal, str]], marks: Sequence[tuple[str, str]], *, x: str, y: str, what: str
) -> alt.LayerChart:
    """Return a line of each day's cost, with a rule on each day of `marks` (day, text)."""
    frame = pd.DataFrame([(day, float(cost), text) for day, cost, text in days], columns=["day", "cost", "text"])
    along = alt.X("day:T", title=None)
    line = (
        alt.Chart(frame)
        .mark_line(point=True, color=EMPHASIS)
        .encode(
            x=along,
            y=alt.Y(
                "cost:Q",
                title=y,
                axis=alt.Axis(format=_format(max((abs(cost) for _, cost, _ in days), default=0)), tickCount=5),
            ),
            tooltip=[alt.Tooltip("day:T", title=x), alt.Tooltip("text:N", title=y)],
        )
    )
    rules = (
        alt.Chart(pd.DataFrame(marks, columns=["day", "what"]))
        .mark_rule(strokeDash=[4, 3], strokeWidth=2, color=MARK)
        .encode(x=along, tooltip=[alt.Tooltip("day:T", title=x), alt.Tooltip("what:N", title=what)])
    )
    made: alt.LayerChart = alt.LayerChart(layer=[line, rules]).properties(height=HEIGHT)
    return made


def burn_down(
    points: Sequence[tuple[str, Decimal, str, str]], ceiling: float, *, x: str, y: str, of: str, names: tuple[str, str]
) -> alt.Chart:
    """Return what is left of a grant by day (day, left, line, text): one line for what was charged, a dashed one for what is foreseen."""
    frame = pd.DataFrame(
        [(at, float(left), what, text) for at, left, what, text in points], columns=["at", "left", "what", "text"]
    )
    legend = alt.Legend(orient="bottom", title=None)
    dashes = alt.Scale(domain=list(names), range=[[1, 0], [5, 4]])
    made: alt.Chart = (
        alt.Chart(frame)
        .mark_line(strokeWidth=2.5, point=True)
        .encode(
            x=alt.X("at:T", title=None, axis=alt.Axis(format="%-d %b %Y", tickCount=4)),
            y=alt.Y(
                "left:Q",
                title=y,
                scale=alt.Scale(domain=[0, ceiling]),
                axis=alt.Axis(format=_format(ceiling), tickCount=5),
            ),
            strokeDash=alt.StrokeDash("what:N", scale=dashes, legend=legend),
            color=alt.Color("what:N", scale=alt.Scale(domain=list(names), range=[EMPHASIS, RANGE]), legend=legend),
            tooltip=[alt.Tooltip("at:T", title=x), alt.Tooltip("what:N", title=of), alt.Tooltip("text:N", title=y)],
        )
        .properties(height=240)
    )
    return made


def _frame(bars: Sequence[Bar], colors: Colors) -> pd.DataFrame:
    rank = {name: place for place, (name, _) in enumerate(colors)}
    return pd.DataFrame(
        [(at, what, float(much), text, rank[what]) for at, what, much, text in bars],
        columns=["at", "what", "much", "text", "rank"],
    )


def _scale(colors: Colors) -> alt.Scale:
    return alt.Scale(domain=[name for name, _ in colors], range=[color for _, color in colors])


def _order(bars: Sequence[Bar]) -> list[str]:
    return list(dict.fromkeys(at for at, *_ in bars))


def _most(bars: Sequence[Bar]) -> Decimal:
    """The longest stack."""
    sums: dict[str, Decimal] = {}
    for at, _, much, _ in bars:
        sums[at] = sums.get(at, Decimal(0)) + much
    return max(sums.values(), default=Decimal(0))


def _format(most: Decimal | float) -> str:
    """How an axis up to `most` writes amounts, in the words of d3."""
    return "~s" if most > SHORT else ",.2~f"
