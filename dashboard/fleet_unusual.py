"""Days that stand out."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import parts
from dashboard.anomalies import anomalies
from dashboard.changes import Place
from dashboard.figures import first_day, next_month
from dashboard.state import months_back
from dashboard.words import plain

if TYPE_CHECKING:
    from dashboard.data import Costs
    from dashboard.desk import Desk

ZERO = Decimal(0)
MOST = 25
BY_PLACE = ("day", "cluster", "hub", "component", "charge_category")


def unusual(desk: Desk, _: Costs) -> None:
    """Show the unusual days of the month, among use (tax and credits come when they come)."""
    words, figures, month = desk.words, desk.figures, desk.month.month
    st.markdown(words("fleet.unusual_text"))
    both = tuple(each for each in (months_back(month, 1), month) if desk.reading.state.of(each))
    costs = desk.reading.costs(both, BY_PLACE, currency=desk.currency, cost=desk.cost).of(charge_category="Usage")
    by_place: dict[Place, dict[date, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    for (day, cluster, hub, component, _), each in costs.rows:
        if day:
            by_place[Place(component or "", cluster, hub)][date.fromisoformat(day)] += each.cost
    found = anomalies(by_place, first_day(month), next_month(month))
    if not found:
        st.success(words("fleet.unusual_none", month=plain(figures.month(month))))
        return
    parts.table(
        [
            words("app.day"),
            words("app.hub"),
            words("app.component"),
            words("app.amount"),
            words("fleet.usual"),
            words("fleet.more"),
        ],
        [
            (
                plain(figures.day(each.day)),
                plain(
                    f"{each.place.cluster}/{each.place.hub}"
                    if each.place.hub
                    else desk.hub_name(each.place.cluster, None)
                ),
                words.name("component", each.place.component),
                plain(figures.money(each.cost)),
                plain(figures.money(each.usual)),
                plain(figures.change(each.more)),
            )
            for each in found[:MOST]
        ],
        alt=words("fleet.unusual_alt"),
    )
