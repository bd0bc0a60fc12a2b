"""The fleet's own exchange rates, `rates.csv`: a row says what one unit of `from` is worth in `to` in a month."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from terraform.currencies import minor_units
from terraform.fleet import Rate
from terraform.fleet_csv import read_lines
from terraform.fleet_document import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

RATES_FILE = "rates.csv"
REFERENCE_FILE = "eurofxref-hist.csv"  # the name that the ECB gives it
PLACES = 14  # decimals of a rate: a thousandth of a cent on a thousand million of the smallest currencies

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_NUMBER = re.compile(r"\d{1,12}(\.\d+)?")
_COLUMNS = ("month", "from", "to", "rate")


def read_rates(path: Path) -> tuple[tuple[Rate, ...], list[Fault]]:
    """Return the rows of `rates.csv`, and every fault in it."""
    lines, found = read_lines(path)
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


def table_source(rate: Rate) -> str:
    """Name the table as the source of a rate, and whom its row names."""
    return f"{RATES_FILE} ({rate.source})" if rate.source else RATES_FILE


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
