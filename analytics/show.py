"""Reports as tables for a terminal, and as CSV, JSON and Parquet for programs."""

from __future__ import annotations

import csv
import io
import json
import sys
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table
from rich.text import Text

from analytics.cells import harmless
from analytics.money import format_amount, round_parts, round_table, round_total
from analytics.report import COLUMNS, By, Report, Row
from analytics.tables import MONEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.console import RenderableType

    from terraform.receipts import Receipt

BASES = ("direct", "usage", "idle", "shared", "unattributed")
NOBODY = {
    "unattributed": "(unattributed)",
    "shared": "(shared, kept by the operator)",
    "idle": "(idle, kept by the operator)",
    "direct": "(the community's own account)",
    "usage": "(no hub)",
}


def console() -> Console:
    """Return the console for data: as wide as the terminal, or as wide as a table needs when stdout is a file."""
    return Console(width=None if sys.stdout.isatty() else 160, soft_wrap=False, highlight=False)


def print_parts(parts: Iterable[RenderableType]) -> None:
    """Print the parts, one below the other, to stdout."""
    target = console()
    for part in parts:
        target.print(part)


def report_table(report: Report) -> Iterable[Table | Text]:
    """Yield the report's tables, one per currency, and the grand total; printed cells add up to the printed totals."""
    computed = report.computed
    shares = _reporting_shares(report)
    for currency, total in report.totals.items():
        rows = [row for row in report.rows if row.currency == currency]
        groups = _groups(report.by, rows)
        title = f"{computed.month} by {report.by}, {report.cost} cost in {currency}, {computed.status}"
        table = Table(title=title, title_justify="left", show_footer=True, header_style="bold", footer_style="bold")
        table.add_column(report.by.value.capitalize(), "Total", overflow="fold")
        if report.by is By.HUB:
            table.add_column("Community", overflow="fold")
        bases = [basis for basis in BASES if any(row.keys["basis"] == basis for row in rows)]
        cells = _cells(groups, bases, currency, total)
        for position, basis in enumerate(bases):
            table.add_column(
                basis.capitalize(),
                format_amount(sum((line[position] for line in cells), Decimal(0)), currency),
                justify="right",
                no_wrap=True,
            )
        table.add_column("Total", format_amount(round_total(total, currency), currency), justify="right", no_wrap=True)
        converted = _converted(groups, report.reporting_currency, shares.get(currency))
        if report.reporting_currency and converted:
            total_converted = format_amount(shares[currency], report.reporting_currency)
            table.add_column(f"In {report.reporting_currency}", total_converted, justify="right", no_wrap=True)
        table.add_column("Coverage", percent(_coverage(rows)), justify="right", no_wrap=True)
        for position, ((names, of_group), line) in enumerate(zip(groups.items(), cells, strict=True)):
            amounts = [format_amount(cell, currency) if cell else "" for cell in line]
            amounts += [format_amount(sum(line, Decimal(0)), currency), *converted[position : position + 1]]
            table.add_row(*(Text(name) for name in names), *amounts, percent(_coverage(of_group)))
        yield table
    yield from _reporting_lines(report, shares)
    for note in report.notes:
        yield Text(f"note: {note}")
    for apply in report.applies:
        yield Text(f"infrastructure: {_apply(apply)}")


def _apply(apply: Receipt) -> str:
    delta = f", estimated {Decimal(apply.delta):+,.2f} {apply.currency} a month" if apply.delta else ""
    return (
        f"{apply.ended_at[:16].replace('T', ' ')} {apply.cluster}: {apply.outcome}, {apply.added} added,"
        f" {apply.changed} changed, {apply.destroyed} destroyed{delta}"
    )


def report_text(report: Report, form: str) -> str:
    """Return the report as `json` or `csv` text, money in full precision."""
    if form == "json":
        return json.dumps(report.to_json(), indent=2, ensure_ascii=False) + "\n"
    columns = COLUMNS[report.by]
    return csv_text(
        (*columns, "currency", "cost", "reporting_currency", "reporting_cost", "coverage", "status"),
        (
            (
                *row.keys.values(),
                row.currency,
                f"{row.cost:f}",
                report.reporting_currency,
                None if row.reporting_cost is None else f"{row.reporting_cost:f}",
                f"{row.coverage:f}",
                report.computed.status,
            )
            for row in report.rows
        ),
    )


def report_parquet(report: Report) -> bytes:
    """Return the report as a Parquet file's bytes, money as DECIMAL(38, 12)."""
    columns = COLUMNS[report.by]
    fields = [pa.field(column, pa.string()) for column in columns]
    fields += [
        pa.field("currency", pa.string()),
        pa.field("cost", MONEY),
        pa.field("reporting_currency", pa.string()),
        pa.field("reporting_cost", MONEY),
        pa.field("coverage", pa.decimal128(9, 6)),
        pa.field("status", pa.string()),
    ]
    table = pa.Table.from_pylist(
        [
            {
                **row.keys,
                "currency": row.currency,
                "cost": row.cost,
                "reporting_currency": report.reporting_currency,
                "reporting_cost": row.reporting_cost,
                "coverage": row.coverage,
                "status": report.computed.status,
            }
            for row in report.rows
        ],
        schema=pa.schema(fields),
    )
    target = io.BytesIO()
    pq.write_table(table, target)
    return target.getvalue()


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return CSV with a header; None is empty, and no text is a formula."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([harmless(value) for value in row] for row in rows)
    return target.getvalue()


