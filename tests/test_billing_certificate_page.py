"""The certificate's page: the same figures as PDF, text and JSON, and what doesn't add up said plainly."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from billing import certificate_page
from billing.certificate_figures import Bill, Certificate, Rounding
from billing.document import Language, Version
from tests.any_document import LOCALES
from tests.test_billing_ledger_import import CERTIFICATE, GOOGLE

if TYPE_CHECKING:
    from tests.fixtures_golden import Golden


def _printed(certificate: Certificate, language: Language = Language.ENGLISH) -> str:
    content = certificate_page.to_pdf(certificate, language=language, number_format=LOCALES[language])
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    return " ".join(text.replace("\u00a0", " ").split())


def test_a_certificate_that_holds_says_so_everywhere() -> None:
    certificate = replace(CERTIFICATE, versions=(Version("charges", 12),))
    text, printed = certificate_page.to_text(certificate), _printed(certificate)

    for said in (
        "Google Cloud, 01C4E7-9A20FD-77B35E (USD)",
        "125.48",
        "100.00",
        "20.48",
        "HUB-2026-0042",
        "charges 12",
    ):
        assert said in text
        assert said in printed
    assert "Every bill adds up. The difference is 0." in text
    assert "Every bill adds up. The difference is 0." in printed
    assert json.loads(certificate_page.to_json(certificate))["holds"] is True


def test_the_text_has_a_figure_a_line() -> None:
    lines = [line for line in certificate_page.to_text(CERTIFICATE).splitlines() if line.startswith("  ")]

    assert [line.split("  ")[1].strip() for line in lines] == [
        "Bill",
        "Stated by the provider",
        "Passed on",
        "Operator's own",
        "Unattributed",
        "Difference",
    ]
    assert [line.split()[-1] for line in lines] == ["125.48", "entered", "100.00", "5.00", "20.48", "0.00"]
    assert len({len(line) for line in lines}) == 1  # flush right


@pytest.mark.parametrize(
    ("bill", "said"),
    [
        (replace(CERTIFICATE.bills[0], unattributed=Decimal("20.47")), "0.01 of the bill is nowhere"),
        (replace(CERTIFICATE.bills[0], passed_through=Decimal(99)), "the documents pass on 100.00, not 99"),
        (replace(CERTIFICATE.bills[0], stated=Decimal(126)), "the provider states 126"),
        (Bill("Microsoft", "1", "USD", *(Decimal(0),) * 4), "Google Cloud 01C4E7-9A20FD-77B35E, which has no bill"),
    ],
)
def test_what_does_not_add_up_is_said_everywhere(bill: Bill, said: str) -> None:
    certificate = replace(CERTIFICATE, bills=(bill,))
    values = json.loads(certificate_page.to_json(certificate))

    assert values["holds"] is False
    for text in (" ".join(values["faults"]), certificate_page.to_text(certificate), _printed(certificate)):
        assert said in text
    assert "Every bill adds up" not in _printed(certificate)


def test_json_carries_amounts_as_text_and_a_hash_of_the_figures() -> None:
    values = json.loads(certificate_page.to_json(CERTIFICATE))

    assert values["bills"][0]["operator"] == "5.00"
    assert values["bills"][0]["difference"] == "0.00"
    assert values["content_hash"] == certificate_page.content_hash(CERTIFICATE)
    assert certificate_page.content_hash(replace(CERTIFICATE, month="2026-11")) != values["content_hash"]


@pytest.mark.parametrize("language", Language)
def test_it_is_printed_in_every_language(language: Language) -> None:
    printed = _printed(CERTIFICATE, language)

    assert " ".join(GOOGLE[0].split()) in printed
    assert "HUB-2026-0042" in printed
    assert "{" not in printed


def test_a_provisional_certificate_is_marked_and_says_why() -> None:
    certificate = replace(CERTIFICATE, status="provisional", provisional_reason="audit on 3 November")

    assert "PROVISIONAL" in _printed(certificate)
    assert "provisional: audit on 3 November" in certificate_page.to_text(certificate)


def test_the_same_figures_give_the_same_bytes() -> None:
    assert certificate_page.to_pdf(CERTIFICATE) == certificate_page.to_pdf(CERTIFICATE)


def test_what_people_read_is_as_it_was_agreed(golden: Golden) -> None:
    shares = (("coastal", "99.996", "100.00"), ("operator", "5.004", "5.00"), ("unattributed", "20.48", "20.48"))
    roundings = tuple(Rounding(*GOOGLE, "USD", who, Decimal(exact), Decimal(billed)) for who, exact, billed in shares)
    golden("certificate.txt", certificate_page.to_text(replace(CERTIFICATE, roundings=roundings)))
