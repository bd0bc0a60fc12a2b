"""How it works: the method in plain words, worked through with the viewer's own figures, and the policy in force."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import parts
from dashboard.desk import Desk, choose
from dashboard.rounding import bases_of, by_hub, hubs_of
from dashboard.words import Words, plain

if TYPE_CHECKING:
    from dashboard.data import Costs, Key, Sum
    from dashboard.reading import Reading
    from terraform.fleet import Cluster

ZERO = Decimal(0)
BY_RULE = ("billing_period", "cluster", "hub", "rule", "basis")
RULES = ("label", "namespace", "node", "pool", "home", "shared", "account", "related", "unattributed")


def show(reading: Reading, words: Words) -> None:
    """Show the page."""
    st.title(words("app.method"), anchor=False)
    desk = choose(reading, words)
    now = reading.costs((desk.month.month,), BY_RULE, currency=desk.currency, cost=desk.cost)
    st.markdown(words("method.intro"))
    if not now.rows:
        st.warning(words("trouble.no_rows_title", month=plain(desk.figures.month(desk.month.month))))
        return
    parts.status(desk, now)
    _rules(desk, now)
    _example(desk, now)
    _policy(desk, now)
    for section in ("exact", "coverage", "people", "lasting"):
        st.header(words(f"method.{section}_title"), anchor=False)
        st.markdown(words(f"method.{section}"))


def _rules(desk: Desk, now: Costs) -> None:
    """Show how much of the month each rule claimed."""
    words, figures, whole = desk.words, desk.figures, now.total.cost
    st.header(words("method.rules_title"), anchor=False)
    st.markdown(words("method.rules"))
    folded = now.fold("rule")
    there = [(rule, folded[rule,]) for rule in RULES if (rule,) in folded]
    amounts = desk.rounded([each.cost for _, each in there], whole)
    parts.table(
        [words("app.rule"), words("method.charge"), words("app.amount"), words("app.part")],
        [
            (
                rule,
                words.name("rule", rule),
                plain(figures.money(amount)),
                plain(figures.share(each.cost / whole)) if whole else "",
            )
            for (rule, each), amount in zip(there, amounts, strict=True)
        ],
        alt=words("method.rules_title"),
    )


def _example(desk: Desk, now: Costs) -> None:
    """Work the largest hub's month through, from its basis to its total."""
    words, figures = desk.words, desk.figures
    hub = next((key for key in hubs_of(now) if key[1] is not None), None)
    if hub is None:
        return
    name = plain(desk.hub_name(hub[0], hub[1]))
    st.header(words("method.example_title", hub=name), anchor=False)
    st.markdown(words("method.example", hub=name, month=plain(figures.month(desk.month.month))))
    made, of_hub = by_hub(now), now.of(cluster=hub[0], hub=hub[1])
    cells = made.lines[hubs_of(now).index(hub)][1]
    rows = [
        (
            f"**{words.name('basis_title', basis)}**",
            words(f"method.basis_{basis}"),
            ", ".join(_by_rule(desk, of_hub, basis)),
            plain(figures.money(cell)),
        )
        for basis, cell in zip(bases_of(now), cells, strict=True)
        if cell
    ]
    rows.append((f"**{words('app.total')}**", "", "", f"**{plain(figures.money(sum(cells, ZERO)))}**"))
    parts.table(
        [words("app.basis"), words("method.means"), words("method.from_rules"), words("app.amount")],
        rows,
        alt=words("method.example_title", hub=name),
    )
    if desk.reading.viewer.sees_fleet:
        st.caption(words("how.more", hub=f"{hub[0]}/{hub[1]}", month=desk.month.month))


def _by_rule(desk: Desk, of_hub: Costs, basis: str) -> list[str]:
    found: list[tuple[Key, Sum]] = sorted(
        of_hub.of(basis=basis).fold("rule").items(), key=lambda item: -abs(item[1].cost)
    )
    return [f"{plain(rule or '')} {plain(desk.figures.money(each.cost))}" for (rule,), each in found]


def _policy(desk: Desk, now: Costs) -> None:
    """Show the policy of each cluster whose cost the viewer sees, as the fleet's files have it now."""
    words = desk.words
    st.header(words("method.policy_title"), anchor=False)
    st.markdown(words("method.policy"))
    names = {cluster for (cluster,) in now.fold("cluster")}
    clusters = [each for each in desk.reading.fleet.clusters if each.name in names]
    parts.table(
        [words("fleet.cluster"), words("community.idle"), words("basis_title.shared"), words("method.weights")],
        [
            (
                plain(each.name),
                words(f"policy.idle_{each.policy.idle}"),
                words(f"policy.shared_{each.policy.shared}"),
                _weights(desk, each),
            )
            for each in clusters
        ],
        alt=words("method.policy_title"),
    )


def _weights(desk: Desk, cluster: Cluster) -> str:
    weights = cluster.policy.weights
    return desk.words(
        "method.weight",
        cpu=plain(desk.figures.decimal(weights.cpu)),
        memory=plain(desk.figures.decimal(weights.memory)),
        gpu=plain(desk.figures.decimal(weights.gpu)),
    )
