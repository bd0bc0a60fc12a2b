"""Pieces of pages: figures with their computation, charts with their tables, notices. What comes from data goes through `plain`."""

from __future__ import annotations

import html
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from analytics.money import round_parts, round_total
from dashboard import rounding
from dashboard.words import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    import altair as alt

    from dashboard.data import Costs
    from dashboard.desk import Desk


ZERO = Decimal(0)
STYLE = Path(__file__).with_name("style.css")


def style() -> None:
    """Add what Streamlit's layout lacks."""
    st.html(STYLE)


def status(desk: Desk, costs: Costs, until: date | None = None) -> None:
    """Show whether the month is final (`until`: the last day that is billed in full), and how much of it was measured."""
    words = desk.words
    with st.container(horizontal=True, key="status"):
        if desk.month.final:
            st.badge(words("status.final"), icon=":material/check_circle:", color="green")
        else:
            st.badge(
                words("status.until", until=plain(desk.figures.day(until))) if until else words("status.provisional"),
                icon=":material/hourglass_top:",
                color="orange",
                help=words("status.provisional_help"),
            )
        st.badge(
            words("status.covered", coverage=desk.figures.share(costs.total.coverage)),
            icon=":material/speed:",
            color="blue",
            help=words("status.covered_help"),
        )


def card(
    label: str,
    value: str,
    *,
    below: str = "",
    delta: str | None = None,
    less_is_good: bool = True,
    tip: str | None = None,
    how: Callable[[], object] | None = None,
    how_label: str = "",
) -> None:
    """Show a figure in a frame, and, on demand, how it is computed. All texts are Markdown."""
    with st.container(border=True, height="stretch", gap="small"):
        st.metric(
            label,
            value,
            delta,
            delta_color=("inverse" if less_is_good else "normal") if delta else "off",
            help=tip,
        )
        if below:
            st.caption(below)
        if how is not None:
            with st.popover(how_label, type="tertiary", icon=":material/function:"):
                how()


def how_costs(desk: Desk, costs: Costs, title: str, *, shown: Decimal | None = None) -> None:
    """Lead from a figure (`shown`: as it is rounded there) to the rules that claimed its parts, and to why each falls to whom it does."""
    words, figures = desk.words, desk.figures
    folded = sorted(costs.fold("rule", "basis").items(), key=lambda item: -abs(item[1].cost))
    whole = costs.total
    amount = round_total(whole.cost, figures.currency) if shown is None else shown
    st.markdown(f"**{title}: {plain(figures.money(amount))}**")
    st.markdown(words("how.intro", figure=plain(figures.money(amount)), count=figures.number(len(folded))))
    amounts = round_parts([each.cost for _, each in folded], figures.currency, total=amount)
    table(
        [words("app.rule"), words("app.basis"), words("app.amount"), words("app.part")],
        [
            (
                words.name("rule", key[0] or ""),
                words.name("basis", key[1] or ""),
                plain(figures.money(part)),
                plain(figures.share(each.cost / whole.cost)) if whole.cost else "",
            )
            for (key, each), part in zip(folded, amounts, strict=True)
        ],
        alt=title,
    )
    st.markdown(
        " ".join(
            (
                words("how.covered", coverage=plain(figures.share(whole.coverage))),
                words("how.final" if desk.month.final else "how.provisional"),
                words(
                    "how.computed",
                    date=plain(figures.day(desk.month.at.date())),
                    version=str(dict(desk.reading.state.versions).get("allocations", "")),
                ),
            )
        )
    )
    for cluster in desk.reading.fleet.clusters:
        if any(cluster.name == name for (name,) in costs.fold("cluster")):
            st.caption(
                words(
                    "how.policy",
                    cluster=plain(cluster.name),
                    idle=words(f"policy.idle_{cluster.policy.idle}"),
                    shared=words(f"policy.shared_{cluster.policy.shared}"),
                )
            )


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, alt: str) -> None:
    """Show a table of Markdown texts, which prints and which a screen reader reads."""
    frame = pd.DataFrame(list(rows), columns=list(header), dtype="str")
    st.table(frame, border="horizontal", hide_index=True, alt=alt)


def chart(
    drawn: alt.Chart | alt.LayerChart,
    alt_text: str,
    title: str,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    label: str,
    legend: Sequence[tuple[str, str]] = (),
) -> None:
    """Show a chart, its colours, and, folded under `label`, its table, named `title`. That and `alt_text` are no Markdown."""
    st.altair_chart(drawn, width="stretch", alt=alt_text)
    if legend:
        items = "".join(
            f'<li><span style="background:{color}"></span>{html.escape(name)}</li>' for name, color in legend
        )
        st.html(f'<ul class="hl-legend">{items}</ul>')
    with st.expander(label, icon=":material/table_rows:"):
        table(header, rows, alt=title)


def matrix(
    desk: Desk, lines: Sequence[tuple[str, Sequence[Decimal]]], total: Decimal
) -> tuple[list[list[str]], list[str]]:
    """Return rows of Markdown and a last one of sums, whose printed cells add up to what is printed beside and below them."""
    figures = desk.figures
    made = rounding.matrix([""] * len(lines[0][1]) if lines else [], lines, total, figures.currency)
    rows = [
        [name, *(plain(figures.money(cell)) if cell else "" for cell in cells), plain(figures.money(whole))]
        for name, cells, whole in made.lines
    ]
    footer = [f"**{plain(figures.money(each))}**" for each in (*made.sums, made.total)]
    return rows, [f"**{desk.words('app.total')}**", *footer]
