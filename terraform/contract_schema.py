"""What `contract:` of a community and `issuer:` of the fleet may say, as pydantic models."""

from __future__ import annotations

from datetime import date  # noqa: TC003 – pydantic reads it
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal, Protocol, TypeVar

from babel import localedata
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails
from stdnum import iban
from stdnum.eu import vat

from terraform.contract import Billed, Per
from terraform.fleet_fields import Currency, Day, HubPath, Ours, Text, Texts, fault, many, matching, measure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class _Amendment(Protocol):
    @property
    def start(self) -> date: ...


Dated = TypeVar("Dated", bound=_Amendment)
_EU_VAT = frozenset(vat.MEMBER_STATES)


def _locale(value: str) -> str:
    if not localedata.exists(value):
        raise fault(f"'{value}' is no locale: write language and country, as in en_US or de_CH")
    return value


def _vat_id(value: str) -> str:
    prefix = value[:2].lower()
    if prefix == "el":
        prefix = "gr"
    if prefix in _EU_VAT and not vat.is_valid(value):
        raise fault(f"'{value}' is no VAT identifier of {prefix.upper()}: one of its digits is wrong or missing")
    return value


def _account(value: str) -> str:
    if value[:2].isalpha() and value[2:4].isdigit() and not iban.is_valid(value):
        raise fault(f"'{value}' looks like an IBAN, but its check digits are wrong")
    return value


def _located(found: Iterable[tuple[tuple[str | int, ...], str]]) -> None:
    """Raise every fault that was found at its place within the value; nothing where there is none."""
    details = [InitErrorDetails(type=fault(text), loc=place, input=None) for place, text in found]
    if details:
        raise ValidationError.from_exception_data("contract", details)


def after(end: date | None, info: ValidationInfo) -> date | None:
    """Check that `to` is after `from`."""
    start = info.data.get("start")
    if start and end and start >= end:
        raise fault(f"{end} is not after from {start}: 'to' is the day after the last one")
    return end


_COUNTRY, _COUNTRY_SCHEMA = matching(r"[A-Z]{2}", "not a country of ISO 3166: write its two capital letters, as in DE")
_VAT, _VAT_SCHEMA = matching(
    r"[A-Z]{2}[A-Za-z0-9+*.]{2,18}", "not a VAT identifier: write it with its country's prefix, as in DE136695976"
)
_SCHEME, _SCHEME_SCHEMA = matching(
    r"\d{4}|[A-Z]{2}", "not a scheme of electronic addresses: write its code, as in 0088 (GLN), 9930 (DE VAT) or EM"
)
_KEY, _KEY_SCHEMA = matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", "not a series: use letters, digits, '-', '_' and '.'")
_EMAIL, _EMAIL_SCHEMA = matching(r"[^@\s]+@[^@\s]+", "not an e-mail address")

Country = Annotated[str, _COUNTRY, _COUNTRY_SCHEMA]
VatId = Annotated[str, _VAT, AfterValidator(_vat_id), _VAT_SCHEMA]
Scheme = Annotated[str, _SCHEME, _SCHEME_SCHEMA]
Key = Annotated[str, _KEY, _KEY_SCHEMA]
Email = Annotated[str, _EMAIL, _EMAIL_SCHEMA]
Locale = Annotated[str, AfterValidator(_locale)]
_AMOUNT_SCHEMA = WithJsonSchema({"type": "number", "minimum": 0})
Amount = Annotated[Decimal, Field(ge=0, le=10**12, decimal_places=12), BeforeValidator(measure), _AMOUNT_SCHEMA]
Percent = Annotated[
    Decimal,
    Field(ge=0, le=100, decimal_places=12),
    BeforeValidator(measure),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 100}),
]
Whole = Annotated[int, Field(gt=0, le=10**9), BeforeValidator(measure)]
Days = Annotated[int, Field(ge=0, le=366), BeforeValidator(measure)]


