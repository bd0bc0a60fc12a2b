"""The lines of documents as CSV: one row a line, the same columns for every document, numbers as plain digits."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from billing.cells import held
from billing.document_checks import check
from billing.einvoice import digits
from billing.voice import Voice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from billing.document import Document, Line

COLUMNS = (
    "document",
    "document_kind",
    "status",
    "issue_date",
    "due_date",
    "period_start",
    "period_end",
    "community",
    "payer",
    "purchase_order",
    "buyer_reference",
    "corrects",
    "line",
    "line_kind",
    "hub",
    "component",
    "award",
    "description",
    "quantity",
    "unit",
    "price",
    "amount",
    "currency",
    "tax_category",
    "tax_rate",
)


def write(documents: Iterable[Document]) -> bytes:
    """Return the lines of documents, in their order, as CSV in UTF-8 (RFC 4180).

    Amounts of a credit note are positive, as on the note. Raises Unsound if a document's sums don't agree.
    """
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for document in documents:
        check(document)
        rows.writerows(_row(document, line) for line in document.lines)
    return text.getvalue().encode()


def _row(document: Document, line: Line) -> tuple[str, ...]:
    return (
        held(document.number or ""),
        document.kind,
        document.status,
        document.issue_date.isoformat(),
        document.due_date.isoformat(),
        document.period_start.isoformat(),
        document.period_end.isoformat(),
        held(document.community),
        held(document.payer.name),
        held(document.purchase_order),
        held(document.buyer_reference),
        held(document.corrects.number if document.corrects else ""),
        held(line.id),
        line.kind,
        held(line.hub),
        held(line.component),
        held(line.award),
        held(Voice.of(document).say(line.text)),
        digits(line.quantity),
        line.unit,
        digits(line.price),
        digits(line.net),
        document.currency,
        line.tax,
        digits(line.tax_rate),
    )
