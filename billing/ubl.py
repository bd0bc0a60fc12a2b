"""A document in UBL 2.1: an Invoice or a CreditNote by EN 16931, and by Peppol BIS Billing 3 where it has what that asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from billing import einvoice
from billing.document import Document, Kind, TaxCategory
from billing.document_checks import check
from billing.einvoice import digits
from billing.voice import Voice
from billing.xml_tree import Tree, says

if TYPE_CHECKING:
    from decimal import Decimal

    from billing.document import Line, Party

OASIS = "urn:oasis:names:specification:ubl:schema:xsd:"


@dataclass(frozen=True, slots=True)
class _Names:
    """What differs between an Invoice and a CreditNote."""

    root: str
    type_code: str
    line: str
    quantity: str


INVOICE = _Names("Invoice", "cbc:InvoiceTypeCode", "cac:InvoiceLine", "cbc:InvoicedQuantity")
CREDIT_NOTE = _Names("CreditNote", "cbc:CreditNoteTypeCode", "cac:CreditNoteLine", "cbc:CreditedQuantity")


def write(document: Document) -> bytes:
    """Return the document in UBL. A debit note is an Invoice of type 383.

    Where amounts have three decimals, which EN 16931 forbids, the file claims UBL 2.1 and no more.

    Raises Unsound if its sums don't agree, NotExpressible if it is a draft.
    """
    check(document)
    einvoice.require_issued(document)
    names = CREDIT_NOTE if document.kind is Kind.CREDIT_NOTE else INVOICE
    voice = Voice.of(document)
    root = Tree.root(
        names.root,
        {
            None: f"{OASIS}{names.root}-2",
            "cac": f"{OASIS}CommonAggregateComponents-2",
            "cbc": f"{OASIS}CommonBasicComponents-2",
        },
    )
    _head(root, document, names, voice)
    _party(root.add("cac:AccountingSupplierParty").add("cac:Party"), document, document.issuer)
    _party(root.add("cac:AccountingCustomerParty").add("cac:Party"), document, document.payer)
    root.add("cac:Delivery").add("cbc:ActualDeliveryDate", document.period_end.isoformat())
    _payment(root, document, voice)
    _taxes(root, document)
    _totals(root, document)
    for line in document.lines:
        _line(root.add(names.line), document, line, names, voice)
    return root.to_bytes()


def _head(root: Tree, document: Document, names: _Names, voice: Voice) -> None:
    if not einvoice.has_two_decimals(document):
        root.add("cbc:UBLVersionID", "2.1")
    elif einvoice.is_peppol(document):
        root.add("cbc:CustomizationID", einvoice.PEPPOL)
        root.add("cbc:ProfileID", einvoice.PEPPOL_PROCESS)
    else:
        root.add("cbc:CustomizationID", einvoice.EN16931)
    root.add("cbc:ID", document.number)
    root.add("cbc:IssueDate", document.issue_date.isoformat())
    if names is INVOICE:
        root.add("cbc:DueDate", document.due_date.isoformat())
    root.add(names.type_code, einvoice.TYPE_CODES[document.kind])
    root.maybe("cbc:Note", einvoice.note(document, voice))
    root.add("cbc:DocumentCurrencyCode", document.currency)
    root.maybe("cbc:BuyerReference", document.buyer_reference)
    period = root.add("cac:InvoicePeriod")
    period.add("cbc:StartDate", document.period_start.isoformat())
    period.add("cbc:EndDate", document.period_end.isoformat())
    if says(document.purchase_order):
        root.add("cac:OrderReference").add("cbc:ID", document.purchase_order)
    if document.corrects is not None:
        corrected = root.add("cac:BillingReference").add("cac:InvoiceDocumentReference")
        corrected.add("cbc:ID", document.corrects.number)
        corrected.add("cbc:IssueDate", document.corrects.issue_date.isoformat())
    if says(document.contract):
        root.add("cac:ContractDocumentReference").add("cbc:ID", document.contract)


def _party(tree: Tree, document: Document, party: Party) -> None:
    if says(party.electronic_address):
        tree.add("cbc:EndpointID", party.electronic_address, schemeID=party.scheme)
    if says(identifier := einvoice.identifier(document, party)):
        tree.add("cac:PartyIdentification").add("cbc:ID", identifier)
    tree.add("cac:PartyName").add("cbc:Name", party.name)
    address = tree.add("cac:PostalAddress")
    first, second, *rest = (*party.address, "", "")
    address.maybe("cbc:StreetName", first)
    address.maybe("cbc:AdditionalStreetName", second)
    address.maybe("cbc:CityName", party.city)
    address.maybe("cbc:PostalZone", party.postcode)
    address.maybe("cbc:CountrySubentity", party.subdivision)
    if says(third := ", ".join(line for line in rest if says(line))):
        address.add("cac:AddressLine").add("cbc:Line", third)
    address.add("cac:Country").add("cbc:IdentificationCode", party.country)
    if says(vat_id := einvoice.vat_id(document, party)):
        _tax_registration(tree, vat_id, "VAT")
    if party is document.issuer and says(party.tax_number):
        _tax_registration(tree, party.tax_number, "TAX")
    legal = tree.add("cac:PartyLegalEntity")
    legal.add("cbc:RegistrationName", party.name)
    legal.maybe("cbc:CompanyID", party.registration)
    if any(map(says, (party.contact, party.phone, party.email))):
        contact = tree.add("cac:Contact")
        contact.maybe("cbc:Name", party.contact)
        contact.maybe("cbc:Telephone", party.phone)
        contact.maybe("cbc:ElectronicMail", party.email)


def _tax_registration(tree: Tree, number: str, scheme: str) -> None:
    registration = tree.add("cac:PartyTaxScheme")
    registration.add("cbc:CompanyID", number)
    registration.add("cac:TaxScheme").add("cbc:ID", scheme)


def _payment(root: Tree, document: Document, voice: Voice) -> None:
    if document.bank is not None:
        means = root.add("cac:PaymentMeans")
        means.add("cbc:PaymentMeansCode", einvoice.payment_means(document))
        means.add("cbc:PaymentID", document.number)
        account = means.add("cac:PayeeFinancialAccount")
        account.add("cbc:ID", document.bank.account.replace(" ", ""))
        account.maybe("cbc:Name", document.bank.holder)
        if says(document.bank.bank):
            account.add("cac:FinancialInstitutionBranch").add("cbc:ID", document.bank.bank)
    root.add("cac:PaymentTerms").add("cbc:Note", einvoice.terms(document, voice))


def _taxes(root: Tree, document: Document) -> None:
    total = root.add("cac:TaxTotal")
    _amount(total, document, "cbc:TaxAmount", document.totals.tax)
    for tax in document.taxes:
        subtotal = total.add("cac:TaxSubtotal")
        _amount(subtotal, document, "cbc:TaxableAmount", tax.taxable)
        _amount(subtotal, document, "cbc:TaxAmount", tax.tax)
        category = subtotal.add("cac:TaxCategory")
        category.add("cbc:ID", tax.category)
        if tax.category is not TaxCategory.OUTSIDE_SCOPE:
            category.add("cbc:Percent", digits(tax.rate))
        category.maybe("cbc:TaxExemptionReasonCode", tax.reason_code)
        category.maybe("cbc:TaxExemptionReason", tax.reason)
        category.add("cac:TaxScheme").add("cbc:ID", "VAT")


def _totals(root: Tree, document: Document) -> None:
    totals = document.totals
    total = root.add("cac:LegalMonetaryTotal")
    _amount(total, document, "cbc:LineExtensionAmount", totals.lines)
    _amount(total, document, "cbc:TaxExclusiveAmount", totals.tax_exclusive)
    _amount(total, document, "cbc:TaxInclusiveAmount", totals.tax_inclusive)
    if totals.prepaid:
        _amount(total, document, "cbc:PrepaidAmount", totals.prepaid)
    if totals.rounding:
        _amount(total, document, "cbc:PayableRoundingAmount", totals.rounding)
    _amount(total, document, "cbc:PayableAmount", totals.payable)


def _line(tree: Tree, document: Document, line: Line, names: _Names, voice: Voice) -> None:
    price = einvoice.price(line)
    tree.add("cbc:ID", line.id)
    tree.add(names.quantity, digits(line.quantity), unitCode=line.unit)
    _amount(tree, document, "cbc:LineExtensionAmount", line.net)
    item = tree.add("cac:Item")
    item.add("cbc:Name", voice.say(line.text))
    category = item.add("cac:ClassifiedTaxCategory")
    category.add("cbc:ID", line.tax)
    if line.tax is not TaxCategory.OUTSIDE_SCOPE:
        category.add("cbc:Percent", digits(line.tax_rate))
    category.add("cac:TaxScheme").add("cbc:ID", "VAT")
    for label, value in einvoice.properties(line, voice):
        further = item.add("cac:AdditionalItemProperty")
        further.add("cbc:Name", label)
        further.add("cbc:Value", value)
    amount = tree.add("cac:Price")
    amount.add("cbc:PriceAmount", digits(price.amount), currencyID=document.currency)
    if price.quantity != 1:
        amount.add("cbc:BaseQuantity", digits(price.quantity), unitCode=line.unit)


def _amount(tree: Tree, document: Document, name: str, amount: Decimal) -> None:
    tree.add(name, einvoice.amount(amount), currencyID=document.currency)
