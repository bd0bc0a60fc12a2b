"""Invoices, credit notes and debit notes to print, export and break, with sums made here and not by the code under test."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from billing.canonical import sealed
from billing.document import (
    Award,
    BankAccount,
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
    Rate,
    Reference,
    Status,
    TaxCategory,
    TaxSubtotal,
    Totals,
    Unit,
    Version,
)
from terraform.currencies import minor_units

ISSUER = Party(
    name="Hub Operators' Cooperative gGmbH",
    country="DE",
    address=("Lindenstraße 12", "Hinterhaus"),
    city="Leipzig",
    postcode="04109",
    vat_id="DE136695976",
    tax_number="231/123/4567",
    registration="HRB 12345",
    contact="Accounts",
    email="accounts@operators.example",
    phone="+49 341 555 0100",
    electronic_address="accounts@operators.example",
    scheme="EM",
)
PAYER = Party(
    name="Institut d'océanographie côtière",
    country="FR",
    address=("3 quai du Large", "Bâtiment C", "Service financier"),
    city="Brest",
    postcode="29200",
    vat_id="FR83404833048",
    registration="404833048",
    contact="Comptabilité fournisseurs",
    email="factures@ocean.example",
    electronic_address="404833048",
    scheme="0002",
)
BANK = BankAccount(account="DE89 3704 0044 0532 0130 00", holder="Hub Operators' Cooperative", bank="COBADEFFXXX")
REASONS = {
    TaxCategory.EXEMPT: ("Exempt, Article 132(1)(i) of Directive 2006/112/EC", "VATEX-EU-132-1I"),
    TaxCategory.REVERSE_CHARGE: ("Reverse charge", "VATEX-EU-AE"),
    TaxCategory.OUTSIDE_SCOPE: ("Not subject to VAT", "VATEX-EU-O"),
}
MONTHS = tuple(f"2025-{month:02}" for month in (11, 12)) + tuple(f"2026-{month:02}" for month in range(1, 11))
CELLS = (
    Cell("tidewater/estuary", "compute", Decimal("891.13")),
    Cell("tidewater/estuary", "home storage", Decimal("402.18")),
    Cell("tidewater/estuary", "networking", Decimal("335.41")),
    Cell("northlight/drift", "compute", Decimal("120.66")),
    Cell("northlight/drift", "home storage", Decimal("70.51")),
    Cell("", "object storage", Decimal("174.91")),
)


def line(
    number: int, net: str, *, text: Phrase | None = None, kind: LineKind = LineKind.PASS_THROUGH, **more: object
) -> Line:
    """A line of one piece."""
    simple = Line(
        id=str(number),
        kind=kind,
        text=text or Phrase.of("pass_through_hub", hub=f"tidewater/hub-{number}"),
        quantity=Decimal(1) if Decimal(net) >= 0 else Decimal(-1),
        unit=Unit.ONE,
        price=abs(Decimal(net)),
        net=Decimal(net),
        tax=TaxCategory.STANDARD,
        tax_rate=Decimal(19),
    )
    return replace(simple, **more)  # type: ignore[arg-type]


def lines(tax: TaxCategory = TaxCategory.STANDARD, rate: str = "19") -> tuple[Line, ...]:
    """The lines of a month: two hubs, an account of the community's own, a membership, users in tiers, an engagement."""
    whole = (
        line(
            1,
            "1628.72",
            text=Phrase.of("pass_through_hub", hub="tidewater/estuary"),
            hub="tidewater/estuary",
            award="NSF-1234567",
        ),
        line(2, "191.17", text=Phrase.of("pass_through_hub", hub="northlight/drift"), hub="northlight/drift"),
        line(3, "174.91", text=Phrase.of("pass_through_account")),
        line(
            4,
            "250.00",
            kind=LineKind.MEMBERSHIP,
            text=Phrase.of("membership", start=date(2026, 10, 1), end=date(2026, 10, 31)),
            unit=Unit.MONTH,
        ),
        line(
            5,
            "100.00",
            kind=LineKind.USAGE_FEE,
            text=Phrase.of("usage_tier", first=1, last=10),
            quantity=Decimal(10),
            unit=Unit.PERSON,
            price=Decimal(10),
        ),
        line(
            6,
            "450.00",
            kind=LineKind.USAGE_FEE,
            text=Phrase.of("usage_tier", first=11, last=100),
            quantity=Decimal(90),
            unit=Unit.PERSON,
            price=Decimal(5),
        ),
        line(
            7,
            "455.00",
            kind=LineKind.ENGAGEMENT,
            text=Phrase.text("Moving the teaching material"),
            quantity=Decimal("3.5"),
            unit=Unit.HOUR,
            price=Decimal(130),
        ),
        line(8, "-40.00", kind=LineKind.ONE_OFF, text=Phrase.text("Goodwill for the outage of 7 October")),
    )
    return tuple(replace(part, tax=tax, tax_rate=Decimal(rate)) for part in whole)


