"""Sentences about a month: the whole of it in a few, what changed against the one before, and why its cost is whose it is. For the
page and for paper."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from dashboard.changes import WHOLE
from dashboard.rounding import by_hub

if TYPE_CHECKING:
    from dashboard.changes import Change
    from dashboard.data import Costs
    from dashboard.desk import Desk
    from dashboard.month_story import Compared, Story
    from dashboard.words import Words
    from terraform.fleet import Cap

ALIKE = Decimal("0.005")  # of what it was: a difference below is none
MOVERS = 2


def summary(
    desk: Desk, now: Costs, told: Story, before: Decimal | None, cap: Cap | None, words: Words
) -> tuple[str, ...]:
    """Return a month in a few sentences: what it cost, beside the one before (which cost `before`, as a whole), what moved it, where it
    is heading, and whether its budget holds."""
    figures, month = desk.figures, words.plain(desk.figures.month(desk.month.month))
    amount = words.plain(figures.money(now.total.cost))
    said = words("summary.whole" if told.forecast is None else "summary.so_far", month=month, amount=amount)
    compared = told.compared
    lines = [said + (_beside(desk, compared, words) if compared else ".")]
    movers = [_mover(desk, each, words) for each in (compared.lines if compared else ()) if each.place][:MOVERS]
    if movers:
        lines.append(words("summary.moved", what=f" {words('app.and')} ".join(movers)))
    end = now.total.cost
    if foreseen := told.forecast:
        end = foreseen.expected
        said = words("summary.heading", amount=words.plain(figures.about(end)))
        if before is not None and compared:
            name = words.plain(figures.month_name(compared.before))
            difference = end - before
            key = "alike" if abs(difference) < abs(before) * ALIKE else "more" if difference > 0 else "less"
            said += words(f"summary.heading_{key}", before=name, change=words.plain(figures.about(abs(difference))))
        lines.append(f"{said}.")
    if cap is not None and cap.currency == desk.currency:
        left = cap.amount - end
        key = ("foreseen" if told.forecast else "whole") + ("_within" if left >= 0 else "_beyond")
        said = figures.about(abs(left)) if told.forecast else figures.money(abs(left))
        lines.append(
            words(f"summary.budget_{key}", budget=words.plain(figures.money(cap.amount)), left=words.plain(said))
        )
    return tuple(lines)


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
    lines.append(words("community.change_total", change=whole))
    if compared.once:
        left_out = ", ".join(words.plain(words.name("component", each)) for each in compared.once)
        lines.append(words("community.change_once", what=left_out))
    return title, tuple(lines)


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


def _beside(desk: Desk, compared: Compared, words: Words) -> str:
    figures, difference = desk.figures, compared.cost_after - compared.cost_before
    name = words.plain(figures.month_name(compared.before))
    than = name if compared.days is None else words("summary.days", days=str(compared.days), month=name)
    if abs(difference) <= abs(compared.cost_before) * ALIKE:
        return words("summary.alike", than=than)
    key = "more" if difference > 0 else "less"
    change = words.plain(figures.money(abs(difference)))
    if compared.cost_before <= 0:
        return words(f"summary.{key}_new", change=change, than=than)
    part = words.plain(figures.share(abs(difference) / compared.cost_before, whole=False))
    return words(f"summary.{key}", part=part, change=change, than=than)


def _mover(desk: Desk, change: Change, words: Words) -> str:
    """Say in a few words where cost changed, and by how much."""
    assert change.place is not None  # noqa: S101 – only such are told
    component = words.plain(words.name("component", change.place.component))
    where = words("summary.account")
    if change.place.hub is not None:
        where = words.plain(desk.hub_name(change.place.cluster, change.place.hub))
    amount = words.plain(desk.figures.change(change.difference))
    if change.place.component == WHOLE:
        return words("summary.mover_hub", where=where, change=amount)
    if change.place.component == "credit":
        key = "mover_less_credit" if change.difference > 0 else "mover_more_credit"
        return words(f"summary.{key}", where=where, change=amount)
    return words("summary.mover", component=component, where=where, change=amount)


def _sentence(desk: Desk, change: Change, words: Words) -> str:
    figures = desk.figures
    amount = words.plain(figures.change(change.difference))
    if change.place is None:
        return words("community.change_rest", change=amount)
    component = words.plain(words.name("component", change.place.component))
    if change.place.component == WHOLE:
        hub = words.plain(desk.hub_name(change.place.cluster, change.place.hub))
        text = words("community.change_hub", hub=hub, change=amount)
    elif change.place.hub is None:
        text = words("community.change_account", component=component, change=amount)
    else:
        hub = words.plain(desk.hub_name(change.place.cluster, change.place.hub))
        text = words("community.change_up", component=component, hub=hub, change=amount)
    if change.place.component == "credit":
        text += words("community.change_credit_less" if change.difference > 0 else "community.change_credit_more")
    if change.hours is not None and round(change.hours):
        key = "change_hours_more" if change.hours > 0 else "change_hours_less"
        text += words(f"community.{key}", hours=words.plain(figures.hours(abs(change.hours))))
    if change.place.component == WHOLE:
        text += words("community.change_hub_new" if change.new else "community.change_hub_gone")
    elif change.new or change.gone:
        text += words("community.change_new" if change.new else "community.change_gone")
    return text
