"""The month under other policies: what each community would bear, beside what it does."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import parts
from dashboard.desk import kept
from dashboard.words import plain
from terraform.fleet import IdlePolicy, SharedPolicy

if TYPE_CHECKING:
    from dashboard.data import Costs
    from dashboard.desk import Desk

ZERO = Decimal(0)


def policies(desk: Desk, costs: Costs) -> None:
    """Show each community's cost under each policy for shared cost, with one for idle cost."""
    words, figures, month = desk.words, desk.figures, desk.month.month
    title = plain(figures.month(month))
    st.markdown(words("fleet.policies_text", month=title))
    found = desk.reading.replays(month, desk.currency)
    if not found:
        st.info(words("fleet.policies_missing", month=title, month_id=month))
        return
    idle = kept(
        words,
        "idle",
        words("fleet.policies_idle"),
        [each.value for each in IdlePolicy],
        shown=lambda name: words(f"policy.idle_{name}"),
        width=330,
    )
    now = {community: each.cost for (community,), each in costs.of(billing_period=month).fold("community").items()}
    would = {(each.shared, each.community): each.cost for each in found if each.idle == idle}
    titles = {each.display_name: each.name for each in desk.reading.fleet.communities}
    shown = {name: title for title, name in titles.items()}
    shared = [each.value for each in SharedPolicy]
    communities = sorted({*now, *(community for _, community in would)}, key=lambda name: (name is None, name or ""))
    parts.table(
        [words("fleet.community"), words("fleet.policies_now"), *(words(f"policy.shared_{name}") for name in shared)],
        [
            (
                plain(shown.get(name, name) if name else words("fleet.nobodys")),
                plain(figures.money(now.get(name, ZERO))),
                *(_cell(desk, would.get((policy, name), ZERO), now.get(name, ZERO)) for policy in shared),
            )
            for name in communities
        ],
        alt=words("fleet.policies_alt"),
    )


def _cell(desk: Desk, would: Decimal, now: Decimal) -> str:
    figures = desk.figures
    difference = figures.cents(would) - figures.cents(now)
    return plain(figures.money(would)) + (f" ({plain(figures.change(difference))})" if difference else "")
