"""A document as a workbook: a sheet a part, numbers and dates as such, no formulas."""

from __future__ import annotations

import datetime
import io
import zipfile
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from lxml import etree
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.xml.constants import ARC_CORE, DCTERMS_NS

from billing.document import Document, Status
from billing.document_checks import check
from billing.hub_table import hub_table
from billing.pdf_page import HEADINGS
from billing.voice import Voice
from billing.xml_tree import writable
from terraform.currencies import minor_units

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

Value = str | Decimal | datetime.date | int | None
HEAD = Font(bold=True)
WASH = PatternFill("solid", start_color="EEF2F4")
LONGEST = 60  # characters, beyond which a column wraps
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def write(document: Document) -> bytes:
    """Return the document as XLSX; the same document gives the same bytes.

    Raises Unsound if its sums don't agree.
    """
    check(document)
    voice = Voice.of(document)
    book = Workbook()
    book.properties.title = writable(f"{voice.word(HEADINGS[document.kind])} {document.number or voice.word('draft')}")
    book.properties.creator = writable(document.issuer.name)
    book.properties.created = datetime.datetime.combine(document.issue_date, datetime.time())
    money = "#,##0" + ("." + "0" * decimals if (decimals := minor_units()[document.currency]) else "")
    first = book.worksheets[0]
    first.title = voice.word(HEADINGS[document.kind])
    _fill(first, _invoice(document, voice), money, head=False)
    for title, rows in (
        ("lines", _lines(document, voice)),
        ("hubs_table", _table(document, voice)),
        ("tax", _taxes(document, voice)),
        ("versions", _versions(document, voice)),
    ):
        _fill(book.create_sheet(_sheet_name(voice.word(title))), rows, money, head=True)
    out = io.BytesIO()
    book.save(out)
    return _dated(out.getvalue(), document.issue_date)


def _invoice(document: Document, voice: Voice) -> list[list[Value]]:
    word, totals, corrects = voice.word, document.totals, document.corrects
    named: list[tuple[str, Value]] = [
        ("kind", word(HEADINGS[document.kind])),
        ("status", word("draft" if document.status is Status.DRAFT else "issued")),
        ("number", document.number),
        ("issue_date", document.issue_date),
        ("due_date", document.due_date),
        ("corrects", corrects.number if corrects else None),
        ("reason", voice.say(document.reason) if document.reason else None),
        ("from", document.issuer.name),
        ("to", document.payer.name),
        ("vat_id", document.payer.vat_id),
        ("community", document.community),
        ("buyer_reference", document.buyer_reference),
        ("purchase_order", document.purchase_order),
        ("contract", document.contract),
        ("currency", document.currency),
        ("total_without_tax", totals.tax_exclusive),
        ("tax", totals.tax),
        ("total_with_tax", totals.tax_inclusive),
        ("prepaid", totals.prepaid),
        ("rounding", totals.rounding),
        ("payable", totals.payable),
        ("account", document.bank.account if document.bank else None),
        ("terms", voice.say(document.payment_terms) if document.payment_terms else None),
        *(("information", voice.say(told.text)) for told in document.information),
        *(("notes", voice.say(note)) for note in document.notes),
        ("content_hash", document.content_hash),
        ("previous_hash", document.previous_hash),
    ]
    period: list[Value] = [word("period"), document.period_start, document.period_end]
    return (
        [[word(key), value] for key, value in named[:5]] + [period] + [[word(key), value] for key, value in named[5:]]
    )


def _lines(document: Document, voice: Voice) -> list[list[Value]]:
    keys = (
        "line",
        "kind",
        "hub",
        "component",
        "award",
        "description",
        "quantity",
        "unit",
        "price",
        "amount",
        "tax_category",
        "tax_rate",
    )
    rows: list[list[Value]] = [
        [
            line.id,
            voice.word(line.kind, "kinds"),
            line.hub,
            voice.word(line.component, "components"),
            line.award,
            voice.say(line.text),
            line.quantity,
            voice.word(line.unit, "units"),
            line.price,
            line.net,
            line.tax.value,
            line.tax_rate,
        ]
        for line in document.lines
    ]
    total: list[Value] = [voice.word("total_lines"), *(None,) * 8, document.totals.lines]
    return [[voice.word(key) for key in keys], *rows, total]


