"""Where measurements are missing: coverage by cluster and day, and what Prometheus lacked."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import charts, parts
from dashboard.figures import first_day, next_month
from dashboard.words import plain

if TYPE_CHECKING:
    from dashboard.data import Costs
    from dashboard.desk import Desk


def coverage(desk: Desk, _: Costs) -> None:
    """Show which days of which clusters were not measured in full."""
    words, figures, month = desk.words, desk.figures, desk.month.month
    st.markdown(words("fleet.coverage_text"))
    costs = desk.reading.costs((month,), ("day", "cluster"), currency=desk.currency, cost=desk.cost)
    first, end = first_day(month), next_month(month)
    days = [
        (cluster or "", date.fromisoformat(day or ""), each.coverage)
        for (day, cluster), each in costs.rows
        if cluster and day and first <= date.fromisoformat(day) < end
    ]
    gaps = [each for each in days if each[2] < 1]
    if not gaps:
        st.success(words("fleet.coverage_whole", month=plain(figures.month(month))))
    parts.chart(
        charts.heat(
            [(cluster, day.day, float(part), figures.share(part)) for cluster, day, part in days],
            sorted({cluster for cluster, _, _ in days}),
            x=words("app.day"),
            part=words("app.coverage"),
        ),
        words("fleet.coverage_alt"),
        words("fleet.coverage_days"),
        [words("fleet.cluster"), words("app.day"), words("app.coverage")],
        [(plain(cluster), plain(figures.day(day)), plain(figures.share(part))) for cluster, day, part in gaps],
        label=words("fleet.coverage_days"),
    )
    st.subheader(words("fleet.findings"), anchor=False)
    found = desk.reading.findings(month)
    if not found:
        st.markdown(words("fleet.findings_none"))
        return
    parts.table(
        [
            words("fleet.cluster"),
            words("fleet.finding"),
            words("fleet.days"),
            words("community.first_month"),
            words("community.last_month"),
        ],
        [
            (plain(each.cluster), plain(each.detail), str(each.days), plain(each.first), plain(each.last))
            for each in found
        ],
        alt=words("fleet.findings"),
    )
