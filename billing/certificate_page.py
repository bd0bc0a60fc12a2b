"""The certificate of a month as finance files it: a PDF page, a text and JSON, all of the same figures."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, cast

from pydantic import TypeAdapter

from billing import pdf
from billing.certificate_figures import Bill, Certificate, Rounding
from billing.document import Language
from billing.einvoice import digits
from billing.voice import Voice
from billing.xml_tree import writable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from billing.pdf import Logo
    from billing.pdf_page import Json

SCHEMA = "hubledger/certificate/1"
SHOWN = 16  # of a hash's digits: enough to find it, and the JSON has all
FIGURES = ("amount", "stated", "passed_through", "operator", "unattributed", "difference")


def to_json(certificate: Certificate) -> str:
    """Return the certificate as JSON: keys sorted, amounts as text, with what doesn't add up and a hash of the rest."""
    values = cast("dict[str, object]", json.loads(_adapter().dump_json(certificate)))
    for bill, found in zip(cast("list[dict[str, str]]", values["bills"]), certificate.bills, strict=True):
        bill["difference"] = digits(found.difference)
    values |= {"schema": SCHEMA, "faults": list(certificate.faults), "holds": not certificate.faults}
    return _dumps(values | {"content_hash": content_hash(certificate)})


def content_hash(certificate: Certificate) -> str:
    """Return the SHA-256 of the certificate's figures, in hexadecimal."""
    return hashlib.sha256(_dumps(json.loads(_adapter().dump_json(certificate))).encode()).hexdigest()


def to_text(certificate: Certificate, *, language: Language = Language.ENGLISH, number_format: str = "en_US") -> str:
    """Return the certificate as plain text."""
    page = _page(certificate, language, number_format)
    bills, documents, roundings = (
        cast("dict[str, list[list[str]]]", page[key]) for key in ("bills", "documents", "roundings")
    )
    facts = cast("list[list[str]]", page["facts"])
    head = cast("list[str]", bills["header"])
    return "\n".join(
        (
            f"{page['heading']} · {page['month']}",
            str(page["says"]),
            "",
            *(f"{label}: {value}" for label, value in facts if value),
            "",
            *(text for row in bills["rows"] for text in (row[0], *_figures(head[1:], row[1:]), "")),
            *(" · ".join(cell for cell in row if cell) for row in documents["rows"]),
            "",
            *((str(roundings["title"]), *_by_provider(roundings), "") if roundings["rows"] else ()),
            *cast("list[str]", page["verdict"]),
            *cast("list[str]", page["notes"]),
            *(f"{label}: {value}" for label, value in cast("list[list[str]]", page["hashes"])),
            "",
        )
    )


def to_pdf(
    certificate: Certificate,
    *,
    language: Language = Language.ENGLISH,
    number_format: str = "en_US",
    logo: Logo | None = None,
) -> bytes:
    """Return the certificate as PDF/A-3b; the same figures give the same bytes. Raises PdfError if it can't be set."""
    return pdf.compiled(
        "certificate.typ",
        _page(certificate, language, number_format),
        date=certificate.made_on,
        what=f"certificate of {certificate.month}",
        logo=logo,
    )


