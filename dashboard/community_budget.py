"""A community's budget of the month, and its grants."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from billing.ledger import LedgerError
from dashboard.grant_parts import grant
from dashboard.words import plain

if TYPE_CHECKING:
    from dashboard.data import Costs
    from dashboard.desk import Desk
    from dashboard.month_story import Story


def budget(desk: Desk, community: str, now: Costs, told: Story) -> None:
    """Show how much of the month's cap is used (where the fleet's files set one, in the currency looked at), and each grant."""
    words, figures = desk.words, desk.figures
    known = desk.community(community)
    cap = known.cap if known else None
    if cap is not None and cap.currency == desk.currency:
        st.header(words("community.budget"), anchor=False)
        cost = now.total.cost
        part = plain(figures.share(cost / cap.amount))
        if cost > cap.amount:
            text = words("community.budget_over", part=part, over=plain(figures.money(cost - cap.amount)))
        else:
            text = words("community.budget_used", part=part, left=plain(figures.money(cap.amount - cost)))
        ceiling = words("community.budget_of", amount=plain(figures.money(cap.amount)))
        st.progress(min(1.0, max(0.0, float(cost / cap.amount))), text=f"{ceiling}: {text}")
        if told.forecast and told.forecast.expected > cap.amount:
            over = plain(figures.money(told.forecast.expected - cap.amount))
            st.warning(words("community.budget_forecast", over=over), icon=":material/trending_up:")
    if known is None or not any(contract.grants for contract in known.contracts):
        return
    st.header(words("finance.grants"), anchor=False)
    try:
        spent = [each for each in desk.reading.grants(datetime.now(UTC).date()) if each.community == community]
    except LedgerError:
        st.markdown(words("grant.no_ledger"))
        return
    for each in spent:
        grant(desk, each, each.award)
