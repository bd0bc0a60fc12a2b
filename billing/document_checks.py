"""Whether a document is sound: its sums agree and nothing contradicts. Formats refuse one that is not."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from billing.document import Document, Kind, LineKind, Status, TaxCategory
from terraform.currencies import minor_units

if TYPE_CHECKING:
    from collections.abc import Iterator

WITH_REASON = (TaxCategory.EXEMPT, TaxCategory.REVERSE_CHARGE, TaxCategory.OUTSIDE_SCOPE)
ZERO = Decimal(0)


class Unsound(Exception):
    """A document contradicts itself; the message names it and everything that is wrong."""


def check(document: Document) -> None:
    """Raise Unsound if anything is wrong with the document."""
    if found := problems(document):
        raise Unsound(
            f"{name(document)}: {'; '.join(found)}. Draft it anew; if it is issued, void it with a credit note"
        )


def name(document: Document) -> str:
    """Return what to call the document in messages: its number, or whose draft it is."""
    return document.number or f"draft of {document.community} for {document.basis.month}"


def minor_unit(currency: str) -> Decimal:
    """Return the currency's smallest amount: 0.01 for USD, 1 for JPY, 0.001 for TND. Raises KeyError if there is none."""
    return Decimal(1).scaleb(-minor_units()[currency])


def problems(document: Document) -> tuple[str, ...]:
    """Return what is wrong with the document, () if nothing is."""
    if document.currency not in minor_units():
        return (f"'{document.currency}' is no currency of ISO 4217",)
    shape = (*_identity(document), *_amounts(document))
    if shape:
        return shape  # sums of what is no amount say nothing
    return (*_lines(document), *_taxes(document), *_totals(document), *_table(document), *_awards(document))


def _identity(document: Document) -> Iterator[str]:
    if (document.status is Status.ISSUED) != (document.number is not None):
        yield "an issued document has a number and a draft has none"
    if (document.kind is Kind.INVOICE) != (document.corrects is None):
        yield "a note cites the document it corrects, and an invoice cites none"
    if document.period_end < document.period_start:
        yield f"its period ends on {document.period_end}, before it begins on {document.period_start}"
    if document.due_date < document.issue_date:
        yield f"it is due on {document.due_date}, before its date {document.issue_date}"


def _amounts(document: Document) -> Iterator[str]:
    totals = document.totals
    amounts = {
        "lines": totals.lines,
        "without tax": totals.tax_exclusive,
        "tax": totals.tax,
        "with tax": totals.tax_inclusive,
        "prepaid": totals.prepaid,
        "payable": totals.payable,
        "rounding": totals.rounding,
        **{f"line {line.id}": line.net for line in document.lines},
        **{f"taxable {tax.category} {tax.rate}": tax.taxable for tax in document.taxes},
        **{f"tax {tax.category} {tax.rate}": tax.tax for tax in document.taxes},
        **{f"{cell.hub} × {cell.component}": cell.amount for cell in document.table},
    }
    unit = minor_unit(document.currency)
    for line in document.lines:
        if not (line.quantity.is_finite() and line.price.is_finite()):
            yield f"line {line.id}: {line.quantity} × {line.price} is no number"
    for what, amount in amounts.items():
        if not amount.is_finite() or amount != amount.quantize(unit):
            yield f"{what}: {amount} is not rounded to {unit} {document.currency}"


def _lines(document: Document) -> Iterator[str]:
    if not document.lines:
        yield "it has no lines"
    if len({line.id for line in document.lines}) != len(document.lines):
        yield "two lines have the same id"
    for line in document.lines:
        if line.price < 0:
            yield f"line {line.id}: its price {line.price} is negative; let the quantity be"
        if abs(line.quantity * line.price - line.net) > minor_unit(document.currency):
            yield f"line {line.id}: {line.quantity} × {line.price} is not {line.net}"


def _taxes(document: Document) -> Iterator[str]:
    taxable: dict[tuple[TaxCategory, Decimal], Decimal] = defaultdict(Decimal)
    for line in document.lines:
        taxable[line.tax, line.tax_rate] += line.net
    groups = {(tax.category, tax.rate): tax for tax in document.taxes}
    if set(groups) != set(taxable) or len(groups) != len(document.taxes):
        yield "its tax subtotals are not one for each category and rate of its lines"
        return
    if len({category for category, _ in groups}) > 1 and any(category == "O" for category, _ in groups):
        yield "lines outside the scope of VAT (O) stand beside lines within it; make two documents"
    for (category, rate), tax in groups.items():
        where = f"tax {category} {rate}"
        if tax.taxable != taxable[category, rate]:
            yield f"{where}: its lines come to {taxable[category, rate]}, not {tax.taxable}"
        if 2 * abs(tax.taxable * rate / 100 - tax.tax) > minor_unit(document.currency):
            yield f"{where}: {rate} % of {tax.taxable} is not {tax.tax}"
        if (category is TaxCategory.STANDARD) != (rate > 0):
            yield f"{where}: only the category S has a rate, and it has one"
        if (category in WITH_REASON) != bool(tax.reason or tax.reason_code):
            yield f"{where}: E, AE and O need the reason why no tax is due, S and Z have none"


def _totals(document: Document) -> Iterator[str]:
    totals = document.totals
    sums = (
        ("lines", totals.lines, sum((line.net for line in document.lines), ZERO)),
        ("total without tax", totals.tax_exclusive, totals.lines),
        ("tax", totals.tax, sum((tax.tax for tax in document.taxes), ZERO)),
        ("total with tax", totals.tax_inclusive, totals.tax_exclusive + totals.tax),
        ("payable", totals.payable, totals.tax_inclusive - totals.prepaid + totals.rounding),
    )
    for what, stated, due in sums:
        if stated != due:
            yield f"{what}: {stated} is stated, and the parts come to {due}"


def _table(document: Document) -> Iterator[str]:
    if not document.table:
        return
    hubs: dict[str, Decimal] = defaultdict(Decimal)
    for cell in document.table:
        hubs[cell.hub] += cell.amount
    for line in document.lines:
        if line.kind is LineKind.PASS_THROUGH:
            hubs[line.hub] -= line.net
    for hub, difference in sorted(hubs.items()):
        if difference:
            yield f"table of hubs and components: {hub or 'no hub'} is {difference} beside its lines"


def _awards(document: Document) -> Iterator[str]:
    known = {award.code for award in document.awards}
    for line in document.lines:
        if line.award and line.award not in known:
            yield f"line {line.id}: the grant {line.award} is not among the document's"
