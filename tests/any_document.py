"""Hypothesis: any sound document, in any currency, language and tax category, with any text a person could write."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from billing.document import (
    Basis,
    Cell,
    Document,
    Information,
    Kind,
    Language,
    Line,
    LineKind,
    MonthCost,
    Party,
    Phrase,
    Reference,
    TaxCategory,
    Unit,
    Version,
)
from tests.fixtures_documents import invoice, taxes_of, totals_of

# Letters of Europe, digits, what spreadsheets and XML take for their own, control characters; beside them an astral one.
LETTERS = "aZéßñçłΩЖ09 =+-@&<>\"'\t\n\x00\x1b\ufffe"
LOCALES = {"en": "en_US", "es": "es_ES", "fr": "fr_CH", "de": "de_AT", "pt": "pt_BR"}
CURRENCIES = {"EUR": 2, "USD": 2, "JPY": 0, "TND": 3}
RATES = {"S": (Decimal(19), Decimal("5.5")), "Z": (Decimal(0),), "E": (Decimal(0),), "AE": (Decimal(0),)}
HUBS = ("", "tidewater/estuary", "northlight/drift")


@st.composite
def documents(draw: st.DrawFn, currencies: tuple[str, ...] = tuple(CURRENCIES), astral: str = "\U0001f4a1") -> Document:
    """A sound, issued document."""
    written = st.text(st.sampled_from(LETTERS + astral), max_size=12)
    currency = draw(st.sampled_from(currencies))
    amounts = st.integers(-10_000_000, 10_000_000).map(lambda units: Decimal(units).scaleb(-CURRENCIES[currency]))
    outside = draw(st.sampled_from((True, False, False, False)))
    parts = tuple(_line(draw, at, amounts, written, outside=outside) for at in range(1, draw(st.integers(1, 6)) + 1))
    kind = draw(st.sampled_from(Kind))
    language = draw(st.sampled_from(Language))
    issued = draw(st.dates(date(2024, 1, 1), date(2030, 12, 31)))
    taxes = taxes_of(parts, currency)
    note = kind is not Kind.INVOICE
    return invoice(
        parts=parts,
        kind=kind,
        currency=currency,
        language=language,
        number_format=LOCALES[language],
        taxes=taxes,
        totals=totals_of(parts, taxes, draw(amounts)),
        issue_date=issued,
        due_date=issued + timedelta(days=draw(st.integers(0, 90))),
        payer=Party(
            name=f"N{draw(written)}",
            country="FR",
            city=draw(written),
            vat_id="FR83404833048",
            registration="404833048",
        ),
        purchase_order=draw(written),
        buyer_reference=draw(written),
        corrects=Reference("HUB-2026-0001", issued) if note else None,
        reason=Phrase.text(draw(written)) if note else None,
        table=tuple(Cell(part.hub, "compute", part.net) for part in parts if part.kind is LineKind.PASS_THROUGH),
        history=tuple(MonthCost(f"2026-{month:02}", draw(amounts)) for month in range(1, 13)),
        information=(Information(Phrase.text(draw(written)), draw(st.none() | amounts)),),
        basis=Basis(
            "2026-10",
            coverage=Decimal(draw(st.integers(0, 1000))).scaleb(-3),
            versions=(Version("charges", draw(st.integers(0, 99))),),
        ),
        awards=(),
    )


def _line(
    draw: st.DrawFn, number: int, amounts: st.SearchStrategy[Decimal], written: st.SearchStrategy[str], *, outside: bool
) -> Line:
    net = draw(amounts)
    category = TaxCategory.OUTSIDE_SCOPE if outside else TaxCategory(draw(st.sampled_from(sorted(RATES))))
    return Line(
        id=str(number),
        kind=draw(st.sampled_from(LineKind)),
        text=Phrase.text(f"Line {draw(written)}"),
        quantity=Decimal(1) if net >= 0 else Decimal(-1),
        unit=draw(st.sampled_from(Unit)),
        price=abs(net),
        net=net,
        tax=category,
        tax_rate=Decimal(0) if outside else draw(st.sampled_from(RATES[category])),
        hub=draw(st.sampled_from(HUBS)),
    )
