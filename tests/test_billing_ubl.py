"""UBL 2.1 by EN 16931 and Peppol BIS 3: judged by the XSD and the official schematron, and read back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from billing import ubl
from billing.document import BankAccount, Document, Kind, Language, Phrase, TaxCategory, Unit
from billing.einvoice import EN16931, PEPPOL, NotExpressible
from tests import peppol_rules
from tests.any_document import LOCALES, documents
from tests.fixtures_documents import ISSUER, PAYER, draft, invoice, line, lines
from tests.fixtures_schematron import schema

if TYPE_CHECKING:
    from tests.fixtures_schematron import Judge

CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
NAMES = {"cbc": CBC, "cac": CAC}


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize(("category", "rate"), [("S", "19"), ("Z", "0"), ("E", "0"), ("AE", "0"), ("O", "0")])
def test_every_kind_and_tax_category_passes_the_schematron(
    schematron: Judge, kind: Kind, category: str, rate: str
) -> None:
    xml = ubl.write(invoice(kind=kind, parts=lines(TaxCategory(category), rate)))
    verdict = schematron(xml)

    assert verdict.broken == ()
    assert verdict.fired > 80
    assert _texts(xml, "cbc:CustomizationID") == [PEPPOL]
    assert peppol_rules.broken(xml) == []


@pytest.mark.parametrize("language", Language)
def test_every_language_passes_the_schematron(schematron: Judge, language: Language) -> None:
    document = invoice(language=language, number_format=LOCALES[language], prepaid="100.00")

    assert schematron(ubl.write(document)).broken == ()


def test_two_rates_and_an_exempt_part_have_a_subtotal_each(schematron: Judge) -> None:
    parts = (
        line(1, "100.00"),
        line(2, "50.00", tax_rate=Decimal("5.5")),
        line(3, "25.00", tax=TaxCategory.EXEMPT, tax_rate=Decimal(0)),
    )
    xml = ubl.write(invoice(parts=parts))

    assert schematron(xml).broken == ()
    assert _texts(xml, "cac:TaxTotal/cac:TaxSubtotal/cbc:TaxAmount") == ["0.00", "2.75", "19.00"]


def test_yen_have_no_decimals_and_a_price_for_the_whole_quantity(schematron: Judge) -> None:
    parts = (line(1, "1234"), line(2, "367", quantity=Decimal("3.5"), price=Decimal("104.8"), unit=Unit.HOUR))
    xml = ubl.write(invoice(parts=parts, currency="JPY"))

    assert schematron(xml).broken == ()
    assert _texts(xml, "cac:LegalMonetaryTotal/cbc:PayableAmount") == ["1905"]
    assert _texts(xml, "cac:InvoiceLine[2]/cac:Price/*") == ["367", "3.5"]
    assert peppol_rules.broken(xml) == []


def test_dinars_with_a_third_decimal_claim_ubl_alone() -> None:
    root = etree.fromstring(ubl.write(invoice(parts=(line(1, "12.345"),), currency="TND")))

    schema("Invoice").assertValid(root)
    assert root.findtext("cbc:CustomizationID", namespaces=NAMES) is None
    assert root.findtext("cbc:UBLVersionID", namespaces=NAMES) == "2.1"


def test_dinars_without_a_third_decimal_are_an_en_16931_invoice(schematron: Judge) -> None:
    parts = (line(1, "12.340", tax=TaxCategory.ZERO_RATED, tax_rate=Decimal(0)),)

    xml = ubl.write(invoice(parts=parts, currency="KWD"))

    assert schematron(xml).broken == ()
    assert _texts(xml, "cac:LegalMonetaryTotal/cbc:PayableAmount") == ["12.34"]


def test_a_document_claims_peppol_only_with_addresses_and_a_reference(schematron: Judge) -> None:
    unaddressed = invoice(payer=replace(PAYER, electronic_address="", scheme=""))
    unreferenced = invoice(buyer_reference="", purchase_order="")
    ordered = invoice(buyer_reference="")

    claims = [_texts(ubl.write(each), "cbc:CustomizationID") for each in (unaddressed, unreferenced, ordered)]
    assert claims == [[EN16931], [EN16931], [PEPPOL]]
    for each in (unaddressed, unreferenced, ordered):
        assert schematron(ubl.write(each)).broken == ()


def test_peppol_asks_more_between_germans(schematron: Judge) -> None:
    payer = replace(PAYER, country="DE", vat_id="DE136695976")
    whole = ubl.write(invoice(payer=payer))
    without_phone = ubl.write(invoice(payer=payer, issuer=replace(ISSUER, phone="")))

    assert (_texts(whole, "cbc:CustomizationID"), _texts(without_phone, "cbc:CustomizationID")) == ([PEPPOL], [EN16931])
    assert peppol_rules.broken(whole) == []
    assert schematron(without_phone).broken == ()


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("cac:AccountingCustomerParty/cac:Party/cbc:EndpointID", "R010"),
        ("cac:AccountingSupplierParty/cac:Party/cbc:EndpointID", "R020"),
        ("cbc:ProfileID", "R001"),
    ],
)
def test_peppols_rules_see_what_is_missing(path: str, rule: str) -> None:
    root = etree.fromstring(ubl.write(invoice(kind=Kind.INVOICE)))
    for found in root.iterfind(path, NAMES):
        found.getparent().remove(found)  # type: ignore[union-attr]

    assert rule in peppol_rules.broken(etree.tostring(root))


def test_peppols_rules_see_missing_references_and_wrong_prices() -> None:
    root = etree.fromstring(ubl.write(invoice(purchase_order="")))
    for found in root.iterfind("cbc:BuyerReference", NAMES):
        root.remove(found)
    for found in root.iterfind("cac:InvoiceLine[5]/cac:Price/cbc:PriceAmount", NAMES):
        found.text = "10.01"

    assert peppol_rules.broken(etree.tostring(root)) == ["R003", "R120"]


def test_an_american_issuer_outside_vat_needs_no_vat_id(schematron: Judge) -> None:
    issuer = replace(ISSUER, country="US", subdivision="OR", vat_id="", registration="", tax_number="12-3456789")
    bank = BankAccount("000123456789", "Example Hubs, Inc.", "026009593")
    document = invoice(
        currency="USD", parts=lines(TaxCategory.OUTSIDE_SCOPE, "0"), issuer=issuer, bank=bank, payment_terms=None
    )

    assert schematron(ubl.write(document)).broken == ()


def test_a_note_names_what_it_corrects_and_why() -> None:
    xml = ubl.write(invoice(kind=Kind.CREDIT_NOTE))

    assert etree.QName(etree.fromstring(xml)).localname == "CreditNote"
    assert _texts(xml, "cbc:CreditNoteTypeCode") == ["381"]
    assert _texts(xml, "cac:BillingReference/cac:InvoiceDocumentReference/*") == ["HUB-2026-0017", "2026-10-06"]
    assert "restated its bill for September 2026" in _texts(xml, "cbc:Note")[0]
    assert _texts(ubl.write(invoice(kind=Kind.DEBIT_NOTE)), "cbc:InvoiceTypeCode") == ["383"]


def test_rounding_of_a_note_is_said(schematron: Judge) -> None:
    document = invoice(kind=Kind.DEBIT_NOTE)
    totals = replace(document.totals, rounding=Decimal("-0.01"), payable=document.totals.payable - Decimal("0.01"))
    xml = ubl.write(replace(document, totals=totals))

    assert schematron(xml).broken == ()
    assert _texts(xml, "cac:LegalMonetaryTotal/cbc:PayableRoundingAmount") == ["-0.01"]


def test_a_draft_is_no_invoice() -> None:
    with pytest.raises(NotExpressible, match=r"draft of coastal-modelling for 2026-10.*issue it first"):
        ubl.write(draft())


def test_text_that_xml_cannot_hold_is_left_out_and_markup_stays_text(schematron: Judge) -> None:
    said = "a\x00b\x1b<b>&amp;</b>\ufffe\U0001f4a1"
    xml = ubl.write(invoice(parts=(line(1, "10.00", text=Phrase.text(said)),)))

    assert schematron(xml).broken == ()
    assert _texts(xml, "cac:InvoiceLine/cac:Item/cbc:Name") == ["ab<b>&amp;</b>\U0001f4a1"]


@pytest.mark.parametrize(
    ("path", "text", "rule"),
    [
        ("cac:LegalMonetaryTotal/cbc:PayableAmount", "3819.67", "BR-CO-16"),
        ("cac:LegalMonetaryTotal/cbc:LineExtensionAmount", "3209.79", "BR-CO-10"),
        ("cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount", "3819.65", "BR-CO-15"),
        ("cac:TaxTotal/cbc:TaxAmount", "609.85", "BR-CO-14"),
        ("cac:TaxTotal/cac:TaxSubtotal/cbc:TaxableAmount", "3200.00", "BR-S-08"),
        ("cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:Percent", "20", "BR-CO-17"),
        ("cac:InvoiceLine/cac:Item/cac:ClassifiedTaxCategory/cbc:ID", "Z", "BR-Z-05"),
        ("cbc:DocumentCurrencyCode", "EUX", "BR-CL-04"),
        ("cbc:InvoiceTypeCode", "381", "BR-CL-01"),
        ("cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme/cbc:CompanyID", "XX136695976", "BR-CO-09"),
    ],
)
def test_what_is_tampered_with_fails(schematron: Judge, path: str, text: str, rule: str) -> None:
    root = etree.fromstring(ubl.write(invoice()))
    for found in root.iterfind(path, NAMES):
        found.text = text

    assert rule in schematron(etree.tostring(root)).broken


def test_a_document_without_its_payer_or_number_fails(schematron: Judge) -> None:
    root = etree.fromstring(ubl.write(invoice()))
    for found in root.iterfind(
        "cac:AccountingCustomerParty/cac:Party/cac:PartyLegalEntity/cbc:RegistrationName", NAMES
    ):
        found.getparent().remove(found)  # type: ignore[union-attr]

    assert "BR-07" in schematron(etree.tostring(root)).broken
    for found in root.iterfind("cbc:ID", NAMES):
        found.getparent().remove(found)  # type: ignore[union-attr]
    with pytest.raises(etree.DocumentInvalid, match="ID"):
        schematron(etree.tostring(root))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=documents(currencies=("EUR", "USD", "JPY")))
def test_any_document_passes_and_has_the_documents_sums(schematron: Judge, document: Document) -> None:
    xml = ubl.write(document)

    assert schematron(xml).broken == ()
    assert peppol_rules.broken(xml) == []
    names = "CreditNoteLine" if document.kind is Kind.CREDIT_NOTE else "InvoiceLine"
    assert [Decimal(text) for text in _texts(xml, f"cac:{names}/cbc:LineExtensionAmount")] == [
        part.net for part in document.lines
    ]
    totals = document.totals
    assert Decimal(_texts(xml, "cac:LegalMonetaryTotal/cbc:LineExtensionAmount")[0]) == totals.lines
    assert Decimal(_texts(xml, "cac:TaxTotal/cbc:TaxAmount")[0]) == totals.tax
    assert Decimal(_texts(xml, "cac:LegalMonetaryTotal/cbc:PayableAmount")[0]) == totals.payable


def _texts(xml: bytes, path: str) -> list[str]:
    return [found.text or "" for found in etree.fromstring(xml).iterfind(path, NAMES)]
