"""The workbook: typed cells, a sheet a part, no formula whatever a text says; other programs open it."""

from __future__ import annotations

import csv
import io
import subprocess
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from openpyxl import load_workbook

from billing import xlsx
from billing.document import Document, Language, Phrase
from tests.any_document import LOCALES, documents
from tests.fixtures_documents import draft, invoice, line

if TYPE_CHECKING:
    from pathlib import Path

    from openpyxl import Workbook


def _opened(document: Document) -> Workbook:
    return load_workbook(io.BytesIO(xlsx.write(document)))


def test_cells_are_of_the_type_of_what_they_say() -> None:
    book = _opened(invoice())

    assert book.sheetnames == ["Invoice", "Lines", "Hubs × components", "Tax", "Versions of the data"]
    facts = {row[0].value: row[1] for row in book["Invoice"].iter_rows()}
    assert (facts["Number"].value, facts["Number"].data_type) == ("HUB-2026-0042", "s")
    assert facts["Date"].value == datetime(2026, 11, 5)  # noqa: DTZ001 - spreadsheets have no time zones
    assert facts["Date"].is_date
    assert (facts["Amount due"].value, facts["Amount due"].data_type) == (3819.66, "n")
    assert facts["Amount due"].number_format == "#,##0.00"
    total = list(book["Lines"].iter_rows(values_only=True))[-1]
    assert (total[0], total[9]) == ("Sum of lines", 3209.8)
    assert list(book["Hubs × components"].iter_rows(values_only=True))[-1] == (
        "Total",
        1011.79,
        472.69,
        335.41,
        174.91,
        1994.8,
    )
    assert list(book["Tax"].iter_rows(values_only=True))[1][:4] == ("S", 19, 3209.8, 609.86)
    assert ("charges", 12) in [row[:2] for row in book["Versions of the data"].iter_rows(values_only=True)]


@settings(max_examples=25)
@given(documents())
def test_any_document_has_its_lines_and_no_formula(document: Document) -> None:
    book = _opened(document)

    rows = list(book.worksheets[1].iter_rows(min_row=2, max_row=1 + len(document.lines)))
    assert [Decimal(str(row[9].value)) for row in rows] == [part.net for part in document.lines]
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)


@pytest.mark.parametrize("said", ["=1+1", "+1", "-1", "@sum(a1)", '=HYPERLINK("http://x.example")', "\t=1"])
def test_a_text_that_looks_like_a_formula_stays_text(said: str) -> None:
    cell = _opened(invoice(parts=(line(1, "10.00", text=Phrase.text(said)),))).worksheets[1]["F2"]

    assert (cell.value, cell.data_type, cell.quotePrefix) == (said, "s", True)


def test_the_same_document_gives_the_same_bytes() -> None:
    first, second = (xlsx.write(invoice()) for _ in range(2))

    assert first == second
    assert _opened(invoice()).properties.modified == datetime(2026, 11, 5)  # noqa: DTZ001


def test_a_price_keeps_its_decimals() -> None:
    parts = (line(1, "3.16", quantity=Decimal(100), price=Decimal("0.031611")),)
    cell = _opened(invoice(parts=parts)).worksheets[1]["I2"]

    assert (cell.value, cell.number_format) == (0.031611, "0.000000")


def test_a_draft_says_that_it_is_one() -> None:
    facts = {row[0]: row[1] for row in _opened(draft()).worksheets[0].iter_rows(values_only=True)}

    assert (facts["Status"], facts["Number"]) == ("DRAFT", None)


@pytest.mark.parametrize("language", Language)
def test_sheets_have_names_that_spreadsheets_take(language: Language) -> None:
    names = _opened(invoice(language=language, number_format=LOCALES[language])).sheetnames

    assert len(set(names)) == 5
    assert all(0 < len(name) <= 31 for name in names)


@pytest.mark.slow
def test_libreoffice_opens_it(tmp_path: Path) -> None:
    (tmp_path / "invoice.xlsx").write_bytes(xlsx.write(replace(invoice(), purchase_order="=1+1")))

    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--headless",
            "--convert-to",
            "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1",
            "--outdir",
            str(tmp_path),
            str(tmp_path / "invoice.xlsx"),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )

    with (tmp_path / "invoice-Invoice.csv").open(encoding="utf-8", newline="") as file:
        facts = {row[0]: row[1] for row in csv.reader(file)}
    assert (facts["Amount due"], facts["Date"], facts["Purchase order"]) == ("3819.66", "2026-11-05", "=1+1")
    with (tmp_path / "invoice-Lines.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    assert Decimal(lines[-1][9]) == Decimal("3209.80")
