"""The rules of Peppol BIS Billing 3 that touch what we write, said anew: its schematron is in no package index.

Each is named by the rule's id. What EN 16931 itself asks is not here: the official schematron judges that.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = {
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
}
PROFILE = re.compile(r"urn:fdc:peppol\.eu:2017:poacc:billing:[0-9]{2}:1\.0")
PEPPOL = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
INVOICES = {
    "71",
    "80",
    "82",
    "84",
    "102",
    "218",
    "219",
    "326",
    "331",
    "380",
    "382",
    "383",
    "384",
    "386",
    "388",
    "393",
    "395",
}
INVOICES |= {"553", "575", "623", "780", "817", "870", "875", "876", "877"}
CREDIT_NOTES = {"81", "83", "381", "396", "532"}
SLACK = Decimal("0.02")
ADDRESSES = {  # what an electronic address of a scheme looks like
    "0088": r"[0-9]{13}",
    "0192": r"[0-9]{9}",
    "0184": r"DK[0-9]{8}",
    "0208": r"[0-9]{10}",
}
PAIRS = {"VATEX-EU-G": "G", "VATEX-EU-O": "O", "VATEX-EU-IC": "K", "VATEX-EU-AE": "AE"}
GERMAN = {  # asked where seller and buyer are both in Germany
    "DE-R-001": "cac:PaymentMeans",
    "DE-R-003": "cac:AccountingSupplierParty//cac:PostalAddress/cbc:CityName",
    "DE-R-004": "cac:AccountingSupplierParty//cac:PostalAddress/cbc:PostalZone",
    "DE-R-005": "cac:AccountingSupplierParty//cac:Contact/cbc:Name",
    "DE-R-006": "cac:AccountingSupplierParty//cac:Contact/cbc:Telephone",
    "DE-R-007": "cac:AccountingSupplierParty//cac:Contact/cbc:ElectronicMail",
    "DE-R-008": "cac:AccountingCustomerParty//cac:PostalAddress/cbc:CityName",
    "DE-R-009": "cac:AccountingCustomerParty//cac:PostalAddress/cbc:PostalZone",
    "DE-R-015": "cbc:BuyerReference",
}


def broken(xml: bytes) -> list[str]:
    """Return the ids of the rules that a UBL file breaks, if it claims Peppol; [] if it doesn't."""
    root = etree.fromstring(xml)
    if not _text(root, "cbc:CustomizationID").startswith(PEPPOL):
        return []
    return sorted({rule for part in (_document, _parties, _taxes, _lines) for rule in part(root)})


def _document(root: etree._Element) -> Iterator[str]:
    asked: tuple[tuple[str, bool], ...] = (
        ("R001", bool(_text(root, "cbc:ProfileID"))),
        ("R007", PROFILE.fullmatch(_text(root, "cbc:ProfileID")) is not None),
        ("R002", len(_all(root, "cbc:Note")) <= 1),
        ("R003", bool(_text(root, "cbc:BuyerReference") or _text(root, "cac:OrderReference/cbc:ID"))),
        ("R008", all(len(each) or (each.text or "").strip() for each in root.iter(etree.Element))),
        ("R010", bool(_text(root, "cac:AccountingCustomerParty/cac:Party/cbc:EndpointID"))),
        ("R020", bool(_text(root, "cac:AccountingSupplierParty/cac:Party/cbc:EndpointID"))),
        (
            "R051",
            {each.get("currencyID") for each in root.iter() if each.get("currencyID")}
            == {_text(root, "cbc:DocumentCurrencyCode")},
        ),
        ("P0100", {each.text for each in _all(root, "cbc:InvoiceTypeCode")} <= INVOICES),
        ("P0101", {each.text for each in _all(root, "cbc:CreditNoteTypeCode")} <= CREDIT_NOTES),
    )
    yield from (rule for rule, holds in asked if not holds)


def _parties(root: etree._Element) -> Iterator[str]:
    for each in root.iter(f"{{{NAMES['cbc']}}}EndpointID"):
        form = ADDRESSES.get(each.get("schemeID") or "")
        if form is not None and re.fullmatch(form, each.text or "") is None:
            yield "COMMON-R04x"
    countries = {each.text for each in _all(root, "*/cac:Party/cac:PostalAddress/cac:Country/cbc:IdentificationCode")}
    if countries == {"DE"}:
        yield from (rule for rule, path in GERMAN.items() if not _all(root, path))


def _taxes(root: etree._Element) -> Iterator[str]:
    if len(_all(root, "cac:TaxTotal")) != 1 or not _all(root, "cac:TaxTotal/cac:TaxSubtotal"):
        yield "R053"
    for category in _all(root, "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory"):
        wanted = PAIRS.get(_text(category, "cbc:TaxExemptionReasonCode").upper())
        if wanted is not None and wanted != _text(category, "cbc:ID"):
            yield "P0104"


def _lines(root: etree._Element) -> Iterator[str]:
    for line in (*_all(root, "cac:InvoiceLine"), *_all(root, "cac:CreditNoteLine")):
        (quantity,) = (*_all(line, "cbc:InvoicedQuantity"), *_all(line, "cbc:CreditedQuantity"))
        base = _all(line, "cac:Price/cbc:BaseQuantity")
        per = Decimal(base[0].text or "") if base else Decimal(1)
        if per <= 0:
            yield "R121"
            continue
        if base and base[0].get("unitCode") != quantity.get("unitCode"):
            yield "R130"
        due = Decimal(quantity.text or "") * Decimal(_text(line, "cac:Price/cbc:PriceAmount")) / per
        if abs(due - Decimal(_text(line, "cbc:LineExtensionAmount"))) > SLACK:
            yield "R120"


def _all(element: etree._Element, path: str) -> list[etree._Element]:
    return element.findall(path, NAMES)


def _text(element: etree._Element, path: str) -> str:
    return (element.findtext(path, namespaces=NAMES) or "").strip()
