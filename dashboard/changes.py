"""What changed against the month before, as few lines as say most of it: their differences add up to the whole, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ZERO = Decimal(0)
WHOLE = ""  # as a component: all of a hub's
SERVERS = frozenset({"compute", "gpu"})  # components that server-hours have to do with
MOST = 5
LEAST_PART = Decimal("0.01")  # of the larger month: what changed by less is told in one line together


@dataclass(frozen=True, slots=True)
class Place:
    """Where cost arises: a component of a hub, or WHOLE of it; hub and cluster None for what no hub bears."""

    component: str
    cluster: str | None
    hub: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """A difference in cost; `hours` is the difference of the hub's server-hours, where it has to do with them. `place` None: all else."""

    place: Place | None
    difference: Decimal
    hours: Decimal | None = None
    new: bool = False
    gone: bool = False


def changes(
    before: Mapping[Place, Decimal],
    after: Mapping[Place, Decimal],
    *,
    hours_before: Mapping[tuple[str | None, str | None], Decimal],
    hours_after: Mapping[tuple[str | None, str | None], Decimal],
) -> tuple[Change, ...]:
    """Return the largest differences, the largest first, and what is left as a last one. Hours are by (cluster, hub).

    A hub that has cost in one of the two only is told as a whole.
    """
    came_or_went = {(each.cluster, each.hub) for each in before} ^ {(each.cluster, each.hub) for each in after}
    before, after = _joined(before, came_or_went), _joined(after, came_or_went)
    found = []
    for place in {*before, *after}:
        was, is_now = before.get(place, ZERO), after.get(place, ZERO)
        if was != is_now:
            hub = (place.cluster, place.hub)
            known = place.component in {*SERVERS, WHOLE} and (hub in hours_before or hub in hours_after)
            hours = hours_after.get(hub, ZERO) - hours_before.get(hub, ZERO) if known else None
            found.append(Change(place, is_now - was, hours, new=place not in before, gone=place not in after))
    found.sort(key=lambda each: (-abs(each.difference), str(each.place)))
    whole = max(abs(sum(before.values(), ZERO)), abs(sum(after.values(), ZERO)))
    told = [each for each in found if abs(each.difference) >= whole * LEAST_PART][:MOST]
    rest = sum((each.difference for each in found[len(told) :]), ZERO)
    return (*told, Change(None, rest)) if rest else tuple(told)


def _joined(costs: Mapping[Place, Decimal], hubs: set[tuple[str | None, str | None]]) -> dict[Place, Decimal]:
    """Return costs with all components of each of `hubs` as one."""
    found: dict[Place, Decimal] = {}
    for place, cost in costs.items():
        key = (place.cluster, place.hub)
        joined = Place(WHOLE, *key) if place.hub is not None and key in hubs else place
        found[joined] = found.get(joined, ZERO) + cost
    return found