class OrganisationFile(Ours):
    """An organisation as its invoices name it."""

    name: Text
    """Its legal name."""
    country: Country
    """Its country, two capital letters."""
    address: Texts = Field(default_factory=list)
    """Street and the like, a line each."""
    city: Text | None = None
    """Its city."""
    postcode: Text | None = None
    """Its postcode."""
    subdivision: Text | None = None
    """Its state or province."""
    vat_id: VatId | None = None
    """Its VAT identifier, with the country's prefix."""
    tax_number: Text | None = None
    """Another tax number (an EIN, a Steuernummer)."""
    registration: Text | None = None
    """Its number in a register of companies or charities."""
    contact: Text | None = None
    """A desk or a role."""
    email: Email | None = None
    """Where documents and questions go."""
    phone: Text | None = None
    """Whom to ring."""
    electronic_address: Text | None = None
    """Its address for electronic invoices."""
    scheme: Scheme | None = None
    """The code of that address' scheme (EAS)."""


class TaxFile(Ours):
    """A category of VAT and its rate."""

    category: Literal["S", "Z", "E", "AE", "O"]
    """S standard, Z zero rate, E exempt, AE reverse charge, O outside the scope of VAT."""
    rate: Percent = Decimal(0)
    """In per cent; only S has one."""
    reason: Text | None = None
    """Why no tax is due; E, AE and O need it."""
    reason_code: Text | None = None
    """The reason's code of the VATEX list."""

    @field_validator("rate")
    @classmethod
    def _rate_of_category(cls, rate: Decimal, info: ValidationInfo) -> Decimal:
        category = info.data.get("category")
        if category is not None and category != "S" and rate:
            raise fault(f"category {category} has no rate: remove it, or make the category S")
        return rate

    @model_validator(mode="after")
    def _reasoned(self) -> TaxFile:
        if self.category == "S" and not self.rate:
            raise fault("category S has no rate: give it, or make the category Z, E, AE or O")
        if self.category in ("E", "AE", "O") and not self.reason:
            raise fault(f"category {self.category} needs a reason why no tax is due: add 'reason'")
        return self


class MembershipFeeFile(Ours):
    """A fee for a time."""

    amount: Amount
    """What a whole month, quarter or year costs."""
    per: Per
    """What the amount is for: month, quarter or year."""
    billed: Billed = Field(default=Billed.MONTHLY, title="Billed")
    """Each month its days' part, or the whole in advance."""
    start: Day | None = Field(default=None, alias="from")
    """The first day; years and quarters begin with it."""
    end: Day | None = Field(default=None, alias="to")
    """The day after the last one."""
    tax: TaxFile | None = None
    """Where it differs from the contract's."""

    _after = field_validator("end")(after)


class TierFile(Ours):
    """The price of some of a month's active users, counted from 1."""

    start: Whole | None = Field(default=None, alias="from")
    """The first user at this price; by default the one after the tier before."""
    to: Whole | None = None
    """The last user at this price; left out in the last tier."""
    price: Amount
    """What each costs a month."""


def _tiers(tiers: list[TierFile]) -> list[TierFile]:
    _located(_tier_faults(tiers))
    return tiers


