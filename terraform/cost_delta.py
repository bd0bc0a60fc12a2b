"""What a plan does to a month's cost, from the fleet's own past bills: with a range, how it was derived, and what has no basis."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Priced:
    """What one change does to a month's cost: at least, as expected, at most, and how that was derived."""

    address: str
    community: str | None  # whose it is alone
    low: Decimal
    expected: Decimal
    high: Decimal
    derivation: str


@dataclass(frozen=True, slots=True)
class Delta:
    """What a plan does to a month's cost. `no_basis` are changes of which the fleet's bills tell nothing, each with why."""

    currency: str
    priced: tuple[Priced, ...]
    no_basis: tuple[str, ...]

    def total(self, community: str | None = None) -> tuple[Decimal, Decimal, Decimal]:
        """Return low, expected and high of all changes, or of those of one community alone."""
        mine = [one for one in self.priced if community is None or one.community == community]
        return (
            sum((one.low for one in mine), Decimal(0)),
            sum((one.expected for one in mine), Decimal(0)),
            sum((one.high for one in mine), Decimal(0)),
        )
