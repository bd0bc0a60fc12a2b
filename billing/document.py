"""An invoice, credit note or debit note as values: the business terms of EN 16931 and what people read besides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

# Pydantic reads these classes' annotations (billing/canonical.py), so their types are imported at run time.
__all__ = [
    "Award",
    "BankAccount",
    "Basis",
    "Cell",
    "Document",
    "Information",
    "Kind",
    "Language",
    "Line",
    "LineKind",
    "MonthCost",
    "Party",
    "Phrase",
    "Rate",
    "Reference",
    "Source",
    "Status",
    "TaxCategory",
    "TaxSubtotal",
    "Totals",
    "Unit",
    "Version",
]

ZERO = Decimal(0)


class Kind(StrEnum):
    """What a document is. Amounts of a credit note are what is given back: positive."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit note"
    DEBIT_NOTE = "debit note"


class Status(StrEnum):
    DRAFT = "draft"
    ISSUED = "issued"


class LineKind(StrEnum):
    """What a line charges. A ledger import gives each kind an account of its own (billing/ledger_import.py)."""

    PASS_THROUGH = "pass-through"  # noqa: S105 - the cloud's cost, as it is
    MARKUP = "markup"  # what a contract adds to it
    MEMBERSHIP = "membership"
    USAGE_FEE = "usage fee"
    ENGAGEMENT = "engagement"
    ONE_OFF = "one-off"


class Unit(StrEnum):
    """Units of quantity, by their codes in UN/ECE Recommendation 20."""

    ONE = "C62"
    PERSON = "IE"
    HOUR = "HUR"
    DAY = "DAY"
    MONTH = "MON"
    QUARTER = "QAN"
    YEAR = "ANN"


class TaxCategory(StrEnum):
    """VAT categories, by their codes in UNCL 5305. Outside the scope of VAT (O) stands alone on a document."""

    STANDARD = "S"
    ZERO_RATED = "Z"
    EXEMPT = "E"
    REVERSE_CHARGE = "AE"
    OUTSIDE_SCOPE = "O"


class Language(StrEnum):
    ENGLISH = "en"
    SPANISH = "es"
    FRENCH = "fr"
    GERMAN = "de"
    PORTUGUESE = "pt"


@dataclass(frozen=True, slots=True)
class Phrase:
    """Something that can be said in each language: a key of billing/phrases and its arguments, as text.

    The phrase says how each argument reads (`{month:month}`, `{users:number}`, `{price:money}`); the key `text` is
    for what was written by a person and is said as it is.
    """

    key: str
    arguments: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, key: str, **arguments: str | int | Decimal | date) -> Phrase:
        """Return the phrase with its arguments as text, in the order of their names."""
        return cls(key, tuple((name, _text(arguments[name])) for name in sorted(arguments)))

    @classmethod
    def text(cls, text: str) -> Phrase:
        """Return a phrase that says what a person wrote."""
        return cls.of("text", text=text)


