"""Documents that contradict themselves are refused, with everything that is wrong."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from billing import cii, csv_lines, pdf, ubl, xlsx
from billing.document import Cell, Document, Kind, Reference, Status, TaxCategory
from billing.document_checks import Unsound, check, problems
from tests.any_document import documents
from tests.fixtures_documents import CELLS, draft, invoice, line

if TYPE_CHECKING:
    from collections.abc import Callable

CENT = Decimal("0.01")
SOUND = invoice()


@given(documents())
def test_any_document_that_adds_up_is_sound(document: Document) -> None:
    assert problems(document) == ()


def test_a_draft_is_sound_too() -> None:
    assert problems(draft()) == ()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            replace(SOUND, totals=replace(SOUND.totals, payable=SOUND.totals.payable + CENT)),
            "payable: 3819.67 is stated",
        ),
        (replace(SOUND, totals=replace(SOUND.totals, lines=SOUND.totals.lines - CENT)), "the parts come to 3209.80"),
        (replace(SOUND, totals=replace(SOUND.totals, rounding=CENT)), "payable"),
        (
            replace(SOUND, taxes=(replace(SOUND.taxes[0], tax=SOUND.taxes[0].tax + CENT),)),
            "19 % of 3209.80 is not 609.87",
        ),
        (replace(SOUND, taxes=()), "not one for each category and rate"),
        (
            replace(SOUND, lines=(replace(SOUND.lines[0], net=Decimal("1628.725")), *SOUND.lines[1:])),
            "is not rounded to 0.01 EUR",
        ),
        (replace(SOUND, lines=(replace(SOUND.lines[0], net=Decimal("NaN")), *SOUND.lines[1:])), "NaN"),
        (replace(SOUND, lines=(replace(SOUND.lines[0], id="2"), *SOUND.lines[1:])), "the same id"),
        (
            replace(SOUND, lines=(replace(SOUND.lines[0], price=Decimal(1600)), *SOUND.lines[1:])),
            "1 × 1600 is not 1628.72",
        ),
        (replace(SOUND, lines=(replace(SOUND.lines[0], award="other"), *SOUND.lines[1:])), "the grant other"),
        (replace(SOUND, lines=()), "no lines"),
        (
            replace(SOUND, table=(*CELLS, Cell("northlight/drift", "gpu", CENT))),
            "northlight/drift is 0.01 beside its lines",
        ),
        (replace(SOUND, number=None), "an issued document has a number"),
        (replace(SOUND, status=Status.DRAFT), "a draft has none"),
        (replace(SOUND, kind=Kind.CREDIT_NOTE), "a note cites"),
        (replace(SOUND, corrects=Reference("HUB-2026-0001", SOUND.issue_date)), "an invoice cites none"),
        (replace(SOUND, due_date=SOUND.period_start), "it is due on 2026-10-01"),
        (replace(SOUND, period_end=SOUND.period_start.replace(month=9)), "before it begins"),
        (replace(SOUND, currency="XXY"), "no currency of ISO 4217"),
        (replace(SOUND, currency="JPY"), "is not rounded to 1 JPY"),
        (invoice(parts=(line(1, "10.00", tax_rate=Decimal(0)),)), "only the category S has a rate"),
        (invoice(parts=(line(1, "10.00", price=Decimal(-10), quantity=Decimal(-1)),)), "let the quantity be"),
        (
            invoice(parts=(line(1, "10.00"), line(2, "5.00", tax=TaxCategory.OUTSIDE_SCOPE, tax_rate=Decimal(0)))),
            "make two documents",
        ),
    ],
)
def test_a_contradiction_is_named(wrong: Document, said: str) -> None:
    with pytest.raises(Unsound) as caught:
        check(wrong)

    assert said in str(caught.value)


def test_a_reason_is_wanted_where_no_tax_is_due() -> None:
    exempt = invoice(parts=(line(1, "10.00", tax=TaxCategory.EXEMPT, tax_rate=Decimal(0)),))

    assert problems(exempt) == ()
    assert "the reason why" in " ".join(
        problems(replace(exempt, taxes=(replace(exempt.taxes[0], reason="", reason_code=""),)))
    )


def test_the_message_has_everything_that_is_wrong_and_what_to_do() -> None:
    wrong = replace(SOUND, totals=replace(SOUND.totals, payable=CENT, lines=CENT))

    with pytest.raises(Unsound, match=r"HUB-2026-0042: lines: .*; payable: .*void it with a credit note"):
        check(wrong)


@pytest.mark.parametrize(
    "write", [ubl.write, cii.write, pdf.write, xlsx.write, lambda document: csv_lines.write([document])]
)
def test_no_format_writes_what_does_not_add_up(write: Callable[[Document], bytes]) -> None:
    wrong = replace(SOUND, totals=replace(SOUND.totals, payable=SOUND.totals.payable + CENT))

    with pytest.raises(Unsound):
        write(wrong)
