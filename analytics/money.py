"""Money as people read it: rounded to the currency's minor unit so that what is printed adds up to what is printed below it."""

from __future__ import annotations

from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
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


def format_amount(amount: Decimal, currency: str) -> str:
    """Write an amount with thousands separators and the currency's decimals: `1,234.50`."""
    return f"{amount.quantize(minor_unit(currency)):,}"
