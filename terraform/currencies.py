"""The currencies of ISO 4217 that bills and reports may be in, with the decimals of their minor units."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CURRENCIES = Path(__file__).parent / "currencies.csv"


@cache
def minor_units() -> Mapping[str, int]:
    """Return how many decimals each currency's amounts have: {"USD": 2, "JPY": 0, …}."""
    with CURRENCIES.open(newline="", encoding="utf-8") as file:
        return {row["currency"]: int(row["minor_units"]) for row in csv.DictReader(file)}
