"""A document in UN/CEFACT Cross Industry Invoice D22B, in the EN 16931 profile: the XML inside a Factur-X PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing import einvoice
from billing.document import Document, TaxCategory
from billing.einvoice import digits
from billing.voice import Voice
from billing.xml_tree import Tree, says

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from billing.document import Line, Party

UNCEFACT = "urn:un:unece:uncefact:data:"
NAMESPACES: dict[str | None, str] = {
    "rsm": f"{UNCEFACT}standard:CrossIndustryInvoice:100",
    "ram": f"{UNCEFACT}standard:ReusableAggregateBusinessInformationEntity:100",
    "qdt": f"{UNCEFACT}standard:QualifiedDataType:100",
    "udt": f"{UNCEFACT}standard:UnqualifiedDataType:100",
}
DAY = "102"  # UNCL 2379: CCYYMMDD


def write(document: Document) -> bytes:
    """Return the document in CII.

    Raises Unsound if its sums don't agree, NotExpressible if it is a draft or has amounts of three decimals.
    """
    einvoice.require(document)
    voice = Voice.of(document)
    root = Tree.root("rsm:CrossIndustryInvoice", NAMESPACES)
    context = root.add("rsm:ExchangedDocumentContext")
    context.add("ram:GuidelineSpecifiedDocumentContextParameter").add("ram:ID", einvoice.EN16931)
    head = root.add("rsm:ExchangedDocument")
    head.add("ram:ID", document.number)
    head.add("ram:TypeCode", einvoice.TYPE_CODES[document.kind])
    _day(head.add("ram:IssueDateTime"), document.issue_date)
    if note := einvoice.note(document, voice):
        head.add("ram:IncludedNote").add("ram:Content", note)
    trade = root.add("rsm:SupplyChainTradeTransaction")
    for line in document.lines:
        _line(trade.add("ram:IncludedSupplyChainTradeLineItem"), line, voice)
    _agreement(trade.add("ram:ApplicableHeaderTradeAgreement"), document)
    delivery = trade.add("ram:ApplicableHeaderTradeDelivery").add("ram:ActualDeliverySupplyChainEvent")
    _day(delivery.add("ram:OccurrenceDateTime"), document.period_end)
    _settlement(trade.add("ram:ApplicableHeaderTradeSettlement"), document, voice)
    return root.to_bytes()


def _line(tree: Tree, line: Line, voice: Voice) -> None:
    price = einvoice.price(line)
    tree.add("ram:AssociatedDocumentLineDocument").add("ram:LineID", line.id)
    product = tree.add("ram:SpecifiedTradeProduct")
    product.add("ram:Name", voice.say(line.text))
    for label, value in einvoice.properties(line, voice):
        further = product.add("ram:ApplicableProductCharacteristic")
        further.add("ram:Description", label)
        further.add("ram:Value", value)
    net = tree.add("ram:SpecifiedLineTradeAgreement").add("ram:NetPriceProductTradePrice")
    net.add("ram:ChargeAmount", digits(price.amount))
    if price.quantity != 1:
        net.add("ram:BasisQuantity", digits(price.quantity), unitCode=line.unit)
    tree.add("ram:SpecifiedLineTradeDelivery").add("ram:BilledQuantity", digits(line.quantity), unitCode=line.unit)
    settlement = tree.add("ram:SpecifiedLineTradeSettlement")
    tax = settlement.add("ram:ApplicableTradeTax")
    tax.add("ram:TypeCode", "VAT")
    tax.add("ram:CategoryCode", line.tax)
    if line.tax is not TaxCategory.OUTSIDE_SCOPE:
        tax.add("ram:RateApplicablePercent", digits(line.tax_rate))
    total = settlement.add("ram:SpecifiedTradeSettlementLineMonetarySummation")
    total.add("ram:LineTotalAmount", einvoice.amount(line.net))


def _agreement(tree: Tree, document: Document) -> None:
    tree.maybe("ram:BuyerReference", document.buyer_reference)
    _party(tree.add("ram:SellerTradeParty"), document, document.issuer)
    _party(tree.add("ram:BuyerTradeParty"), document, document.payer)
    if says(document.purchase_order):
        tree.add("ram:BuyerOrderReferencedDocument").add("ram:IssuerAssignedID", document.purchase_order)
    if says(document.contract):
        tree.add("ram:ContractReferencedDocument").add("ram:IssuerAssignedID", document.contract)


def _party(tree: Tree, document: Document, party: Party) -> None:
    tree.maybe("ram:ID", einvoice.identifier(document, party))
    tree.add("ram:Name", party.name)
    if says(party.registration):
        tree.add("ram:SpecifiedLegalOrganization").add("ram:ID", party.registration)
    if any(map(says, (party.contact, party.phone, party.email))):
        contact = tree.add("ram:DefinedTradeContact")
        contact.maybe("ram:DepartmentName", party.contact)
        if says(party.phone):
            contact.add("ram:TelephoneUniversalCommunication").add("ram:CompleteNumber", party.phone)
        if says(party.email):
            contact.add("ram:EmailURIUniversalCommunication").add("ram:URIID", party.email)
    address = tree.add("ram:PostalTradeAddress")
    first, second, *rest = (*party.address, "", "")
    address.maybe("ram:PostcodeCode", party.postcode)
    address.maybe("ram:LineOne", first)
    address.maybe("ram:LineTwo", second)
    address.maybe("ram:LineThree", ", ".join(line for line in rest if says(line)))
    address.maybe("ram:CityName", party.city)
    address.add("ram:CountryID", party.country)
    address.maybe("ram:CountrySubDivisionName", party.subdivision)
    if says(party.electronic_address):
        tree.add("ram:URIUniversalCommunication").add("ram:URIID", party.electronic_address, schemeID=party.scheme)
    if says(vat_id := einvoice.vat_id(document, party)):
        tree.add("ram:SpecifiedTaxRegistration").add("ram:ID", vat_id, schemeID="VA")
    if party is document.issuer and says(party.tax_number):
        tree.add("ram:SpecifiedTaxRegistration").add("ram:ID", party.tax_number, schemeID="FC")


def _settlement(tree: Tree, document: Document, voice: Voice) -> None:
    tree.add("ram:PaymentReference", document.number)
    tree.add("ram:InvoiceCurrencyCode", document.currency)
    _payment(tree, document)
    for tax in document.taxes:
        subtotal = tree.add("ram:ApplicableTradeTax")
        subtotal.add("ram:CalculatedAmount", einvoice.amount(tax.tax))
        subtotal.add("ram:TypeCode", "VAT")
        subtotal.maybe("ram:ExemptionReason", tax.reason)
        subtotal.add("ram:BasisAmount", einvoice.amount(tax.taxable))
        subtotal.add("ram:CategoryCode", tax.category)
        subtotal.maybe("ram:ExemptionReasonCode", tax.reason_code)
        if tax.category is not TaxCategory.OUTSIDE_SCOPE:
            subtotal.add("ram:RateApplicablePercent", digits(tax.rate))
    period = tree.add("ram:BillingSpecifiedPeriod")
    _day(period.add("ram:StartDateTime"), document.period_start)
    _day(period.add("ram:EndDateTime"), document.period_end)
    terms = tree.add("ram:SpecifiedTradePaymentTerms")
    terms.add("ram:Description", einvoice.terms(document, voice))
    _day(terms.add("ram:DueDateDateTime"), document.due_date)
    _totals(tree.add("ram:SpecifiedTradeSettlementHeaderMonetarySummation"), document)
    if document.corrects is not None:
        corrected = tree.add("ram:InvoiceReferencedDocument")
        corrected.add("ram:IssuerAssignedID", document.corrects.number)
        _day(corrected.add("ram:FormattedIssueDateTime"), document.corrects.issue_date, kind="qdt")


def _payment(tree: Tree, document: Document) -> None:
    bank = document.bank
    if bank is None:
        return
    means = tree.add("ram:SpecifiedTradeSettlementPaymentMeans")
    means.add("ram:TypeCode", einvoice.payment_means(document))
    account = means.add("ram:PayeePartyCreditorFinancialAccount")
    iban = einvoice.is_iban(bank.account)
    if iban:
        account.add("ram:IBANID", bank.account.replace(" ", ""))
    account.maybe("ram:AccountName", bank.holder)
    if not iban:
        account.add("ram:ProprietaryID", bank.account)
    if einvoice.BIC.fullmatch(bank.bank):
        means.add("ram:PayeeSpecifiedCreditorFinancialInstitution").add("ram:BICID", bank.bank)


def _totals(tree: Tree, document: Document) -> None:
    totals = document.totals
    tree.add("ram:LineTotalAmount", einvoice.amount(totals.lines))
    tree.add("ram:TaxBasisTotalAmount", einvoice.amount(totals.tax_exclusive))
    tree.add("ram:TaxTotalAmount", einvoice.amount(totals.tax), currencyID=document.currency)
    _maybe(tree, "ram:RoundingAmount", totals.rounding)
    tree.add("ram:GrandTotalAmount", einvoice.amount(totals.tax_inclusive))
    _maybe(tree, "ram:TotalPrepaidAmount", totals.prepaid)
    tree.add("ram:DuePayableAmount", einvoice.amount(totals.payable))


def _maybe(tree: Tree, name: str, amount: Decimal) -> None:
    if amount:
        tree.add(name, einvoice.amount(amount))


def _day(tree: Tree, day: date, kind: str = "udt") -> None:
    tree.add(f"{kind}:DateTimeString", f"{day:%Y%m%d}", format=DAY)
