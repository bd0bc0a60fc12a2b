"""Tables whose printed cells add up to what is printed beside and below them, as those of `hubledger costs report` do."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from analytics.money import round_parts, round_total

if TYPE_CHECKING:
    from collections.abc import Sequence

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rounded amounts: `lines` are name, cells, and their sum; `sums` those of the columns."""

    columns: tuple[str, ...]
    lines: tuple[tuple[str, tuple[Decimal, ...], Decimal], ...]
    sums: tuple[Decimal, ...]
    total: Decimal


def matrix(
    columns: Sequence[str], lines: Sequence[tuple[str, Sequence[Decimal]]], total: Decimal, currency: str
) -> Matrix:
    """Round first the lines so that they add up to the total, then each line's cells so that they add up to the line."""
    whole = round_total(total, currency)
    sums = round_parts([sum(cells, ZERO) for _, cells in lines], currency, total=whole)
    rounded = [
        round_parts(list(cells), currency, total=of_line) for (_, cells), of_line in zip(lines, sums, strict=True)
    ]
    return Matrix(
        tuple(columns),
        tuple((name, tuple(cells), of_line) for (name, _), cells, of_line in zip(lines, rounded, sums, strict=True)),
        tuple(sum((cells[place] for cells in rounded), ZERO) for place in range(len(columns))),
        whole,
    )