def _table(document: Document, voice: Voice) -> list[list[Value]]:
    table = hub_table(document.table)
    head: list[Value] = [
        voice.word("hub"),
        *(voice.word(name, "components") for name in table.components),
        voice.word("total"),
    ]
    rows: list[list[Value]] = [[row.hub or voice.word("no_hub"), *row.amounts, row.total] for row in table.rows]
    return [head, *rows, [voice.word("total"), *table.totals, table.total]]


def _taxes(document: Document, voice: Voice) -> list[list[Value]]:
    head: list[Value] = [voice.word(key) for key in ("tax_category", "tax_rate", "taxable", "tax", "tax_reason")]
    rows: list[list[Value]] = [
        [tax.category.value, tax.rate, tax.taxable, tax.tax, tax.reason] for tax in document.taxes
    ]
    return [head, *rows]


def _versions(document: Document, voice: Voice) -> list[list[Value]]:
    basis, word = document.basis, voice.word
    rows: list[list[Value]] = [[word("table"), word("version")]]
    rows += [[version.table, version.version] for version in basis.versions]
    rows += [[word("month"), basis.month], [word("bills"), word(basis.bills)], [word("coverage"), basis.coverage]]
    rows += [[f"{word('rates')} {rate.base}", rate.rate, rate.source] for rate in basis.rates]
    return rows


def _fill(sheet: Worksheet, rows: Sequence[Sequence[Value]], money: str, *, head: bool) -> None:
    for at, values in enumerate(rows, 1):
        for column, value in enumerate(values, 1):
            if value is not None and value != "":
                _set(sheet, at, column, value, money)
    for column in range(1, max(len(row) for row in rows) + 1):
        letter = get_column_letter(column)
        widest = max((len(str(row[column - 1] or "")) for row in rows if len(row) >= column), default=0)
        sheet.column_dimensions[letter].width = min(widest, LONGEST) + 3
    if head:
        for cell in sheet[1]:
            cell.font, cell.fill = HEAD, WASH
        sheet.freeze_panes = "A2"
    else:
        for row in sheet.iter_rows(max_col=1):
            row[0].font = HEAD


def _set(sheet: Worksheet, row: int, column: int, value: Value, money: str) -> None:
    cell = cast("Cell", sheet.cell(row, column))  # no cells are merged here
    if isinstance(value, str):
        cell.value = writable(value)
        cell.data_type = "s"  # a text that begins with = is no formula
        cell.quotePrefix = True
        cell.alignment = Alignment(wrap_text=len(value) > LONGEST, vertical="top")
        return
    cell.value = value
    if isinstance(value, Decimal):
        decimals = -int(value.normalize().as_tuple().exponent)
        shown = len(money.partition(".")[2])
        cell.number_format = money if decimals <= shown else "0." + "0" * decimals
    elif isinstance(value, datetime.date):
        cell.number_format = "yyyy-mm-dd"


def _sheet_name(title: str) -> str:
    """Excel allows 31 characters, and none of these."""
    return "".join("-" if character in "[]:*?/\\" else character for character in title)[:31]


def _dated(book: bytes, day: datetime.date) -> bytes:
    """The same workbook without the times at which it was written: the parts have none, and its own is `day`."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = old.read(part)
            if part.filename == ARC_CORE:
                core = etree.fromstring(content)
                for modified in core.iterfind(f"{{{DCTERMS_NS}}}modified"):
                    modified.text = f"{day:%Y-%m-%d}T00:00:00Z"
                content = etree.tostring(core, xml_declaration=True, encoding="UTF-8")
            new.writestr(zipfile.ZipInfo(part.filename, ZIP_TIME), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
