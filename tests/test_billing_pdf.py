"""The PDF: text that can be read back, PDF/A-3 with the XML inside, drafts marked, the same bytes each time."""

from __future__ import annotations

import io
import re
import subprocess
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, cast

import facturx
import pytest
from hypothesis import given, settings
from lxml import etree
from pypdf import PdfReader

from billing import cii, pdf
from billing.document import Cell, Document, Kind, Language, Party, Phrase, TaxCategory
from billing.pdf import Logo, PdfError
from billing.voice import Voice
from tests.any_document import LOCALES, documents
from tests.fixtures_documents import draft, invoice, line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pypdf.generic import ArrayObject, DictionaryObject, StreamObject

    from tests.fixtures_golden import Golden

LOGO = Path(__file__).parent.parent / "examples" / "fleet" / "logo.svg"
XMP = {
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "fx": "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#",
    "pdfaSchema": "http://www.aiim.org/pdfa/ns/schema#",
    "pdfaProperty": "http://www.aiim.org/pdfa/ns/property#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
}

MARGIN = 595 - 50  # points: of A4, on the right
Box = tuple[float, float, float, float, str]  # left, top, right, bottom of a word


def _boxes(content: bytes, folder: Path) -> list[Box]:
    (folder / "boxes.pdf").write_bytes(content)
    told = subprocess.run(
        ["pdftotext", "-bbox", str(folder / "boxes.pdf"), "-"], check=True, capture_output=True, text=True
    ).stdout
    found: list[Box] = []
    for page, boxes in enumerate(told.split("<page ")[1:]):
        for left, top, right, bottom, word in re.findall(
            r'xMin="([0-9.]+)" yMin="([0-9.]+)" xMax="([0-9.]+)" yMax="([0-9.]+)">([^<]*)<', boxes
        ):
            below = page * 10_000
            found.append((float(left), float(top) + below, float(right), float(bottom) + below, word))
    return found


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _text(content: bytes) -> str:
    pages = (page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    return " ".join(" ".join(pages).replace("\u00a0", " ").split())


@pytest.mark.parametrize("language", Language)
def test_everything_the_document_says_can_be_read_back(language: Language) -> None:
    document = invoice(language=language, number_format=LOCALES[language], prepaid="100.00")
    voice = Voice.of(document)
    text = _text(pdf.write(document))

    said = [
        document.number or "",
        document.issuer.name,
        *document.payer.address,
        document.payer.vat_id,
        document.purchase_order,
        document.buyer_reference,
        "DE89 3704 0044 0532 0130 00",
        *(voice.say(part.text) for part in document.lines),
        *(voice.amount(part.net) for part in document.lines),
        *(voice.amount(cell.amount) for cell in document.table),
        voice.money(document.totals.payable),
        voice.amount(document.totals.tax),
        voice.month(document.basis.month).split()[0][:3],
        voice.word("how_computed"),
        "charges 12, usage 31, nodes 31, activity 30",
        "European Central Bank, 30 October 2026",
        document.content_hash,
        voice.word("page").format(page=1, pages=2),
    ]
    for each in said:
        assert " ".join(each.replace("\u00a0", " ").split()) in text


@settings(max_examples=15)
@given(documents(astral=""))
def test_any_document_can_be_printed_with_its_sums(document: Document) -> None:
    voice = Voice.of(document)
    text = _text(pdf.write(document))

    for amount in (document.totals.payable, document.totals.tax, *(part.net for part in document.lines)):
        assert voice.amount(amount).replace("\u00a0", " ") in text


def test_it_is_pdf_a_3b_with_the_xml_as_factur_x() -> None:
    document = invoice()
    content = pdf.write(document)

    name, xml = facturx.get_xml_from_pdf(io.BytesIO(content), check_xsd=True)
    assert (name, xml) == ("factur-x.xml", cii.write(document))
    reader = PdfReader(io.BytesIO(content))
    xmp = _xmp(reader)
    assert (xmp.findtext(".//pdfaid:part", namespaces=XMP), xmp.findtext(".//pdfaid:conformance", namespaces=XMP)) == (
        "3",
        "B",
    )
    assert [
        xmp.findtext(f".//fx:{key}", namespaces=XMP)
        for key in ("DocumentType", "DocumentFileName", "Version", "ConformanceLevel")
    ] == ["INVOICE", "factur-x.xml", "1.0", "EN 16931"]
    root = reader.root_object
    (attached,) = cast("ArrayObject", root["/AF"])
    assert attached.get_object()["/AFRelationship"] == "/Alternative"
    assert [intent.get_object()["/S"] for intent in cast("ArrayObject", root["/OutputIntents"])] == ["/GTS_PDFA1"]
    assert "/MarkInfo" in root  # tagged, for screen readers


def test_every_property_in_its_metadata_is_declared() -> None:
    """ISO 19005-3, 6.6.2.3: what no standard schema has is described in an extension schema."""
    xmp = _xmp(PdfReader(io.BytesIO(pdf.write(invoice()))))
    declared = {
        (schema.findtext("pdfaSchema:namespaceURI", namespaces=XMP), name.text)
        for schema in xmp.iterfind(".//rdf:li[pdfaSchema:schema]", XMP)
        for name in schema.iterfind(".//pdfaProperty:name", XMP)
    }
    used = {element.tag for element in xmp.iterfind("rdf:RDF/rdf:Description/fx:*", XMP)}

    assert used == {f"{{{XMP['fx']}}}{name}" for uri, name in declared if uri == XMP["fx"]}
    assert len(used) == 4


def test_all_fonts_are_embedded_and_nothing_runs() -> None:
    reader = PdfReader(io.BytesIO(pdf.write(invoice())))
    fonts = list(_fonts(reader))

    assert len(fonts) >= 2
    assert all("/FontFile3" in font or "/FontFile2" in font for font in fonts)
    assert not {"/OpenAction", "/AA", "/JavaScript", "/Encrypt"} & set(reader.root_object)


def test_the_same_document_gives_the_same_bytes() -> None:
    assert pdf.write(invoice(), logo=Logo.read(LOGO)) == pdf.write(invoice(), logo=Logo.read(LOGO))


def test_a_draft_is_marked_on_every_page_and_carries_no_xml() -> None:
    content = pdf.write(draft(language=Language.GERMAN))
    reader = PdfReader(io.BytesIO(content))

    assert all("ENTWURF" in page.extract_text() for page in reader.pages)
    assert len(reader.pages) == 2
    assert "bitte nicht bezahlen" in _text(content).lower()
    assert list(reader.attachments) == []
    assert "DE89" not in _text(content)
    assert _xmp(reader).findtext(".//pdfaid:part", namespaces=XMP) == "3"


def test_a_credit_note_says_what_it_corrects_and_asks_for_no_money() -> None:
    text = _text(pdf.write(invoice(kind=Kind.CREDIT_NOTE)))

    assert "Credit note HUB-2026-0042" in text
    assert "HUB-2026-0017, 6 Oct 2026" in text
    assert "The provider restated its bill for September 2026" in text
    assert "Amount credited" in text
    assert "Amount due" not in text
    assert "DE89" not in text


def test_amounts_of_three_decimals_are_printed_without_xml() -> None:
    content = pdf.write(invoice(parts=(line(1, "12.345"),), currency="TND"))

    assert "12.345" in _text(content)
    assert list(PdfReader(io.BytesIO(content)).attachments) == []


def test_many_hubs_and_components_fit_the_page(tmp_path: Path) -> None:
    components = [
        "compute",
        "gpu",
        "home",
        "object",
        "networking",
        "core",
        "backup",
        "database",
        "observability",
        "registry",
        "support",
        "tax",
        "credit",
    ]
    cells = tuple(
        Cell(f"cluster-{hub % 4}/a-hub-with-a-long-name-{hub}", name, Decimal(123456 + hub) / 100)
        for hub in range(60)
        for name in components
    )
    sums = {cell.hub: sum((each.amount for each in cells if each.hub == cell.hub), Decimal(0)) for cell in cells}
    parts = tuple(
        replace(line(at, str(amount), text=Phrase.of("pass_through_hub", hub=hub)), hub=hub)
        for at, (hub, amount) in enumerate(sums.items(), 1)
    )
    content = pdf.write(invoice(parts=parts, table=cells))
    reader = PdfReader(io.BytesIO(content))

    assert len(reader.pages) > 3
    assert max(box[2] for box in _boxes(content, tmp_path)) < MARGIN
    assert "Total" in reader.pages[-1].extract_text() or "Total" in reader.pages[-2].extract_text()


def test_what_is_wide_stays_on_the_paper_and_beside_its_neighbours(tmp_path: Path) -> None:
    name = "Donaudampfschifffahrtsgesellschaft" * 4
    table = tuple(Cell("northlight/aurora", f"part {at}", Decimal("123456789.01")) for at in range(13))
    whole = sum((cell.amount for cell in table), Decimal(0))
    parts = (replace(line(1, str(whole), text=Phrase.text(name)), hub="northlight/aurora"),)
    content = pdf.write(invoice(currency="IDR", parts=parts, table=table, payer=Party(name, "DE")))

    assert _text(content).replace(" ", "").count(name) == 2
    boxes = _boxes(content, tmp_path)
    assert max(box[2] for box in boxes) < MARGIN
    amounts = [box for box in boxes if box[4] == "123,456,789.01"]
    assert len(amounts) == 26  # a row, and its total
    assert not [(one, other) for one in amounts for other in boxes if one != other and _overlap(one, other)]


def test_an_american_issuer_prints_on_letter() -> None:
    document = invoice(
        parts=(line(1, "10.00", tax=TaxCategory.OUTSIDE_SCOPE, tax_rate=Decimal(0)),),
        issuer=Party("Example Hubs, Inc.", "US", ("1 Main St",), "Portland", "97201", "OR", tax_number="12-3456789"),
    )
    page = PdfReader(io.BytesIO(pdf.write(document))).pages[0]

    assert (float(page.mediabox.width), float(page.mediabox.height)) == (612, 792)
    assert "Portland, OR 97201" in page.extract_text()


def test_markup_in_a_text_is_printed_as_it_is() -> None:
    said = "#set page() $x$ *bold* \\ <b> `code` @ref [link](x) \x00\x07"
    document = invoice(parts=(line(1, "10.00", text=Phrase.text(said)),), buyer_reference='#image("/etc/passwd")')
    text = _text(pdf.write(document))

    assert "#set page() $x$ *bold* \\ <b> `code` @ref [link](x)" in text
    assert '#image("/etc/passwd")' in text


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("logo.gif", b"GIF89a", "a logo is one of .svg, .png"),
        ("logo.png", None, "No such file or directory; correct the path"),
        ("logo.png", b"no picture", "failed to decode image"),
    ],
)
def test_a_logo_that_is_none_is_named(tmp_path: Path, name: str, content: bytes | None, said: str) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(PdfError) as caught:
        Logo.read(file)
    assert said in str(caught.value)
    assert str(file) in str(caught.value)


