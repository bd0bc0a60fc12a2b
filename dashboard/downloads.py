"""What people take with them: a community's costs of some months as CSV and XLSX, a row per month, day, hub, component and rule."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from analytics.money import minor_unit
from billing.cells import held
from billing.xml_tree import writable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl.worksheet.worksheet import Worksheet

    from dashboard.data import Activity, Costs
    from dashboard.state import State

ROW = ("billing_period", "day", "community", "cluster", "hub", "component", "rule", "basis", "charge_category")
MONEY_DIGITS = 12
Cell = str | Decimal | date | int | None


@dataclass(frozen=True, slots=True)
class Taken:
    """What is taken: costs by ROW, and the same months' activity."""

    title: str
    costs: Costs
    activity: tuple[Activity, ...]
    state: State

    @property
    def header(self) -> tuple[str, ...]:
        return (*ROW, "currency", "cost", "coverage", "status")

    @property
    def rows(self) -> list[tuple[Cell, ...]]:
        """Return the rows under `header`; money exact."""
        status = {each.month: each.computed.status for each in self.state.months}
        return [
            (
                key[0],
                date.fromisoformat(key[1]) if key[1] else None,
                *key[2:],
                self.costs.currency,
                each.cost,
                each.coverage.quantize(Decimal("0.000001")),
                status.get(key[0] or ""),
            )
            for key, each in self.costs.rows
        ]


def to_csv(taken: Taken) -> str:
    """Return the costs as CSV, money in full precision."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(taken.header)
    for row in taken.rows:
        writer.writerow([_csv_cell(value) for value in row])
    return out.getvalue()


def to_xlsx(taken: Taken) -> bytes:
    """Return a workbook: costs, activity, and what they rest on; dates are dates and money is numbers."""
    book = Workbook()
    book.properties.title = writable(taken.title)
    decimals = -int(minor_unit(taken.costs.currency).as_tuple().exponent)
    money = "#,##0" + ("." + "0" * decimals if decimals else "")
    first = book.worksheets[0]
    first.title = "Costs"
    _fill(first, taken.header, taken.rows, {"cost": money, "coverage": "0.0%", "day": "yyyy-mm-dd"})
    people = book.create_sheet("Activity")
    header = ("month", "cluster", "hub", "active_users", "server_hours")
    _fill(
        people,
        header,
        [
            (each.period, each.cluster, each.hub, "<5" if each.users is None else each.users, each.server_hours)
            for each in taken.activity
        ],
        {"server_hours": "#,##0.0"},
    )
    months = {key[0] for key, _ in taken.costs.rows}
    _fill(
        book.create_sheet("Months"),
        ("month", "status", "computed_at", "table", "version"),
        [
            (each.month, each.computed.status, each.at.date(), name, version)
            for each in taken.state.months
            if each.month in months
            for name, version in sorted(each.computed.versions.items())
        ],
        {"computed_at": "yyyy-mm-dd"},
    )
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _csv_cell(value: Cell) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else held(str(value))


def _fill(sheet: Worksheet, header: Sequence[str], rows: Sequence[Sequence[Cell]], formats: dict[str, str]) -> None:
    sheet.append(list(header))
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for row in rows:
        sheet.append([writable(value) if isinstance(value, str) else value for value in row])
        for cell, name in zip(sheet[sheet.max_row], header, strict=True):
            if isinstance(cell.value, str):
                cell.data_type = "s"  # whatever it begins with, it is no formula
            elif name in formats:
                cell.number_format = formats[name]
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    for place, name in enumerate(header, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = max(12, len(name) + 4)
