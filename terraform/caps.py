"""Whether a plan would cost a community more in a month than it agreed to."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from terraform.cost_delta import Delta
    from terraform.fleet import Cluster, Fleet
    from terraform.planning import Past

ZERO = Decimal(0)


def overruns(fleet: Fleet, cluster: Cluster, delta: Delta, find: Past, month: str) -> tuple[list[str], list[str]]:
    """Return which caps a plan would break, and which can't be told, each in words.

    What is no community's alone is shared by the communities with hubs on the cluster, as their month's cost so far is.
    """
    capped = [one for one in fleet.communities if one.cap and any(hub.cluster == cluster.name for hub in one.hubs)]
    if not capped:
        return [], []
    past = find()
    spent = past.month_to_date(month) if past else None
    here = [one.name for one in fleet.communities if any(hub.cluster == cluster.name for hub in one.hubs)]
    broken: list[str] = []
    unknown: list[str] = []
    for community in capped:
        cap = community.cap
        assert cap is not None  # noqa: S101 – for the type checker: only such were chosen
        if spent is None:
            unknown.append(f"the cap of {community.name} was not looked at: {month} is not allocated yet")
            continue
        so_far = spent.get(community.name, {})
        if any(currency != cap.currency for currency in [*so_far, *([delta.currency] if delta.priced else [])]):
            unknown.append(f"the cap of {community.name} was not looked at: it is in {cap.currency}, the bills are not")
            continue
        weights = {name: sum(spent.get(name, {}).values(), ZERO) for name in here}
        whole = sum(weights.values(), ZERO)
        part = weights[community.name] / whole if whole > 0 else Decimal(1) / len(here)
        more = sum((one.expected for one in delta.priced if one.community == community.name), ZERO)
        more += part * sum((one.expected for one in delta.priced if one.community is None), ZERO)
        total = sum(so_far.values(), ZERO) + more
        if more > 0 and total > cap.amount:
            broken.append(
                f"{community.name} may cost {cap.amount:,.2f} {cap.currency} a month: {month} is at"
                f" {sum(so_far.values(), ZERO):,.2f} so far, and this adds {more:,.2f} a month"
            )
    return broken, unknown
