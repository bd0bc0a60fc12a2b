"""Sentences about a month: what changed against the one before, and why its cost is whose it is. For the page and for paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.rounding import by_hub

if TYPE_CHECKING:
    from dashboard.changes import Change
    from dashboard.data import Costs
    from dashboard.desk import Desk
    from dashboard.month_story import Compared
    from dashboard.words import Words


def changed(desk: Desk, compared: Compared | None, words: Words) -> tuple[str, tuple[str, ...]]:
    """Return a heading and sentences, none where there is nothing to compare with."""
    if compared is None:
        return "", ()
    figures = desk.figures
    month = words.plain(figures.month_name(compared.before))
    key = "changes" if compared.days is None else "changes_days"
    title = words(f"community.{key}", month=month, days=str(compared.days))
    if not compared.lines:
        return title, (words("community.change_none"),)
    whole = words.plain(figures.change(compared.cost_after - compared.cost_before))
    lines = [_sentence(desk, each, words) for each in compared.lines]
    return title, (*lines, words("community.change_total", change=whole))


def whys(desk: Desk, costs: Costs, words: Words) -> tuple[str, ...]:
    """Return a sentence for each basis there is: what it is, what it comes to, by which policy. The largest first."""
    figures, whole = desk.figures, costs.total.cost
    clusters = {name for (name,) in costs.fold("cluster")}
    policies = [each.policy for each in desk.reading.fleet.clusters if each.name in clusters]
    made = by_hub(costs)
    lines = []
    for (basis,), each in sorted(costs.fold("basis").items(), key=lambda item: -item[1].cost):
        said = {
            "idle": sorted({words(f"policy.idle_{policy.idle}") for policy in policies}),
            "shared": sorted({words(f"policy.shared_{policy.shared}") for policy in policies}),
        }.get(basis or "", [])
        lines.append(
            words(
                f"community.why_{basis}",
                amount=words.plain(figures.money(made.sum_of(basis or ""))),
                part=words.plain(figures.share(each.cost / whole) if whole else ""),
                policy=f" {words('app.or')} ".join(said),
            )
        )
    return tuple(lines)


def _sentence(desk: Desk, change: Change, words: Words) -> str:
    figures = desk.figures
    amount = words.plain(figures.change(change.difference))
    if change.place is None:
        return words("community.change_rest", change=amount)
    component = words.plain(words.name("component", change.place.component))
    if change.place.hub is None:
        text = words("community.change_account", component=component, change=amount)
    else:
        hub = words.plain(desk.hub_name(change.place.cluster, change.place.hub))
        text = words("community.change_up", component=component, hub=hub, change=amount)
    if change.place.component == "credit":
        text += words("community.change_credit_less" if change.difference > 0 else "community.change_credit_more")
    if change.hours is not None and round(change.hours):
        key = "change_hours_more" if change.hours > 0 else "change_hours_less"
        text += words(f"community.{key}", hours=words.plain(figures.hours(abs(change.hours))))
    if change.new or change.gone:
        text += words("community.change_new" if change.new else "community.change_gone")
    return text
