"""Days that stand out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard import parts
from dashboard.words import plain

if TYPE_CHECKING:
    from dashboard.data import Costs
    from dashboard.desk import Desk


def unusual(desk: Desk, _: Costs) -> None:
    """Show the unusual days of the month, among use (tax and credits come when they come)."""
    words, figures, month = desk.words, desk.figures, desk.month.month
    st.markdown(words("fleet.unusual_text"))
    found = desk.reading.unusual_days(month, desk.currency, desk.cost)
    if not found:
        st.success(words("fleet.unusual_none", month=plain(figures.month(month))))
        return
    keys = ("app.day", "app.hub", "app.component", "app.amount", "fleet.usual", "fleet.more")
    parts.table(
        [words(key) for key in keys],
        [
            (
                plain(figures.day(each.day)),
                plain(f"{each.cluster}/{each.hub}" if each.hub else desk.hub_name(each.cluster, None)),
                words.name("component", each.component),
                plain(figures.money(each.cost)),
                plain(figures.money(each.usual)),
                plain(figures.change(each.cost - each.usual)),
            )
            for each in found
        ],
        alt=words("fleet.unusual_alt"),
    )