def _page(certificate: Certificate, language: Language, number_format: str) -> dict[str, Json]:
    voice = Voice(language.value, number_format, "")
    faults = certificate.faults
    heading = _word(voice, "certificate")
    provisional = certificate.status == "provisional"
    bills = voice.word(certificate.status) + (f": {certificate.provisional_reason}" if provisional else "")
    made = certificate.made_on
    return {
        "lang": language.value,
        "paper": "a4",
        "heading": heading,
        "month": voice.month(certificate.month),
        "title": writable(f"{heading} {certificate.month}"),
        "author": writable(certificate.issuer),
        "date": [made.year, made.month, made.day],
        "footer": writable(f"{certificate.issuer} · {heading} {certificate.month}"),
        "page": voice.word("page"),
        "says": _word(voice, "certificate_says").replace("{month}", voice.month(certificate.month)),
        "draft": voice.word("provisional").upper() if provisional else "",
        "facts": [
            [voice.word("month"), voice.month(certificate.month)],
            [_word(voice, "made_on"), voice.date(made)],
            [voice.word("bills"), writable(bills)],
            [voice.word("versions"), ", ".join(f"{each.table} {each.version}" for each in certificate.versions)],
        ],
        "bills": {
            "header": [_word(voice, "provider"), *_figure_words(voice)],
            "rows": [_bill(bill, language, number_format) for bill in certificate.bills],
        },
        "documents": {
            "title": _word(voice, "documents"),
            "header": [
                _word(voice, "document"),
                voice.word("issue_date"),
                _word(voice, "payer"),
                _word(voice, "passed_through"),
                "SHA-256",
            ],
            "rows": _documents(certificate, language, number_format),
        },
        "roundings": {
            "title": _word(voice, "roundings"),
            "header": [
                _word(voice, "provider"),
                *(_word(voice, key) for key in ("borne_by", "exact", "billed")),
                voice.word("rounding"),
            ],
            "rows": [_rounding(each, language, number_format) for each in certificate.roundings],
        },
        "holds": not faults,
        "verdict": [_word(voice, "fails"), *(writable(fault) for fault in faults)]
        if faults
        else [_word(voice, "holds")],
        "notes": [writable(note) for note in certificate.notes],
        "hashes": [[voice.word("content_hash"), content_hash(certificate)]],
        "signature": _word(voice, "signature"),
    }


def _figure_words(voice: Voice) -> list[Json]:
    keys = ("bill", "stated", "passed_through", "operator", "unattributed", "difference")
    return [_word(voice, key) for key in keys]


def _bill(bill: Bill, language: Language, number_format: str) -> Json:
    voice = Voice(language.value, number_format, bill.currency)
    figures: list[Json] = []
    for name in FIGURES:
        amount: Decimal | None = getattr(bill, name)
        figures.append(_word(voice, "not_stated") if amount is None else voice.amount(amount))
    return [writable(f"{bill.provider}, {bill.account} ({bill.currency})"), *figures]


def _documents(certificate: Certificate, language: Language, number_format: str) -> list[Json]:
    rows: list[Json] = []
    for document in certificate.documents:
        voice = Voice(language.value, number_format, document.currency)
        shares = [
            f"{Voice(language.value, number_format, share.currency).money(share.amount)} ({share.provider})"
            for share in document.shares
        ]
        row = (document.number, voice.date(document.issue_date), document.payer, "; ".join(shares) or "–")
        rows.append([writable(cell) for cell in (*row, document.content_hash[:SHOWN])])
    return rows


def _rounding(each: Rounding, language: Language, number_format: str) -> Json:
    """Who bears what: a community, by its name, or who keeps it, in this language's words."""
    voice = Voice(language.value, number_format, each.currency)
    kept = {"operator": "operator", "unattributed": "unattributed"}
    who = _word(voice, kept[each.who]) if each.who in kept else each.who
    exact, difference = (voice.number(amount) for amount in (each.exact, each.difference))
    return [writable(f"{each.provider}, {each.account}"), writable(who), exact, voice.money(each.billed), difference]


def _word(voice: Voice, key: str) -> str:
    return voice.word(key, "certificate")


def _figures(labels: list[str], figures: list[str]) -> list[str]:
    """Labels and figures under each other, the figures flush right."""
    left, right = (max(len(cell) for cell in cells) for cells in (labels, figures))
    return [f"  {label:<{left}}  {figure:>{right}}" for label, figure in zip(labels, figures, strict=True)]


def _by_provider(part: dict[str, list[list[str]]]) -> Iterator[str]:
    """Each bill, and below it who bears what of it, the figures flush right."""
    head = cast("list[str]", part["header"])
    widths = [max(map(len, column)) for column in zip(head, *part["rows"], strict=True)]
    yield _row(head, widths)
    for provider, rows in groupby(part["rows"], key=itemgetter(0)):
        yield provider
        yield from (_row(row, widths) for row in rows)


def _row(cells: list[str], widths: list[int]) -> str:
    figures = (f"{cell:>{width}}" for cell, width in zip(cells[2:], widths[2:], strict=True))
    return "  ".join(("", f"{cells[1]:<{widths[1]}}", *figures))


@cache
def _adapter() -> TypeAdapter[Certificate]:
    return TypeAdapter(Certificate)


def _dumps(values: object) -> str:
    return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
