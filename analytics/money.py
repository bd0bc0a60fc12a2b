"""Money as people read it: rounded to the currency's minor unit so that what is printed adds up to what is printed below it."""

from __future__ import annotations

from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from itertools import permutations
from operator import itemgetter
from typing import TYPE_CHECKING

from terraform.currencies import minor_units

if TYPE_CHECKING:
    from collections.abc import Sequence


def minor_unit(currency: str) -> Decimal:
    """Return the smallest amount that can be paid in `currency`, for example 0.01."""
    return Decimal(1).scaleb(-minor_units().get(currency, 2))


def round_total(amount: Decimal, currency: str) -> Decimal:
    """Round a whole total, half to even, to the currency's minor unit."""
    return amount.quantize(minor_unit(currency), rounding=ROUND_HALF_EVEN)


def round_parts(amounts: Sequence[Decimal], currency: str, *, total: Decimal | None = None) -> list[Decimal]:
    """Round `amounts` to the minor unit so that they add up to `total` (default: their own rounded sum).

    By largest remainder: every part is rounded down, and what is missing goes, a unit each, to the parts that lost
    most (ties: the earlier). `total` is already rounded and within a unit per part of the sum.
    """
    unit = minor_unit(currency)
    goal = round_total(sum(amounts, Decimal(0)), currency) if total is None else total
    floors = [amount.quantize(unit, rounding=ROUND_FLOOR) for amount in amounts]
    missing = int((goal - sum(floors, Decimal(0))) / unit)
    by_loss = sorted(range(len(amounts)), key=lambda i: (floors[i] - amounts[i], i))
    for position in range(abs(missing)):
        index = by_loss[position % len(by_loss)] if missing > 0 else by_loss[-1 - position % len(by_loss)]
        floors[index] += unit if missing > 0 else -unit
    return floors


def round_table(lines: Sequence[Sequence[Decimal]], currency: str, *, total: Decimal) -> list[list[Decimal]]:
    """Round a table's cells so that they add up to the rounded lines, and these to `total`, which is already rounded.

    The columns add up to their own rounded sums, which are the same however the table's lines are grouped: for that, units
    are moved between cells of a line, where it makes the least of a difference. A cell that is 0 stays 0; where that leaves no
    way (lines that have no column in common), a column's sum is what its cells come to.
    """
    if not lines:
        return []
    wholes = round_parts([sum(line, Decimal(0)) for line in lines], currency, total=total)
    cells = [round_parts(line, currency, total=whole) for line, whole in zip(lines, wholes, strict=True)]
    goals = round_parts([sum(column, Decimal(0)) for column in zip(*lines, strict=True)], currency, total=total)
    while moves := _moves(lines, cells, goals, minor_unit(currency)):
        for line, giving, taking in moves:
            cells[line][giving] -= minor_unit(currency)
            cells[line][taking] += minor_unit(currency)
    return cells


def _moves(
    lines: Sequence[Sequence[Decimal]], cells: Sequence[Sequence[Decimal]], goals: Sequence[Decimal], unit: Decimal
) -> list[tuple[int, int, int]]:
    """Return what takes a unit from a column that has too much to one that lacks it: line, column, other column; () if nothing does.

    It is the cheapest way (Bellman-Ford), over other columns if need be.
    """
    over = [sum(column, -goal) for column, goal in zip(zip(*cells, strict=True), goals, strict=True)]
    if not any(over):
        return []
    steps: dict[tuple[int, int], tuple[Decimal, int]] = {}
    for number, (exact, line) in enumerate(zip(lines, cells, strict=True)):
        there = [column for column, amount in enumerate(exact) if amount]
        off = {column: line[column] - exact[column] for column in there}
        for giving, taking in permutations(there, 2):
            worse = abs(off[giving] - unit) - abs(off[giving]) + abs(off[taking] + unit) - abs(off[taking])
            if (giving, taking) not in steps or worse < steps[giving, taking][0]:
                steps[giving, taking] = (worse, number)
    ways: dict[int, tuple[Decimal, list[tuple[int, int, int]]]] = {
        column: (Decimal(0), []) for column, much in enumerate(over) if much > 0
    }
    for _ in goals:
        for (giving, taking), (worse, number) in steps.items():
            if giving in ways and taking not in {each[1] for each in ways[giving][1]}:
                cost = ways[giving][0] + worse
                if taking not in ways or cost < ways[taking][0]:
                    ways[taking] = (cost, [*ways[giving][1], (number, giving, taking)])
    ends = [way for column, way in ways.items() if over[column] < 0]
    return min(ends, key=itemgetter(0))[1] if ends else []


def format_amount(amount: Decimal, currency: str) -> str:
    """Write an amount with thousands separators and the currency's decimals: `1,234.50`."""
    return f"{amount.quantize(minor_unit(currency)):,}"
