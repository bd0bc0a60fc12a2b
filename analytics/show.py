"""Reports, reconciliations and explanations as tables for a terminal, and as CSV, JSON and Parquet for programs."""

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

from analytics.money import format_amount, round_parts, round_total
from analytics.report import COLUMNS, By, Report, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from analytics.explain import Explanation
    from analytics.reconcile import Reconciliation

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


def report_table(report: Report) -> Iterable[Table | Text]:
    """Yield the report's tables, one per currency; printed cells add up to the printed totals."""
    computed = report.computed
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
        table.add_column("Coverage", _percent(_coverage(rows)), justify="right", no_wrap=True)
        for (names, of_group), line in zip(groups.items(), cells, strict=True):
            amounts = [format_amount(cell, currency) if cell else "" for cell in line]
            whole = format_amount(sum(line, Decimal(0)), currency)
            table.add_row(*(Text(name) for name in names), *amounts, whole, _percent(_coverage(of_group)))
        yield table
    for note in computed.notes:
        yield Text(f"note: {note}")


def report_text(report: Report, form: str) -> str:
    """Return the report as `json` or `csv` text, money in full precision."""
    if form == "json":
        return json.dumps(report.to_json(), indent=2, ensure_ascii=False) + "\n"
    columns = COLUMNS[report.by]
    return csv_text(
        (*columns, "currency", "cost", "coverage", "status"),
        (
            (*row.keys.values(), row.currency, f"{row.cost:f}", f"{row.coverage:f}", report.computed.status)
            for row in report.rows
        ),
    )


def report_parquet(report: Report) -> bytes:
    """Return the report as a Parquet file's bytes, money as DECIMAL(38, 12)."""
    columns = COLUMNS[report.by]
    fields = [pa.field(column, pa.string()) for column in columns]
    fields += [
        pa.field("currency", pa.string()),
        pa.field("cost", pa.decimal128(38, 12)),
        pa.field("coverage", pa.decimal128(9, 6)),
        pa.field("status", pa.string()),
    ]
    table = pa.Table.from_pylist(
        [
            {
                **row.keys,
                "currency": row.currency,
                "cost": row.cost,
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


def reconciliation_table(found: Reconciliation) -> Iterable[Table | Text]:
    """Yield the proof, account by account, in full precision where it matters: the difference."""
    table = Table(title=f"{found.computed.month}, {found.computed.status}", title_justify="left", header_style="bold")
    for name in ("Issuer", "Billing account"):
        table.add_column(name, overflow="fold")
    for name in ("Bill", "Hubs", "Communities", "Operator", "Unattributed", "Difference"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for account in found.accounts:
        parts = (account.hubs, account.communities, account.operator, account.unattributed)
        shown = round_parts(parts, account.currency)
        table.add_row(
            Text(account.issuer),
            Text(account.billing_account),
            format_amount(round_total(account.bill, account.currency), account.currency),
            *(format_amount(part, account.currency) for part in shown),
            f"{account.difference.normalize():f}" if account.difference else "0",
            account.currency,
        )
    yield table
    if found.unknown:
        yield Text("Services that components.csv does not know (reported as component 'other'):")
        for unknown in found.unknown:
            amount = format_amount(round_total(unknown.cost, unknown.currency), unknown.currency)
            yield Text(f"  {unknown.issuer}: {unknown.service}: {unknown.sku}: {amount} {unknown.currency}")
    yield Text("Every account adds up." if found.agrees else "The allocations do not add up to the bill as it is now.")


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return CSV with a header; None is empty."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
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
    return row.keys[column] or NOBODY[row.keys["basis"] or ""]


def _cells(
    groups: dict[tuple[str, ...], list[Row]], bases: Sequence[str], currency: str, total: Decimal
) -> list[list[Decimal]]:
    """Round first the lines so that they add up to the total, then each line's cells so that they add up to the line."""
    exact = [[_sum(rows, basis) for basis in bases] for rows in groups.values()]
    sums = [sum(line, Decimal(0)) for line in exact]
    lines = round_parts(sums, currency, total=round_total(total, currency))
    return [round_parts(line, currency, total=whole) for line, whole in zip(exact, lines, strict=True)]


def _sum(rows: Iterable[Row], basis: str) -> Decimal:
    return sum((row.cost for row in rows if row.keys["basis"] == basis), Decimal(0))


def _coverage(rows: Sequence[Row]) -> Decimal:
    weight = sum((abs(row.cost) for row in rows), Decimal(0))
    return sum((abs(row.cost) * row.coverage for row in rows), Decimal(0)) / weight if weight else Decimal(1)


def _percent(part: Decimal) -> str:
    """Write a part as a percentage that says 100 only when it is."""
    shown = (part * 100).quantize(Decimal("0.1"))
    return f"{min(shown, Decimal('99.9')) if part < 1 else shown}%"


def explanation_table(found: Explanation) -> Iterable[Table | Text]:
    """Yield what stands behind a figure: by rule, by place, by pot, by bill line."""
    about = [found.computed.month, found.component, found.day.isoformat() if found.day else None, found.computed.status]
    title = f"{found.hub}: {', '.join(text for text in about if text)}"
    if found.note:
        yield Text(f"note: {found.note}")
    figures = _table(title, ("Rule", "Basis", "Component"), ("Cost", "Coverage", ""))
    for currency in sorted({figure.currency for figure in found.figures}):
        of_currency = [figure for figure in found.figures if figure.currency == currency]
        shown = round_parts([figure.cost for figure in of_currency], currency)
        for figure, cost in zip(of_currency, shown, strict=True):
            figures.add_row(
                figure.rule,
                figure.basis,
                figure.component,
                format_amount(cost, currency),
                _percent(figure.coverage),
                currency,
            )
        figures.add_row("total", "", "", format_amount(sum(shown, Decimal(0)), currency), "", currency, style="bold")
    yield figures
    if found.places:
        places = _table("Split by use: the largest", ("Rule", "Where"), ("It cost", "Used", "", "Idle", "", ""))
        for place in found.places:
            places.add_row(
                place.rule,
                Text(f"{place.scope} {place.name}".strip()),
                _amount(place.cost, place.currency),
                _amount(place.used, place.currency),
                _share(place.used, place.cost),
                _amount(place.idle, place.currency),
                _share(place.idle, place.cost),
                place.currency,
            )
        yield places
    if found.pots:
        pots = _table("Spread by policy", ("Rule", "Pot", "Policy"), ("To spread", "The hub's", "", ""))
        for pot in found.pots:
            pots.add_row(
                pot.rule,
                pot.pot,
                pot.policy,
                _amount(pot.cost, pot.currency),
                _amount(pot.hub_cost, pot.currency),
                _share(pot.hub_cost, pot.cost),
                pot.currency,
            )
        yield pots
    if found.lines:
        lines = _table(
            "Bill lines: the largest", ("Rule", "Service", "What", "Resource"), ("Charges", "Cost", "The hub's", "")
        )
        for line in found.lines:
            lines.add_row(
                line.rule,
                Text(line.service),
                Text(line.sku),
                Text(line.resource),
                f"{line.charges:,}",
                _amount(line.cost, line.currency),
                _amount(line.hub_cost, line.currency),
                line.currency,
            )
        yield lines


def _table(title: str, left: Sequence[str], right: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold")
    for name in left:
        table.add_column(name, overflow="fold")
    for name in right:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _amount(amount: Decimal, currency: str) -> str:
    return format_amount(round_total(amount, currency), currency)


def _share(part: Decimal, whole: Decimal) -> str:
    return f"{(part / whole * 100).quantize(Decimal('0.1'))}%" if whole else ""
