"""The reference rates of the European Central Bank, from the fleet's copy of the file it publishes (docs/operating.md).

The file says, day by day, what a euro is worth in each currency. A month's rate is that of the last day of the month on
which both currencies were published; two currencies are compared through the euro.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import TYPE_CHECKING

from terraform.fleet import Rate
from terraform.fleet_csv import read_lines
from terraform.fleet_document import Fault
from terraform.fleet_files import FleetError
from terraform.fleet_rates import PLACES, table_source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from terraform.fleet import Fleet

_NUMBER = re.compile(r"\d{1,12}(\.\d+)?")
_EXACT = Context(prec=50, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class Published:
    """What the ECB published on a day: how many units of each currency a euro was worth."""

    day: date
    euro: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class ReferenceRates:
    """The ECB's rates of a month, newest day first. `newest` is the last day that the file has at all."""

    month: str
    days: tuple[Published, ...]
    newest: date

    def rate(self, base: str, quote: str) -> Rate | None:
        """Return what one `base` was worth in `quote` on the month's last day with both; None if there was none."""
        for each in self.days:
            if base in each.euro and quote in each.euro:
                return Rate(self.month, base, quote, quotient(each.euro[quote], each.euro[base]), f"ECB {each.day}")
        return None

    @property
    def currencies(self) -> tuple[str, ...]:
        """The currencies that were published in the month, the euro among them."""
        return tuple(sorted({currency for each in self.days for currency in each.euro}))


def quotient(amount: Decimal, by: Decimal) -> Decimal:
    """Divide, rounded once, half to even, to the scale of a rate."""
    return _EXACT.quantize(_EXACT.divide(amount, by), Decimal(1).scaleb(-PLACES))


def reference_rates(fleet: Fleet, month: str) -> ReferenceRates | None:
    """Return what the fleet's copy of the ECB's file has of `month`; None where there is no copy. Raises FleetError."""
    return None if fleet.reference_rates is None else read_reference_rates(fleet.reference_rates, month)


def month_rates(fleet: Fleet, month: str) -> tuple[Rate, ...]:
    """Return the rates of `month` that the fleet has by itself: its table's, then the ECB's into the reporting currency."""
    quote = fleet.settings.reporting_currency or "EUR"
    reference = reference_rates(fleet, month)
    found = [reference.rate(base, quote) for base in reference.currencies if base != quote] if reference else []
    return (
        *(
            Rate(rate.month, rate.base, rate.quote, rate.rate, table_source(rate))
            for rate in fleet.rates
            if rate.month == month
        ),
        *(rate for rate in found if rate is not None),
    )


def read_reference_rates(path: Path, month: str) -> ReferenceRates:
    """Return what the ECB's file at `path` has of `month`. Raises FleetError with every fault of that part."""
    lines, found = read_lines(path)
    header = [name.strip() for name in lines[0][1]] if lines else []
    if not found and (header[:1] != ["Date"] or len(lines) < 2):
        text = "is not the ECB's file of reference rates: fetch it with `hubledger fleet rates fetch`"
        found = [Fault(path, 1, "", text)]
    if found:
        raise FleetError(found)
    days, newest = [], date.min
    for number, cells in lines[1:]:
        day = _day(cells[0].strip())
        if day is None:
            found.append(Fault(path, number, "Date", f"'{cells[0].strip()}' is not a day as 2026-10-30"))
            continue
        newest = max(newest, day)
        if f"{day:%Y-%m}" == month:
            values = dict(zip(header[1:], (cell.strip() for cell in cells[1:]), strict=False))
            told = {currency: value for currency, value in values.items() if currency and value not in ("", "N/A")}
            bad = [name for name, value in told.items() if not _NUMBER.fullmatch(value) or not Decimal(value)]
            found += [Fault(path, number, name, f"'{told[name]}' is not a rate") for name in bad]
            euro = {name: Decimal(value) for name, value in told.items() if name not in bad}
            days.append(Published(day, euro | {"EUR": Decimal(1)}))
    if found:
        raise FleetError(found)
    return ReferenceRates(month, tuple(sorted(days, key=lambda each: each.day, reverse=True)), newest)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
