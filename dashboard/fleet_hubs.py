"""Every hub of the fleet in a table to sort, and what no hub explains, with what to tag."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from dashboard import parts
from dashboard.rounding import bases_of, by_hub, hubs_of, matrix
from dashboard.state import months_back
from dashboard.unit_costs import unit_costs
from dashboard.words import plain

if TYPE_CHECKING:
    from dashboard.data import Costs, Key, Sum
    from dashboard.desk import Desk
    from dashboard.month_story import Outlook

ZERO = Decimal(0)
BY_SOURCE = ("issuer", "billing_account", "cluster", "component", "charge_category", "basis", "rule")


def hubs(desk: Desk, costs: Costs, ahead: Outlook | None = None) -> None:
    """Show the table of hubs; its cells add up as those of `hubledger costs report` do. `ahead`: of a month that is under way."""
    words, figures, month = desk.words, desk.figures, desk.month.month
    now = costs.of(billing_period=month)
    before, after, change = _compared(desk, costs, ahead)
    sums = now.fold("cluster", "hub", "community")
    lines = [(key, sums[key]) for key in hubs_of(now)]
    bases = bases_of(now)
    made = by_hub(now)
    titles = [words.name("basis_title", each) for each in bases]
    activity = desk.reading.monthly_activity((month,))
    people = {(each.cluster, each.hub, each.community): each for each in activity}
    rows = []
    for (key, each), (_, cells, whole) in zip(lines, made.lines, strict=True):
        cluster, hub, community = key
        person = people.get((cluster or "", hub or "", community))
        units = unit_costs(now.of(cluster=cluster, hub=hub, community=community), (person,) if person else ())
        rows.append(
            {
                words("app.hub"): _name(desk, key),
                words("fleet.cluster"): cluster or "",
                words("fleet.community"): community or "",
                **dict(zip(titles, cells, strict=True)),
                words("app.total"): whole,
                change: figures.cents(after[key].cost - before[key].cost) if key in before and key in after else None,
                words("app.coverage"): float((each.coverage * 100).quantize(Decimal("0.1"), rounding=ROUND_FLOOR)),
                words("community.users"): figures.users(person.users) if person else "",
                words("community.server_hours"): float(person.server_hours) if person else None,
                words("community.per_user"): figures.cents(units.per_user) if units.per_user is not None else None,
            }
        )
    st.markdown(words("fleet.hubs_text"))
    if ahead and ahead.days is not None:
        name = plain(figures.month_name(months_back(month, 1)))
        st.markdown(words("fleet.change_text", month=name, days=str(ahead.days)))
    frame = pd.DataFrame(rows)
    money = {
        name: st.column_config.NumberColumn(format="localized", step=float(figures.smallest))
        for name in (
            *titles,
            words("app.total"),
            words("community.per_user"),
            change,
        )
    }
    st.dataframe(
        frame,
        hide_index=True,
        width="stretch",
        height=min(35 * (len(rows) + 1) + 3, 640),
        placeholder="",
        column_config={
            **money,
            words("app.hub"): st.column_config.TextColumn(pinned=True),
            words("app.coverage"): st.column_config.NumberColumn(format="%.1f%%"),
            words("community.server_hours"): st.column_config.NumberColumn(format="%.0f"),
        },
        alt=words("fleet.hubs_alt", month=figures.month(month)),
    )
    header = [words("app.hub"), words("fleet.community"), *titles, words("app.total"), words("app.coverage")]
    with st.expander(words("app.table"), icon=":material/table_rows:"):
        parts.table(
            header,
            [
                *(
                    (
                        plain(_name(desk, key)),
                        plain(key[2] or ""),
                        *(plain(figures.money(cell)) if cell else "" for cell in cells),
                        plain(figures.money(whole)),
                        plain(figures.share(each.coverage)),
                    )
                    for (key, each), (_, cells, whole) in zip(lines, made.lines, strict=True)
                ),
                (
                    f"**{words('app.total')}**",
                    "",
                    *(f"**{plain(figures.money(each))}**" for each in (*made.sums, made.total)),
                    plain(figures.share(now.total.coverage)),
                ),
            ],
            alt=words("fleet.hubs_alt", month=figures.month(month)),
        )


def _compared(desk: Desk, costs: Costs, ahead: Outlook | None) -> tuple[dict[Key, Sum], dict[Key, Sum], str]:
    """Return what hubs cost in the month before and in this one, and a title for the difference: whole months, or the same days of each."""
    month, before = desk.month.month, months_back(desk.month.month, 1)
    name, keys = desk.figures.month_name(before), ("cluster", "hub", "community")
    title = desk.words("fleet.change", month=name)
    if ahead is not None and ahead.days is not None:
        both = tuple(each for each in (before, month) if desk.reading.state.of(each))
        costs = desk.reading.costs(
            both, ("billing_period", *keys), currency=desk.currency, cost=desk.cost, days=ahead.days, without=ahead.once
        )
        title = desk.words("fleet.change_days", days=str(ahead.days))
    return costs.of(billing_period=before).fold(*keys), costs.of(billing_period=month).fold(*keys), title


def unattributed(desk: Desk, _: Costs) -> None:
    """Show what no hub, community or policy explains, and what would explain it."""
    words, figures, month = desk.words, desk.figures, desk.month.month
    found = desk.reading.costs((month,), BY_SOURCE, currency=desk.currency, cost=desk.cost).of(basis="unattributed")
    if not found.rows:
        st.success(words("fleet.untagged_none", month=plain(figures.month(month))))
    else:
        st.markdown(words("fleet.untagged_text"))
        label = plain(desk.reading.fleet.settings.labels.hub[0])
        folded = found.fold("issuer", "billing_account", "cluster", "component", "charge_category")
        lines = sorted(folded.items(), key=lambda item: -abs(item[1].cost))
        made = matrix([""], [("", [each.cost]) for _, each in lines], found.total.cost, desk.currency)
        parts.table(
            [
                words("fleet.issuer"),
                words("fleet.account"),
                words("fleet.cluster"),
                words("app.component"),
                words("app.amount"),
                words("fleet.what_to_do"),
            ],
            [
                (
                    plain(issuer or ""),
                    plain(account or ""),
                    plain(cluster or ""),
                    words.name("component", component or ""),
                    plain(figures.money(whole)),
                    words("fleet.tag_cluster" if cluster else "fleet.tag_account", label=label),
                )
                for ((issuer, account, cluster, component, _), _), (_, _, whole) in zip(lines, made.lines, strict=True)
            ],
            alt=words("fleet.untagged_alt"),
        )
    st.subheader(words("fleet.notes"), anchor=False)
    notes = desk.month.computed.notes
    st.markdown("\n".join(f"- {plain(note)}" for note in notes) if notes else words("fleet.notes_none"))


def _name(desk: Desk, key: Key) -> str:
    cluster, hub, community = key
    if hub:
        return f"{cluster}/{hub}"
    return desk.words("fleet.nobodys") if community is None else desk.hub_name(None, None)