def _xmp(reader: PdfReader) -> etree._Element:
    return etree.fromstring(cast("StreamObject", reader.root_object["/Metadata"]).get_data())


def _fonts(reader: PdfReader) -> Iterator[DictionaryObject]:
    for page in reader.pages:
        resources = cast("DictionaryObject", page["/Resources"])
        for font in cast("DictionaryObject", resources["/Font"]).values():
            for inner in cast("ArrayObject", cast("DictionaryObject", font.get_object())["/DescendantFonts"]):
                yield cast("DictionaryObject", cast("DictionaryObject", inner.get_object())["/FontDescriptor"])


def test_letters_that_no_font_has_are_named_with_a_remedy() -> None:
    with pytest.raises(PdfError, match='HUB-2026-0042: no font here has "\U0001f4a1": install one'):
        pdf.write(invoice(buyer_reference="\U0001f4a1"))


def test_the_attachment_has_what_pdf_a_3_asks_of_one() -> None:
    (attached,) = cast("ArrayObject", PdfReader(io.BytesIO(pdf.write(invoice()))).root_object["/AF"])
    names = cast("DictionaryObject", attached.get_object())
    file = cast("DictionaryObject", cast("DictionaryObject", names["/EF"])["/F"])

    assert [str(said) for said in (names["/F"], names["/UF"], file["/Subtype"])] == [
        "factur-x.xml",
        "factur-x.xml",
        "/text/xml",
    ]
    assert "/ModDate" in cast("DictionaryObject", file["/Params"])


@pytest.mark.parametrize("name", ["invoice", "credit-note", "draft"])
def test_what_people_read_is_as_it_was_agreed(golden: Golden, name: str) -> None:
    document = {
        "invoice": invoice(),
        "credit-note": invoice(kind=Kind.CREDIT_NOTE, language=Language.FRENCH, number_format="fr_FR"),
        "draft": draft(language=Language.GERMAN, number_format="de_CH"),
    }[name]
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf.write(document))).pages]

    golden(f"{name}.txt", "\n\f\n".join(pages) + "\n")