@dataclass(frozen=True, slots=True)
class Party:
    """The issuer or the payer. `vat_id` is a VAT identifier with its country's prefix; `tax_number` any other tax number
    (an EIN, a Steuernummer); `scheme` is the code of the electronic address' scheme (EAS: 0088, 9930, EM…)."""

    name: str
    country: str  # ISO 3166-1 alpha-2
    address: tuple[str, ...] = ()
    city: str = ""
    postcode: str = ""
    subdivision: str = ""
    vat_id: str = ""
    tax_number: str = ""
    registration: str = ""  # in the register of companies or charities
    contact: str = ""  # a desk or a role
    email: str = ""
    phone: str = ""
    electronic_address: str = ""
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class BankAccount:
    """Where to pay: an IBAN or another account number, its holder, and the bank's BIC or routing number."""

    account: str
    holder: str = ""
    bank: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """The document that a note corrects."""

    number: str
    issue_date: date
    content_hash: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """What a pass-through line takes from a provider's bill: an amount in the bill's currency, rounded to its minor unit.

    The sources of all lines of a month, and what the operator keeps, add up to the bill. In a note they have the sign of
    its lines.
    """

    provider: str
    account: str
    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `net` is rounded to the currency's minor unit; `price` is never negative, what is taken off has a
    negative `quantity`. `hub` is `cluster/hub`, or empty for what is not one hub's; `award` the grant that pays it;
    `origin` says what of the contract it comes from, so that a correction finds the line again."""

    id: str
    kind: LineKind
    text: Phrase
    quantity: Decimal
    unit: Unit
    price: Decimal
    net: Decimal
    tax: TaxCategory
    tax_rate: Decimal = ZERO  # per cent
    hub: str = ""
    component: str = ""
    award: str = ""
    origin: str = ""
    sources: tuple[Source, ...] = ()

    def with_net(self, net: Decimal) -> Line:
        """Return the line with another amount. Its quantity and price stay where only the sign differs; else it is one amount."""
        if abs(net) == abs(self.net):
            return replace(self, net=net, quantity=self.quantity if net == self.net else -self.quantity)
        return replace(self, net=net, quantity=Decimal(-1 if net < 0 else 1), unit=Unit.ONE, price=abs(net))


@dataclass(frozen=True, slots=True)
class TaxSubtotal:
    """The tax of one category and rate on the sum of its lines. `reason` is why none is due (E, AE, O)."""

    category: TaxCategory
    rate: Decimal
    taxable: Decimal
    tax: Decimal
    reason: str = ""
    reason_code: str = ""  # of the VATEX list


@dataclass(frozen=True, slots=True)
class Totals:
    """BT-106, 109, 112, 113 and 115: lines, without tax, with tax, already paid, to pay. `rounding` (BT-114) is what a note
    adds so that it and what it corrects come to the restated total: their taxes were each rounded."""

    lines: Decimal
    tax_exclusive: Decimal
    tax: Decimal
    tax_inclusive: Decimal
    prepaid: Decimal
    payable: Decimal
    rounding: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Award:
    """A grant that pays lines of this document: its code and funder, its ceiling, what was charged before and is now."""

    code: str
    funder: str
    ceiling: Decimal
    before: Decimal
    charged: Decimal
    start: date | None = None
    end: date | None = None  # its last day


@dataclass(frozen=True, slots=True)
class Version:
    """A table of the lake and the version that was read."""

    table: str
    version: int


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of `base` was worth in the document's currency, and who says so."""

    base: str
    rate: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class Basis:
    """How the document was computed: from final or provisional bills, from which versions, how much was measured."""

    month: str  # YYYY-MM
    bills: str = "final"  # or provisional
    provisional_reason: str = ""
    coverage: Decimal | None = None  # the part of node-hours that was measured, 0 to 1
    versions: tuple[Version, ...] = ()
    rates: tuple[Rate, ...] = ()
    notes: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the table hubs × components. Together they are the pass-through lines, hub by hub."""

    hub: str
    component: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class MonthCost:
    """A month (YYYY-MM) of the cost chart, in the document's currency."""

    month: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Information:
    """Something told, not charged: the share of the fees that funds open source."""

    text: Phrase
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice, credit note or debit note, whole: every format is made from this and computes no money.

    Amounts are rounded to the minor unit of `currency`. `language` is what it is written in and `number_format` the
    locale of its numbers and dates (de_CH, en_US…). Drafts have no number. `content_hash` is SHA-256 over the
    canonical JSON of everything else, `previous_hash` included: that chains each document to the one before it.
    """

    kind: Kind
    status: Status
    community: str
    issuer: Party
    payer: Party
    currency: str
    issue_date: date
    due_date: date
    period_start: date
    period_end: date  # its last day
    language: Language
    number_format: str
    lines: tuple[Line, ...]
    taxes: tuple[TaxSubtotal, ...]
    totals: Totals
    basis: Basis
    series: str = ""
    number: str | None = None
    bank: BankAccount | None = None
    buyer_reference: str = ""
    purchase_order: str = ""
    contract: str = ""
    payment_terms: Phrase | None = None
    corrects: Reference | None = None
    reason: Phrase | None = None  # why a note was written
    awards: tuple[Award, ...] = ()
    table: tuple[Cell, ...] = ()
    history: tuple[MonthCost, ...] = ()
    information: tuple[Information, ...] = ()
    notes: tuple[Phrase, ...] = ()
    previous_hash: str = ""
    content_hash: str = ""


def _text(value: str | int | Decimal | date) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