def taxes_of(parts: tuple[Line, ...], currency: str) -> tuple[TaxSubtotal, ...]:
    """The tax of lines, by category and rate, rounded half up."""
    unit = Decimal(1).scaleb(-minor_units()[currency])
    groups = sorted({(part.tax, part.tax_rate) for part in parts})
    sums = {group: sum((p.net for p in parts if (p.tax, p.tax_rate) == group), Decimal(0)) for group in groups}
    return tuple(
        TaxSubtotal(
            category,
            rate,
            taxable,
            (taxable * rate / 100).quantize(unit, ROUND_HALF_UP),
            *REASONS.get(category, ()),
        )
        for (category, rate), taxable in sums.items()
    )


def totals_of(parts: tuple[Line, ...], taxes: tuple[TaxSubtotal, ...], prepaid: Decimal = Decimal(0)) -> Totals:
    """The totals of lines and their taxes."""
    net = sum((part.net for part in parts), Decimal(0))
    tax = sum((part.tax for part in taxes), Decimal(0))
    return Totals(net, net, tax, net + tax, prepaid, net + tax - prepaid)


def invoice(
    *,
    parts: tuple[Line, ...] | None = None,
    kind: Kind = Kind.INVOICE,
    currency: str = "EUR",
    language: Language = Language.ENGLISH,
    number_format: str = "en_GB",
    prepaid: str = "0",
    **more: object,
) -> Document:
    """An issued invoice of Coastal Modelling for October 2026, or a note that corrects it; `more` replaces its fields."""
    table = CELLS if parts is None else ()
    parts = lines() if parts is None else parts
    taxes = taxes_of(parts, currency)
    note = kind is not Kind.INVOICE
    document = Document(
        kind=kind,
        status=Status.ISSUED,
        community="coastal-modelling",
        issuer=ISSUER,
        payer=PAYER,
        currency=currency,
        issue_date=date(2026, 11, 5),
        due_date=date(2026, 12, 5),
        period_start=date(2026, 10, 1),
        period_end=date(2026, 10, 31),
        language=language,
        number_format=number_format,
        lines=parts,
        taxes=taxes,
        totals=totals_of(parts, taxes, Decimal(prepaid)),
        basis=Basis(
            month="2026-10",
            coverage=Decimal("0.9954"),
            versions=(Version("charges", 12), Version("usage", 31), Version("nodes", 31), Version("activity", 30)),
            rates=(Rate("USD", Decimal("0.9213"), "European Central Bank, 30 October 2026"),),
            notes=(Phrase.of("method"),),
        ),
        series="HUB",
        number="HUB-2026-0042",
        bank=BANK,
        buyer_reference="SERV-1742",
        purchase_order="PO-88/2026",
        contract="coastal-modelling-2026",
        payment_terms=Phrase.of("payment_days", days=30, due=date(2026, 12, 5)),
        corrects=Reference("HUB-2026-0017", date(2026, 10, 6), "ab" * 32) if note else None,
        reason=Phrase.of("restated_bill", month="2026-09") if note else None,
        awards=(
            Award(
                "NSF-1234567",
                "National Science Foundation",
                Decimal(20000),
                Decimal("7411.02"),
                Decimal("1628.72"),
                date(2025, 7, 1),
                date(2027, 6, 30),
            ),
        )
        if any(part.award for part in parts)
        else (),
        table=table,
        history=tuple(MonthCost(month, Decimal(1400 + 61 * at % 700)) for at, month in enumerate(MONTHS)),
        information=(Information(Phrase.of("open_source_share", rate=30), Decimal("364.50")),),
    )
    return sealed(replace(document, **more), previous_hash="cd" * 32)  # type: ignore[arg-type]


def draft(**more: object) -> Document:
    """A draft of the invoice."""
    return replace(invoice(), status=Status.DRAFT, number=None, previous_hash="", content_hash="", **more)  # type: ignore[arg-type]
