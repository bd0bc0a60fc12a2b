"""Tax: one subtotal for each category and rate, on the sum of its lines, rounded once (EN 16931, BR-CO-17)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from analytics.money import minor_unit
from billing.document import TaxCategory, TaxSubtotal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from billing.document import Line
    from terraform.contract import Tax

ZERO = Decimal(0)


def tax_on(taxable: Decimal, rate: Decimal, currency: str) -> Decimal:
    """Return `rate` per cent of `taxable`, rounded half up to the currency's minor unit."""
    return (taxable * rate / 100).quantize(minor_unit(currency), rounding=ROUND_HALF_UP)


def tax_on_lines(lines: Iterable[tuple[TaxCategory, Decimal, Decimal]], currency: str) -> Decimal:
    """Return the tax on lines of (category, rate, net), as a document of these alone would have it."""
    sums: dict[tuple[TaxCategory, Decimal], Decimal] = {}
    for category, rate, net in lines:
        sums[category, rate] = sums.get((category, rate), ZERO) + net
    return sum((tax_on(taxable, rate, currency) for (_, rate), taxable in sums.items()), ZERO)


def subtotals(lines: Iterable[Line], terms: Iterable[Tax], currency: str) -> tuple[TaxSubtotal, ...]:
    """Return the subtotals of the lines; the reasons are those of the terms of the same category."""
    sums: dict[tuple[TaxCategory, Decimal], Decimal] = {}
    for line in lines:
        sums[line.tax, line.tax_rate] = sums.get((line.tax, line.tax_rate), ZERO) + line.net
    known = list(terms)
    found = []
    for (category, rate), taxable in sorted(sums.items()):
        same = [each for each in known if each.category == category and each.rate == rate]
        reasons = dict.fromkeys(each.reason for each in same if each.reason)
        codes = dict.fromkeys(each.reason_code for each in same if each.reason_code)
        found.append(
            TaxSubtotal(
                TaxCategory(category),
                rate,
                taxable,
                tax_on(taxable, rate, currency),
                "; ".join(reasons),
                next(iter(codes), ""),
            )
        )
    return tuple(found)
