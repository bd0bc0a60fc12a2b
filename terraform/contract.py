"""What a community has agreed to pay, and who bills it, as values. `contract_schema.py` says how a file tells them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date  # noqa: TC003 – pydantic reads these classes' annotations (billing/inputs.py)
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)


class Per(StrEnum):
    """The time that a membership fee is for."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Billed(StrEnum):
    """When a membership fee is billed: each month its days' part, or the whole when its time begins."""

    MONTHLY = "monthly"
    IN_ADVANCE = "in advance"


@dataclass(frozen=True, slots=True)
class Organisation:
    """An issuer or a payer. Field by field what an invoice says of one."""

    name: str
    country: str
    address: tuple[str, ...] = ()
    city: str = ""
    postcode: str = ""
    subdivision: str = ""
    vat_id: str = ""
    tax_number: str = ""
    registration: str = ""
    contact: str = ""
    email: str = ""
    phone: str = ""
    electronic_address: str = ""
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Bank:
    """Where to pay."""

    account: str
    holder: str = ""
    bank: str = ""


@dataclass(frozen=True, slots=True)
class Tax:
    """A VAT category by its code (S, Z, E, AE, O), its rate in per cent, and why no tax is due."""

    category: str
    rate: Decimal = ZERO
    reason: str = ""
    reason_code: str = ""


@dataclass(frozen=True, slots=True)
class MembershipFee:
    """A fee for a time, in [start, end). Its years and quarters begin on `start`'s day, or with the calendar's."""

    amount: Decimal
    per: Per
    billed: Billed = Billed.MONTHLY
    start: date | None = None
    end: date | None = None
    tax: Tax | None = None


@dataclass(frozen=True, slots=True)
class Tier:
    """The price of each active user up to the `to`th (None: of all beyond)."""

    to: int | None
    price: Decimal


@dataclass(frozen=True, slots=True)
class UsageFee:
    """A fee for a month's active users, by ascending tiers; never more than `cap`."""

    tiers: tuple[Tier, ...]
    cap: Decimal | None = None
    tax: Tax | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """Hours worked on a day, at a price an hour."""

    day: date
    hours: Decimal
    price: Decimal
    text: str
    tax: Tax | None = None


@dataclass(frozen=True, slots=True)
class OneOff:
    """A fee that is due once."""

    day: date
    amount: Decimal
    text: str
    tax: Tax | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """An award that pays for some hubs and components (none named: all), in [start, end).

    `ceiling` holds for what it is charged, with tax, and the indirect cost that its holder adds (`indirect_percent`).
    With a `payer` of its own it gets a document of its own. `fees`: it pays the contract's fees too.
    """

    award: str
    funder: str
    ceiling: Decimal
    start: date
    end: date
    hubs: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    fees: bool = False
    indirect_percent: Decimal = ZERO
    payer: Organisation | None = None
    buyer_reference: str = ""
    purchase_order: str = ""


@dataclass(frozen=True, slots=True)
class Contract:
    """What holds between a community and the issuer from `start` on, until the next amendment.

    What is billed are the days in [first_day, end), whichever amendment they fall in.
    """

    start: date | None
    first_day: date | None
    end: date | None
    payer: Organisation
    currency: str
    tax: Tax
    reference: str = ""
    purchase_order: str = ""
    buyer_reference: str = ""
    peppol: bool = False
    language: str = "en"
    number_format: str = ""
    payment_days: int = 30
    payment_terms: str = ""
    markup_percent: Decimal = ZERO
    pass_through: bool = True
    pass_through_tax: Tax | None = None
    membership: MembershipFee | None = None
    usage: UsageFee | None = None
    work: tuple[Work, ...] = ()
    one_off: tuple[OneOff, ...] = ()
    open_source_percent: Decimal = ZERO
    grants: tuple[Grant, ...] = ()


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who bills, from `start` on. Numbers are `<series>-<year>-<nnnn>`; `key` is the issuer in the ledger, for ever."""

    start: date | None
    key: str
    series: str
    organisation: Organisation
    bank: Bank | None = None
