"""What breaks FOCUS's rules, as a table for a terminal, and as CSV and JSON for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from analytics.focus_rules import Level
from analytics.show import csv_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from analytics.validate import Validation

COLUMNS = ("rule", "level", "count", "file", "row", "column", "value", "requirement", "reference")


def validation_table(found: Validation) -> Iterable[Table | Text]:
    """Yield a table of the broken rules with their first rows, and a sentence that sums it up."""
    if found.violations:
        table = Table(
            title=f"{found.subject}, against FOCUS {found.version}", title_justify="left", header_style="bold"
        )
        for name, right in (("Rule", False), ("Rows", True), ("Required", False), ("First found", False)):
            table.add_column(name, justify="right" if right else "left", overflow="fold")
        for each in found.violations:
            rule, column = each.rule, each.rule.columns[0]
            told = Text("\n").join(
                Text(f"{_where(place.file, place.row)} {_values(place.values)}") for place in each.places
            )
            table.add_row(
                Text(rule.id if rule.level is Level.MUST else f"{rule.id} (should)"),
                f"{each.count:,}",
                Text(f"{column} {rule.requirement} [{rule.reference}]"),
                told,
            )
        yield table
    yield Text(summary(found))


def summary(found: Validation) -> str:
    """Return one line for people."""
    broken = sum(each.rule.level is Level.MUST for each in found.violations)
    warned = len(found.violations) - broken
    verdict = f"{broken} rule{'s'[: broken != 1]} broken" if broken else f"conforms to FOCUS {found.version}"
    return f"{found.subject}: {found.rows:,} rows: {verdict}" + (
        f", {warned} recommendation{'s'[: warned != 1]} not followed" if warned else ""
    )


def validation_text(found: Validation, form: str) -> str:
    """Return `json`, or `csv` with a line per row told of."""
    lines = [
        {
            "rule": each.rule.id,
            "level": each.rule.level.value,
            "count": each.count,
            "file": place.file,
            "row": place.row,
            "column": each.rule.columns[0],
            "value": place.values.get(each.rule.columns[0]),
            "values": dict(place.values),
            "requirement": each.rule.requirement,
            "reference": each.rule.reference,
        }
        for each in found.violations
        for place in each.places
    ]
    if form == "json":
        head = {"subject": found.subject, "version": found.version, "rows": found.rows, "conforms": found.conforms}
        return json.dumps({**head, "violations": lines}, indent=2, ensure_ascii=False) + "\n"
    return csv_text(COLUMNS, ([line[name] for name in COLUMNS] for line in lines))


def _where(file: str, row: int | None) -> str:
    name = file.rsplit("/", 1)[-1]
    return f"{name}:" if row is None else f"{name} row {row}:"


def _values(values: Mapping[str, str | None]) -> str:
    return ", ".join(f"{name} {'null' if value is None else repr(value)}" for name, value in values.items())
