"""What UBL and CII have in common: what EN 16931 allows, its type codes, and the terms derived from a document."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from billing.document import Document, Kind, Status, TaxCategory
from billing.document_checks import check, name
from billing.xml_tree import says, writable

if TYPE_CHECKING:
    from billing.document import Line, Party
    from billing.voice import Voice

EN16931 = "urn:cen.eu:en16931:2017"
PEPPOL = f"{EN16931}#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
PEPPOL_PROCESS = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"

# UNCL 1001
TYPE_CODES = {Kind.INVOICE: "380", Kind.CREDIT_NOTE: "381", Kind.DEBIT_NOTE: "383"}

CREDIT_TRANSFER = "30"  # UNCL 4461
SEPA_CREDIT_TRANSFER = "58"
IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")

# PEPPOL-EN16931-R120: how far quantity × price may be from a line's amount.
SLACK = Decimal("0.02")
CENT = Decimal("0.01")


class NotExpressible(Exception):
    """A sound document that EN 16931 can't say: a draft, or an amount with three decimals."""


@dataclass(frozen=True, slots=True)
class Price:
    """An item's price for so many of its unit."""

    amount: Decimal
    quantity: Decimal


def require(document: Document) -> None:
    """Raise Unsound or NotExpressible if the document can't be an EN 16931 invoice."""
    check(document)
    require_issued(document)
    if not has_two_decimals(document):
        raise NotExpressible(
            f"{name(document)}: EN 16931 knows amounts of two decimals, and some here in {document.currency} have three; "
            "send the PDF, or the UBL file, which then claims UBL 2.1 alone"
        )


def require_issued(document: Document) -> None:
    """Raise NotExpressible for a draft: it has no number, so no machine shall book it."""
    if document.status is Status.DRAFT:
        raise NotExpressible(f"{name(document)}: a draft is no invoice; issue it first")


def has_two_decimals(document: Document) -> bool:
    """Whether every amount can be written with two decimals, as EN 16931 asks (BR-DEC)."""
    totals = document.totals
    amounts = [totals.lines, totals.tax, totals.tax_inclusive, totals.prepaid, totals.rounding, totals.payable]
    amounts += [line.net for line in document.lines]
    amounts += [amount for tax in document.taxes for amount in (tax.taxable, tax.tax)]
    return all(amount == amount.quantize(CENT) for amount in amounts)


def is_peppol(document: Document) -> bool:
    """Whether the document has what Peppol BIS 3 asks beyond EN 16931: both electronic addresses and a reference, and
    where both parties are in Germany what its rules DE-R-001 to 015 ask."""
    addressed = all(
        says(party.electronic_address) and says(party.scheme) for party in (document.issuer, document.payer)
    )
    referenced = says(document.buyer_reference) or says(document.purchase_order)
    german = document.issuer.country == document.payer.country == "DE"
    return addressed and referenced and (_german(document) or not german)


def _german(document: Document) -> bool:
    issuer, payer = document.issuer, document.payer
    asked = (issuer.contact, issuer.phone, issuer.email, issuer.city, issuer.postcode, payer.city, payer.postcode)
    return document.bank is not None and all(map(says, (*asked, document.buyer_reference)))


def price(line: Line) -> Price:
    """Return the line's price; where it was rounded to units so large that quantity × price is too far from the amount
    (yen), the amount itself is the price of the whole quantity."""
    if abs(line.quantity * line.price - line.net) <= SLACK or not line.quantity or line.net / line.quantity < 0:
        return Price(line.price, Decimal(1))
    return Price(abs(line.net), abs(line.quantity))


def vat_id(document: Document, party: Party) -> str:
    """Return the party's VAT identifier. BR-O-02 wants none where nothing is within the scope of VAT."""
    outside = any(tax.category is TaxCategory.OUTSIDE_SCOPE for tax in document.taxes)
    return "" if outside else party.vat_id.replace(" ", "")


def identifier(document: Document, party: Party) -> str:
    """Return an identifier for a party that would have none otherwise (BR-CO-26), or that has no other place for it."""
    if party is document.payer:
        return party.tax_number
    return "" if says(party.registration) or vat_id(document, party) else party.tax_number or party.vat_id


def note(document: Document, voice: Voice) -> str:
    """Return the document's notes as one text: Peppol allows one note (R002)."""
    basis = document.basis
    parts = [voice.say(document.reason)] if document.reason else []
    parts += [voice.say(phrase) for phrase in document.notes]
    if basis.bills == "provisional":
        parts.append(f"{voice.word('bills')}: {voice.word('provisional')}. {basis.provisional_reason}".strip())
    for award in document.awards:
        parts.append(f"{voice.word('award')} {award.code}, {award.funder}: {voice.money(award.charged)}")
    for told in document.information:
        parts.append(voice.say(told.text) + (f": {voice.money(told.amount)}" if told.amount is not None else ""))
    return writable("\n".join(parts)).strip()


def terms(document: Document, voice: Voice) -> str:
    """Return the terms of payment."""
    if document.payment_terms is not None:
        return voice.say(document.payment_terms)
    return f"{voice.word('due_date')}: {voice.date(document.due_date)}"


def properties(line: Line, voice: Voice) -> tuple[tuple[str, str], ...]:
    """Return what else a line says of its item, as names and values."""
    said = (
        (voice.word("hub"), line.hub),
        (voice.word("component"), voice.word(line.component, "components") if line.component else ""),
        (voice.word("award"), line.award),
    )
    return tuple((label, value) for label, value in said if says(value))


def is_iban(account: str) -> bool:
    """Whether an account number looks like an IBAN."""
    return IBAN.fullmatch(account.replace(" ", "").upper()) is not None


def payment_means(document: Document) -> str:
    """Return the code of how to pay: SEPA for euros to an IBAN, else a credit transfer."""
    account = document.bank.account if document.bank else ""
    return SEPA_CREDIT_TRANSFER if document.currency == "EUR" and is_iban(account) else CREDIT_TRANSFER


def amount(number: Decimal) -> str:
    """Return an amount as XML has it: with no more than two decimals where the others are 0 (BR-DEC)."""
    cents = number.quantize(CENT)
    return digits(cents if cents == number and number.as_tuple().exponent != 0 else number)


def digits(number: Decimal) -> str:
    """Return a number as XML has it: no exponent, no negative zero."""
    return f"{number if number else abs(number):f}"