def _tier_faults(tiers: Sequence[TierFile]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if not tiers:
        yield (), "there is no tier: give at least one with its price"
    before = 0
    for index, tier in enumerate(tiers):
        last = index == len(tiers) - 1
        if tier.start is not None and tier.start <= before:
            yield (index, "from"), f"{tier.start} is in the tier before too, which ends with {before}: begin after it"
        elif tier.start is not None and tier.start > before + 1:
            yield (
                (index, "from"),
                f"nothing says what users {before + 1} to {tier.start - 1} cost: begin with {before + 1}",
            )
        if tier.to is None and not last:
            yield (index,), "a tier follows, and this one has no end: say with 'to' which user is its last"
        if tier.to is not None and last:
            yield (
                (index, "to"),
                f"nothing says what users beyond {tier.to} cost: leave 'to' out, or add a tier with price 0",
            )
        if tier.to is not None and tier.to <= before:
            yield (index, "to"), f"{tier.to} is in the tier before too, which ends with {before}: tiers ascend"
        before = max(before, tier.to or 0)


class UsageFeeFile(Ours):
    """A fee for a month's active users."""

    tiers: Annotated[list[TierFile], AfterValidator(_tiers)]
    """Prices, from the first user on."""
    cap: Amount | None = None
    """The most it comes to in a month."""
    tax: TaxFile | None = None
    """Where it differs from the contract's."""


class WorkFile(Ours):
    """Hours worked on a day."""

    date: Day
    """The day; it is billed with its month."""
    hours: Amount
    """How many."""
    text: Text
    """What was done."""
    price: Amount | None = None
    """Where it differs from the engagement's."""


class EngagementFile(Ours):
    """Work paid by the hour."""

    price: Amount
    """What an hour costs."""
    work: Annotated[list[WorkFile], BeforeValidator(many, json_schema_input_type=list[WorkFile] | None)] = Field(
        default_factory=list
    )
    """What was done."""
    tax: TaxFile | None = None
    """Where it differs from the contract's."""


class OneOffFile(Ours):
    """A fee that is due once."""

    date: Day
    """The day; it is billed with its month."""
    amount: Amount
    """What it comes to."""
    text: Text
    """What it is for."""
    tax: TaxFile | None = None
    """Where it differs from the contract's."""


class FeesFile(Ours):
    """What is charged beside the cloud's cost."""

    membership: MembershipFeeFile | None = None
    """A fee for a time."""
    usage: UsageFeeFile | None = None
    """A fee for a month's active users."""
    engagement: EngagementFile | None = None
    """Work paid by the hour."""
    one_off: Annotated[list[OneOffFile], BeforeValidator(many, json_schema_input_type=list[OneOffFile] | None)] = Field(
        default_factory=list
    )
    """Fees that are due once."""
    open_source: Percent = Decimal(0)
    """The part of the fees that funds open source, in per cent: told on the invoice, not charged."""


class PassThroughFile(Ours):
    """The cloud's cost."""

    charged: bool = True
    """Whether it is passed on at all."""
    markup: Percent = Decimal(0)
    """What is added to it, in per cent, as a line of its own."""
    tax: TaxFile | None = None
    """Where it differs from the contract's."""


class GrantFile(Ours):
    """An award that pays for some of it."""

    award: Text
    """The award's code."""
    funder: Text
    """Who gave it."""
    ceiling: Amount
    """The most it pays in all, in the contract's currency, with tax and indirect cost."""
    start: Day = Field(alias="from")
    """The first day whose cost it pays."""
    end: Day = Field(alias="to")
    """The day after the last one."""
    hubs: Annotated[list[HubPath], BeforeValidator(many, json_schema_input_type=list[HubPath] | None)] = Field(
        default_factory=list
    )
    """The hubs it pays, as cluster/hub; by default all."""
    components: Texts = Field(default_factory=list)
    """The components it pays, as in compute; by default all."""
    fees: bool = False
    """Whether it pays the contract's fees too."""
    indirect_rate: Percent = Decimal(0)
    """What its holder adds as indirect cost, in per cent: it counts against the ceiling, and is not charged."""
    payer: OrganisationFile | None = None
    """Who pays for it, where that is not the contract's payer: it gets a document of its own."""
    buyer_reference: Text | None = None
    """Where it differs from the contract's."""
    purchase_order: Text | None = None
    """Where it differs from the contract's."""

    _after = field_validator("end")(after)


class TermsFile(Ours):
    """What an amendment may change."""

    payer: OrganisationFile | None = None
    """Who pays."""
    currency: Currency | None = None
    """What it is billed in."""
    tax: TaxFile | None = None
    """Which tax is due."""
    reference: Text | None = None
    """The contract's number."""
    purchase_order: Text | None = None
    """The payer's purchase order."""
    buyer_reference: Text | None = None
    """What the payer wants to read on its invoices (a Leitweg-ID, a cost centre)."""
    peppol: bool = False
    """Whether documents go over Peppol, which wants a reference and electronic addresses."""
    language: Literal["en", "es", "fr", "de", "pt"] = "en"
    """What documents are written in."""
    number_format: Locale | None = None
    """The locale of numbers and dates, as in de_CH; by default the language's."""
    payment_days: Days = 30
    """How many days after its issue a document is due."""
    payment_terms: Text | None = None
    """Terms in words, where days don't say it."""
    pass_through: PassThroughFile = Field(default_factory=PassThroughFile, title="Pass Through")
    """How the cloud's cost is passed on."""
    fees: FeesFile = Field(default_factory=FeesFile, title="Fees")
    """What is charged beside it."""
    grants: Annotated[list[GrantFile], BeforeValidator(many, json_schema_input_type=list[GrantFile] | None)] = Field(
        default_factory=list
    )
    """Awards that pay for some of it; the first that may pay does."""


def _ascending(amendments: list[Dated]) -> list[Dated]:
    _located(_amendment_faults(amendments))
    return amendments


def _amendment_faults(amendments: Sequence[Dated]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    before: date | None = None
    for index, each in enumerate(amendments):
        if each.start.day != 1:
            yield (index, "from"), f"{each.start} is not the first day of a month: a month is billed by one contract"
        if before is not None and each.start <= before:
            yield (
                (index, "from"),
                f"{each.start} is not after {before}, where the one before begins: put the oldest first",
            )
        before = each.start


class AmendmentFile(TermsFile):
    """What changes in a contract from a month on; what it doesn't name stays. Of fees, each is replaced whole."""

    start: Day = Field(alias="from")
    """The first day of a month."""


class ContractFile(TermsFile):
    """What a community has agreed to pay."""

    payer: OrganisationFile
    """Who pays."""
    currency: Currency
    """What it is billed in."""
    tax: TaxFile
    """Which tax is due."""
    start: Day | None = Field(default=None, alias="from")
    """The first day that is billed."""
    end: Day | None = Field(default=None, alias="to")
    """The day after the last one that is billed."""
    amendments: Annotated[
        list[AmendmentFile],
        BeforeValidator(many, json_schema_input_type=list[AmendmentFile] | None),
        AfterValidator(_ascending),
    ] = Field(default_factory=list)
    """What changed since, oldest first."""

    _after = field_validator("end")(after)

    @model_validator(mode="after")
    def _amended_later(self) -> ContractFile:
        if self.start and self.amendments and self.amendments[0].start <= self.start:
            _located([(("amendments", 0, "from"), f"is not after from {self.start}, where the contract begins")])
        return self


class BankFile(Ours):
    """Where to pay."""

    account: Annotated[Text, AfterValidator(_account)]
    """IBAN or account number."""
    holder: Text | None = None
    """Whose account it is."""
    bank: Text | None = None
    """BIC or routing number."""


class IssuerTermsFile(Ours):
    """What an amendment of the issuer may change."""

    organisation: OrganisationFile | None = None
    """Who bills."""
    bank: BankFile | None = None
    """Where to pay."""
    series: Key | None = None
    """What document numbers begin with, as in INV for INV-2026-0001."""


class IssuerAmendmentFile(IssuerTermsFile):
    """What changes from a month on."""

    start: Day = Field(alias="from")
    """The first day of a month."""


class IssuerFile(IssuerTermsFile):
    """Who bills."""

    organisation: OrganisationFile
    """Who bills."""
    key: Key
    """A short name for the issuer in the ledger; numbers run through under it, so it never changes."""
    series: Key = "INV"
    """What document numbers begin with, as in INV for INV-2026-0001."""
    amendments: Annotated[
        list[IssuerAmendmentFile],
        BeforeValidator(many, json_schema_input_type=list[IssuerAmendmentFile] | None),
        AfterValidator(_ascending),
    ] = Field(default_factory=list)
    """What changed since, oldest first."""
