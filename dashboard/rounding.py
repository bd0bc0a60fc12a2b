"""Tables whose printed cells add up to what is printed beside and below them, as those of `hubledger costs report` do."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from analytics.money import round_table, round_total
from dashboard.palette import BASES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.data import Costs, Key

ZERO = Decimal(0)


def by_hub(costs: Costs) -> Matrix:
    """Return the costs by hub and basis, rounded as `hubledger costs report` prints them: every amount by basis on a page is of it.

    A line's name is empty: `hubs_of` has the keys, in the same order.
    """
    folded = (
        costs.fold("cluster", "hub", "community", "basis")
        if "community" in costs.by
        else costs.fold("cluster", "hub", "basis")
    )
    bases = bases_of(costs)
    lines = [
        ("", [folded[*key, basis].cost if (*key, basis) in folded else ZERO for basis in bases])
        for key in hubs_of(costs)
    ]
    return matrix(bases, lines, costs.total.cost, costs.currency)


def hubs_of(costs: Costs) -> list[Key]:
    """Return the keys (cluster, hub, and community where the costs have it), the largest first, those of no hub last."""
    keys = ("cluster", "hub", "community") if "community" in costs.by else ("cluster", "hub")
    found = costs.fold(*keys).items()
    ordered = sorted(found, key=lambda item: (item[0][1] is None, -item[1].cost, tuple(part or "" for part in item[0])))
    return [key for key, _ in ordered]


def bases_of(costs: Costs) -> list[str]:
    """Return the bases there are, in their order."""
    there = {basis for (basis,) in costs.fold("basis")}
    return [each for each in BASES if each in there]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rounded amounts: `lines` are name, cells, and their sum; `sums` those of the columns."""

    columns: tuple[str, ...]
    lines: tuple[tuple[str, tuple[Decimal, ...], Decimal], ...]
    sums: tuple[Decimal, ...]
    total: Decimal

    def sum_of(self, column: str) -> Decimal:
        """Return the sum of a column; 0 if there is none of that name."""
        return next((each for name, each in zip(self.columns, self.sums, strict=True) if name == column), ZERO)


def matrix(
    columns: Sequence[str], lines: Sequence[tuple[str, Sequence[Decimal]]], total: Decimal, currency: str
) -> Matrix:
    """Round a table as `money.round_table` does."""
    whole = round_total(total, currency)
    rounded = round_table([list(cells) for _, cells in lines], currency, total=whole)
    sums = [sum(cells, ZERO) for cells in rounded]
    return Matrix(
        tuple(columns),
        tuple((name, tuple(cells), of_line) for (name, _), cells, of_line in zip(lines, rounded, sums, strict=True)),
        tuple(sum((cells[place] for cells in rounded), ZERO) for place in range(len(columns))),
        whole,
    )
