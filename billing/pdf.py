"""A document as PDF: Typst sets it as PDF/A-3 with the CII XML attached, and its metadata says so: a Factur-X file."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import typst
from lxml import etree

from billing import cii, einvoice
from billing.document import Document, Status
from billing.document_checks import check, name
from billing.pdf_page import page

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping

TEMPLATES = Path(__file__).parent / "templates"
LOGOS = {".svg": "svg", ".png": "png", ".jpg": "jpg", ".jpeg": "jpg"}
PICTURE = b"#let it = json(bytes(sys.inputs.logo))\n#image(bytes(it.bytes), format: it.format)"
UNPRINTABLE = re.compile(r'the text `(?P<letter>".*")` could not be displayed')
EPOCH = 719163  # 1 January 1970, as an ordinal
FACTURX = {
    "urn": "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#",
    "documenttype": "INVOICE",
    "xml_filename": "factur-x.xml",
    "version": "1.0",
    "xmp_level": "EN 16931",
    "pdfa3_flavor": "B",
}
XMP = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "pdfaExtension": "http://www.aiim.org/pdfa/ns/extension/",
    "fx": FACTURX["urn"],
}
PACKET_START = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'.encode()
PACKET_END = b'\n<?xpacket end="r"?>'


class PdfError(Exception):
    """A document that can't be printed; the message says why."""


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture: its bytes, and what it is (svg, png or jpg)."""

    content: bytes
    format: str

    @classmethod
    def of_fleet(cls, fleet: Path) -> Logo | None:
        """Read the fleet's `logo.svg` (or .png, .jpg), if it has one."""
        found = [path for suffix in LOGOS if (path := fleet / f"logo{suffix}").is_file()]
        return cls.read(found[0]) if found else None

    @classmethod
    def read(cls, path: Path) -> Logo:
        """Read a picture. Raises PdfError if it is missing or is none of SVG, PNG, JPEG."""
        if path.suffix.lower() not in LOGOS:
            raise PdfError(f"{path}: a logo is one of {', '.join(LOGOS)}")
        try:
            found = cls(path.read_bytes(), LOGOS[path.suffix.lower()])
            typst.compile(PICTURE, font_paths=_fonts(), sys_inputs={"logo": json.dumps(found.values)})
        except OSError as error:
            raise PdfError(f"{path}: {error.strerror}; correct the path") from error
        except typst.TypstError as error:
            raise PdfError(f"{path}: {error.message}; is it what its name says?") from error
        return found

    @property
    def values(self) -> dict[str, object]:
        """The picture as JSON values, a number each byte."""
        return {"format": self.format, "bytes": list(self.content)}


def write(document: Document, *, logo: Logo | None = None) -> bytes:
    """Return the document as PDF/A-3b; the same document gives the same bytes.

    What is issued carries its CII XML and is a Factur-X file, unless EN 16931 can't say its amounts.

    Raises Unsound if its sums don't agree, PdfError if it can't be set.
    """
    check(document)
    facturx = document.status is Status.ISSUED and einvoice.has_two_decimals(document)
    inputs = {"xml": cii.write(document).decode()} if facturx else {}
    pdf = compiled(
        "document.typ", page(document), date=document.issue_date, logo=logo, inputs=inputs, what=name(document)
    )
    return _with_facturx_metadata(pdf) if facturx else pdf


def compiled(
    template: str,
    values: Mapping[str, object],
    *,
    date: datetime.date,
    what: str,
    logo: Logo | None = None,
    inputs: dict[str, str] | None = None,
) -> bytes:
    """Return `values` set by a template, dated `date`. Raises PdfError, which names `what`."""
    picture = logo.values if logo else None
    midnight = int((date.toordinal() - EPOCH) * 86400)
    try:
        return typst.compile(
            TEMPLATES / template,
            root=TEMPLATES,
            font_paths=_fonts(),
            format="pdf",
            sys_inputs={"page": json.dumps({**values, "logo": picture}), **(inputs or {})},
            pdf_standards="a-3b",
            timestamp=midnight,
        )
    except typst.TypstError as error:
        if unprintable := UNPRINTABLE.search(error.message):
            raise PdfError(
                f"{what}: no font here has {unprintable['letter']}: install one that has (on Debian fonts-noto-cjk, "
                "fonts-noto-color-emoji…), or write it in other letters"
            ) from error
        hints = "".join(f" ({hint})" for hint in error.hints)
        raise PdfError(f"{what}: {error.message}{hints}") from error


@cache
def _fonts() -> typst.Fonts:
    """Typst's own fonts, and the system's for letters that those lack."""
    return typst.Fonts()


def _with_facturx_metadata(pdf: bytes) -> bytes:
    """Say in the metadata that the attached XML is Factur-X in the profile EN 16931: its extension schema and properties.

    An incremental update, so that what Typst wrote stays as it is. https://fnfe-mpe.org/factur-x/
    """
    from pypdf import PdfWriter  # here, as only this needs it, and every command would wait for it
    from pypdf.generic import StreamObject

    writer = PdfWriter(io.BytesIO(pdf), incremental=True)
    stream = writer.root_object["/Metadata"].get_object()
    if not isinstance(stream, StreamObject):
        raise PdfError("Typst wrote no metadata; is another version of it installed?")
    stream.set_data(_xmp(stream.get_data()))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _xmp(packet: bytes) -> bytes:
    """Return Typst's XMP packet with what factur-x's own packet says beyond it."""
    from facturx.facturx import generate_xmp_object  # likewise

    xmp = etree.fromstring(packet)
    facturx = generate_xmp_object(
        FACTURX | dict.fromkeys(("title", "author", "subject", "producer", "creator_tool", "timestamp"), "")
    )
    for bag in xmp.iterfind(".//pdfaExtension:schemas/rdf:Bag", XMP):
        bag.extend(facturx.findall(".//pdfaExtension:schemas/rdf:Bag/rdf:li", XMP))
    for rdf in xmp.iterfind("rdf:RDF", XMP):
        rdf.extend(
            element
            for element in facturx.iterfind("rdf:RDF/rdf:Description", XMP)
            if element.find("fx:Version", XMP) is not None
        )
    for description in xmp.iterfind("rdf:RDF/rdf:Description", XMP):
        description.set(f"{{{XMP['rdf']}}}about", "")
    etree.cleanup_namespaces(xmp, keep_ns_prefixes=list(XMP))
    return PACKET_START + etree.tostring(xmp) + PACKET_END
