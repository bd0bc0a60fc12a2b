"""The CSV of lines: read back by csv and by DuckDB, text never a formula."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import given

from billing import csv_lines
from billing.cells import held
from billing.document import Document, Kind, Phrase
from tests.any_document import documents
from tests.fixtures_documents import draft, invoice, line

if TYPE_CHECKING:
    from pathlib import Path


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


@given(documents())
def test_any_document_has_a_row_a_line_and_nothing_is_a_formula(document: Document) -> None:
    rows = _rows(csv_lines.write([document]))

    assert [(row["line"], Decimal(row["amount"])) for row in rows] == [(part.id, part.net) for part in document.lines]
    numbers = {"quantity", "price", "amount", "tax_rate"}
    assert not [
        value
        for row in rows
        for key, value in row.items()
        if key not in numbers and value.startswith(("=", "+", "-", "@"))
    ]


def test_several_documents_stand_under_each_other(tmp_path: Path) -> None:
    content = csv_lines.write([invoice(), invoice(kind=Kind.CREDIT_NOTE, number="HUB-2026-0043"), draft()])
    (tmp_path / "lines.csv").write_bytes(content)

    found = duckdb.execute(
        f"select document, document_kind, status, sum(amount), count(*) from '{tmp_path}/lines.csv' group by all order by all"
    ).fetchall()
    assert [(*row[:3], round(row[3], 2), row[4]) for row in found] == [
        ("HUB-2026-0042", "invoice", "issued", 3209.8, 8),
        ("HUB-2026-0043", "credit note", "issued", 3209.8, 8),
        (None, "invoice", "draft", 3209.8, 8),
    ]


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@x", "'@x"),
        ("-1", "'-1"),
        ("+1", "'+1"),
        ("\t=1", "'\t=1"),
        ("\n=1", "'=1"),
        (" =1", "'=1"),
        ("\x00=1", "'=1"),
        ("a=1\nb", "a=1 b"),
        ("", ""),
    ],
)
def test_a_cell_is_never_a_formula_and_one_line(text: str, cell: str) -> None:
    assert held(text) == cell


def test_commas_and_quotes_are_quoted() -> None:
    (row,) = _rows(csv_lines.write([invoice(parts=(line(1, "10.00", text=Phrase.text('a "b", c')),))]))

    assert row["description"] == 'a "b", c'
