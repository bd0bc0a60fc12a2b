"""The fleet's exchange rates: its own table, `rates.csv`, and its copy of the file that the European Central Bank publishes.

In `rates.csv` a row says what one unit of `from` is worth in `to` in a month. The ECB's file says, day by day, what a euro
is worth in each currency; a month's rate is that of the last day of the month on which both currencies were published.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import TYPE_CHECKING

from terraform.currencies import minor_units
from terraform.fleet import Rate
from terraform.fleet_document import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

RATES_FILE = "rates.csv"
ECB_FILE = "eurofxref-hist.csv"
PLACES = 14  # decimals of a rate: a thousandth of a cent on a thousand million of the smallest currencies

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_NUMBER = re.compile(r"\d{1,12}(\.\d+)?")
_COLUMNS = ("month", "from", "to", "rate")
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


def read_rates(path: Path) -> tuple[tuple[Rate, ...], list[Fault]]:
    """Return the rows of `rates.csv`, and every fault in it."""
    lines, found = _lines(path)
    if found:
        return (), found
    header = [name.strip() for name in lines[0][1]] if lines else []
    if sorted(header) not in (sorted(_COLUMNS), sorted((*_COLUMNS, "source"))):
        text = (
            f"the columns are {', '.join(header) or 'none'}: they must be month,from,to,rate and, if you like, source"
        )
        return (), [Fault(path, 1, "", text)]
    rates: dict[tuple[str, str, str], tuple[int, Rate]] = {}
    for number, cells in lines[1:]:
        if len(cells) != len(header):
            found.append(Fault(path, number, "", f"has {len(cells)} cells where the header has {len(header)}"))
            continue
        row = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
        faults = [Fault(path, number, key, text) for key, text in _row_faults(row)]
        key = (row["month"], row["from"], row["to"])
        if key in rates:
            text = f"{' '.join(key)} is there twice (first on line {rates[key][0]}): keep one of them"
            faults.append(Fault(path, number, "", text))
        found += faults
        if not faults:
            rates[key] = number, Rate(*key, Decimal(row["rate"]), row.get("source", ""))
    return tuple(rate for _, rate in rates.values()), found


def read_reference_rates(path: Path, month: str) -> tuple[ReferenceRates | None, list[Fault]]:
    """Return what the ECB's file at `path` has of `month`, and every fault in that; None where it can't be read."""
    lines, found = _lines(path)
    if found:
        return None, found
    header = [name.strip() for name in lines[0][1]] if lines else []
    if header[:1] != ["Date"] or len(lines) < 2:
        text = "is not the ECB's file of reference rates: fetch it with `hubledger fleet rates fetch`"
        return None, [Fault(path, 1, "", text)]
    days, newest = [], ""
    for number, cells in lines[1:]:
        text = cells[0].strip()
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            found.append(Fault(path, number, "Date", f"'{text}' is not a day as 2026-10-30"))
            continue
        newest = max(newest, text)
        if text.startswith(f"{month}-"):
            values = dict(zip(header[1:], (cell.strip() for cell in cells[1:]), strict=False))
            told = {currency: value for currency, value in values.items() if currency and value not in ("", "N/A")}
            bad = [name for name, value in told.items() if not _NUMBER.fullmatch(value) or not Decimal(value)]
            found += [Fault(path, number, name, f"'{told[name]}' is not a rate") for name in bad]
            euro = {name: Decimal(value) for name, value in told.items() if name not in bad}
            days.append(Published(date.fromisoformat(text), euro | {"EUR": Decimal(1)}))
    if found:
        return None, found
    days.sort(key=lambda each: each.day, reverse=True)
    return ReferenceRates(month, tuple(days), date.fromisoformat(newest)), []


def _row_faults(row: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if not _MONTH.fullmatch(row["month"]):
        yield "month", f"'{row['month']}' is not a month: write it as YYYY-MM"
    for name in ("from", "to"):
        if row[name] not in minor_units():
            yield name, f"'{row[name]}' is no currency of ISO 4217: write it as EUR"
    if row["from"] == row["to"]:
        yield "to", f"'{row['to']}' is what it comes from: leave the row out"
    rate = row["rate"]
    if not _NUMBER.fullmatch(rate):
        yield "rate", f"'{rate}' is not a rate: write digits with a point, as 0.9235"
    elif not Decimal(rate):
        yield "rate", "is zero: give what one unit is worth"
    elif len(rate.partition(".")[2]) > PLACES:
        yield "rate", f"'{rate}' has more than {PLACES} decimals: round it"


def _lines(path: Path) -> tuple[Sequence[tuple[int, list[str]]], list[Fault]]:
    """Return the lines that aren't empty with their numbers, as cells."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            return [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)], []
    except OSError as error:
        return [], [Fault(path, None, "", f"can't be read ({error.strerror}): check the path and its permissions")]
    except UnicodeDecodeError:
        return [], [Fault(path, None, "", "is not UTF-8: save the file in that encoding")]
    except csv.Error as error:
        return [], [Fault(path, reader.line_num, "", f"is not CSV: {error}")]
