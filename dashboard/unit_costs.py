"""What a person and an hour cost: told only of hubs with five people or more, as fewer would tell of single ones."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from dashboard.sight import FEW

if TYPE_CHECKING:
    from dashboard.data import Activity, Costs

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class UnitCosts:
    """The cost of hubs with five people or more, those people and their server-hours; `left_out`: how many hubs have fewer."""

    cost: Decimal
    users: int
    server_hours: Decimal
    left_out: int

    @property
    def per_user(self) -> Decimal | None:
        """What an active user costs; None where nobody may say."""
        return self.cost / self.users if self.users else None

    @property
    def per_hour(self) -> Decimal | None:
        """What a server-hour costs; None where nobody may say."""
        return self.cost / self.server_hours if self.users and self.server_hours > 0 else None


def unit_costs(costs: Costs, activity: tuple[Activity, ...]) -> UnitCosts:
    """Return what people and hours cost; `costs` are of the same month, by cluster and hub among others.

    Cost that no hub bears (an account of the community's own) is not in it: it would change with every small hub that is left out.
    """
    by_hub = costs.fold("cluster", "hub")
    told = [each for each in activity if each.users is not None and each.users >= FEW]
    return UnitCosts(
        cost=sum(
            (by_hub[hub].cost for hub in {(each.cluster, each.hub) for each in told} if hub in by_hub),
            ZERO,
        ),
        users=sum(each.users or 0 for each in told),
        server_hours=sum((each.server_hours for each in told), ZERO),
        left_out=len({(each.cluster, each.hub) for each in activity})
        - len({(each.cluster, each.hub) for each in told}),
    )