def _groups(by: By, rows: Sequence[Row]) -> dict[tuple[str, ...], list[Row]]:
    """Gather the rows that share a printed line, the largest line first, what no hub bears last."""
    name_of: Callable[[Row], tuple[str, ...]] = _hub_name if by is By.HUB else lambda row: (_name(row, by.value),)
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(name_of(row), []).append(row)
    if by is By.DAY:
        return dict(sorted(groups.items()))
    return dict(
        sorted(
            groups.items(),
            key=lambda item: (item[0][0].startswith("("), -sum((row.cost for row in item[1]), Decimal(0)), item[0]),
        )
    )


def _hub_name(row: Row) -> tuple[str, ...]:
    hub = row.keys["hub"]
    community = row.keys["community"] or ""
    if hub is not None:
        return f"{row.keys['cluster']}/{hub}", community
    cluster = row.keys["cluster"]
    return NOBODY[row.keys["basis"] or ""] + (f" {cluster}" if cluster else ""), community


def _name(row: Row, column: str) -> str:
    basis = row.keys["basis"] or ""
    if column == "community" and basis != "unattributed":
        return row.keys[column] or "(kept by the operator)"  # of hubs without community, too
    return row.keys[column] or NOBODY[basis]


def _cells(
    groups: dict[tuple[str, ...], list[Row]], bases: Sequence[str], currency: str, total: Decimal
) -> list[list[Decimal]]:
    """Return the cells of the table, which add up to what is printed beside and below them."""
    exact = [[_sum(rows, basis) for basis in bases] for rows in groups.values()]
    return round_table(exact, currency, total=round_total(total, currency))


def _reporting_shares(report: Report) -> dict[str, Decimal]:
    """Round each currency's total in the reporting currency so that they add up to the rounded grand total.

    The reporting currency's own total is rounded as it is printed already.
    """
    to, total = report.reporting_currency, report.reporting_total
    if to is None or total is None:
        return {}
    shares = {to: round_total(report.reporting_totals[to], to)} if to in report.reporting_totals else {}
    others = [currency for currency in report.reporting_totals if currency != to]
    goal = round_total(total, to) - sum(shares.values(), Decimal(0))
    rounded = round_parts(
        [report.reporting_totals[currency] for currency in others], to, total=goal if others else None
    )
    return shares | dict(zip(others, rounded, strict=True))


def _converted(groups: dict[tuple[str, ...], list[Row]], to: str | None, share: Decimal | None) -> list[str]:
    """Return a cell a line in the reporting currency `to`, that add up to `share`; none where the table is in it already."""
    if to is None or share is None or any(row.currency == to for rows in groups.values() for row in rows):
        return []
    sums = [sum((row.reporting_cost or Decimal(0) for row in rows), Decimal(0)) for rows in groups.values()]
    return [format_amount(cell, to) for cell in round_parts(sums, to, total=share)]


def _reporting_lines(report: Report, shares: dict[str, Decimal]) -> Iterable[Text]:
    """Yield the grand total in the reporting currency and the rates it rests on, where anything was converted."""
    to, conversion = report.reporting_currency, report.computed.conversion
    if to is None or conversion is None or set(shares) <= {to}:
        return
    yield Text(f"All currencies: {format_amount(sum(shares.values(), Decimal(0)), to)} {to}")
    used = {(rate.currency, rate.rate, rate.source) for rate in conversion.rates if rate.currency in shares}
    for currency, rate, source in sorted(used):
        yield Text(f"rate: 1 {currency} = {rate.normalize():f} {to} ({source})")


def _sum(rows: Iterable[Row], basis: str) -> Decimal:
    return sum((row.cost for row in rows if row.keys["basis"] == basis), Decimal(0))


def _coverage(rows: Sequence[Row]) -> Decimal:
    weight = sum((abs(row.cost) for row in rows), Decimal(0))
    return sum((abs(row.cost) * row.coverage for row in rows), Decimal(0)) / weight if weight else Decimal(1)


def plain_table(left: Sequence[str], right: Sequence[str], *, title: str | None = None) -> Table:
    """Return an empty table with text columns and, to their right, columns of numbers."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for name in left:
        table.add_column(name, overflow="fold")
    for name in right:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def rounded(value: Decimal, currency: str) -> str:
    """Write an amount rounded to the currency's minor unit."""
    return format_amount(round_total(value, currency), currency)


def percent(part: Decimal) -> str:
    """Write a part as a percentage that says 100 only when it is."""
    shown = (part * 100).quantize(Decimal("0.1"))
    return f"{min(shown, Decimal('99.9')) if part < 1 else shown}%"
