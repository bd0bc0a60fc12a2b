"""The fleet, for its operators: hubs, what is unattributed and idle, the proof, coverage, other policies, unusual days, applies."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import (
    fleet_applies,
    fleet_coverage,
    fleet_hubs,
    fleet_idle,
    fleet_policies,
    fleet_proof,
    fleet_unusual,
    parts,
)
from dashboard.desk import Desk, choose, kept
from dashboard.month_story import KIND, Outlook, outlook
from dashboard.rounding import by_hub
from dashboard.state import months_back
from dashboard.words import Words, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.data import Costs
    from dashboard.reading import Reading

ZERO = Decimal(0)
BY_HUB = ("billing_period", "cluster", "community", "hub", "basis", "rule")
BY_DAY = ("billing_period", "day", *KIND)
HUBS = "hubs"
SECTIONS: dict[str, Callable[[Desk, Costs], None]] = {
    "unattributed": fleet_hubs.unattributed,
    "idle": fleet_idle.idle,
    "proof": fleet_proof.proof,
    "coverage": fleet_coverage.coverage,
    "policies": fleet_policies.policies,
    "unusual": fleet_unusual.unusual,
    "applies": fleet_applies.applies,
}


def show(reading: Reading, words: Words) -> None:
    """Show the page."""
    st.title(words("fleet.title"), anchor=False)
    desk = choose(reading, words)
    month = desk.month.month
    st.markdown(words("fleet.subtitle", month=plain(desk.figures.month(month))))
    both = tuple(each for each in (months_back(month, 1), month) if reading.state.of(each))
    costs = reading.costs(both, BY_HUB, currency=desk.currency, cost=desk.cost)
    now = costs.of(billing_period=month)
    ahead = None
    if not desk.month.final:
        ahead = outlook(month, reading.costs(both, BY_DAY, currency=desk.currency, cost=desk.cost))
    parts.status(desk, now, ahead.forecast.until if ahead else None)
    _figures(desk, now, ahead)
    section = kept(
        words,
        "section",
        words("fleet.sections"),
        [HUBS, *SECTIONS],
        shown=lambda name: words(f"fleet.section_{name}"),
        side_by_side=True,
    )
    if section == HUBS:
        fleet_hubs.hubs(desk, costs, ahead)
    else:
        SECTIONS[section](desk, costs)
    if waiting := reading.state.waiting:
        st.caption(words("trouble.also_waiting", months=", ".join(map(plain, waiting)), month=waiting[-1]))


def _figures(desk: Desk, now: Costs, ahead: Outlook | None) -> None:
    words, figures, whole = desk.words, desk.figures, now.total.cost
    made = by_hub(now)
    kept_by_operator = now.of(hub=None, community=None, basis=[each for each in made.columns if each != "unattributed"])
    told = (
        ("fleet.total_so_far" if ahead else "fleet.total", now, made.total, ""),
        ("community.idle", now.of(basis="idle"), made.sum_of("idle"), "community.idle_help"),
        ("fleet.kept", kept_by_operator, figures.cents(kept_by_operator.total.cost), "fleet.kept_help"),
        ("fleet.unattributed", now.of(basis="unattributed"), made.sum_of("unattributed"), ""),
    )
    heading = words("fleet.heading", amount=plain(figures.money(ahead.forecast.expected))) if ahead else ""
    with st.container(horizontal=True, key="figures"):
        for key, costs, shown, tip in told:
            part = figures.share(costs.total.cost / whole) if whole else ""
            parts.card(
                words(key),
                figures.money(shown),
                below=heading if costs is now else words("fleet.part", part=plain(part)),
                tip=words(tip) if tip else None,
                how=partial(parts.how_costs, desk, costs, words(key), shown=shown),
                how_label=words("app.how"),
            )
