"""The table of hubs and components: cells laid out in rows and columns, with their sums."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from billing.document import Cell

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class HubRow:
    """A hub ("" for what is no single hub's) and its amount of each component."""

    hub: str
    amounts: tuple[Decimal, ...]

    @property
    def total(self) -> Decimal:
        return sum(self.amounts, ZERO)


@dataclass(frozen=True, slots=True)
class HubTable:
    """Rows by amount, the largest first, what is no hub's last; components likewise."""

    components: tuple[str, ...]
    rows: tuple[HubRow, ...]

    @property
    def totals(self) -> tuple[Decimal, ...]:
        """The sum of each component."""
        return tuple(sum(column, ZERO) for column in zip(*(row.amounts for row in self.rows), strict=True))

    @property
    def total(self) -> Decimal:
        return sum(self.totals, ZERO)


def hub_table(cells: Sequence[Cell]) -> HubTable:
    """Return cells as a table; several of one hub and component are added."""
    amounts: dict[tuple[str, str], Decimal] = {}
    for cell in cells:
        amounts[cell.hub, cell.component] = amounts.get((cell.hub, cell.component), ZERO) + cell.amount
    by_component = {name: ZERO for _, name in amounts}
    for (_, name), amount in amounts.items():
        by_component[name] += amount
    components = tuple(sorted(by_component, key=lambda name: (-by_component[name], name)))
    rows = [
        HubRow(hub, tuple(amounts.get((hub, name), ZERO) for name in components)) for hub in {hub for hub, _ in amounts}
    ]
    return HubTable(components, tuple(sorted(rows, key=lambda row: (not row.hub, -row.total, row.hub))))
