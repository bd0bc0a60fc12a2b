"""What `contract:` of a community and `issuer:` of the fleet may say, as pydantic models."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from terraform.contract_fields import (
    Account,
    Amount,
    Country,
    Days,
    Email,
    Key,
    Locale,
    Percent,
    Scheme,
    VatId,
    after,
    ascending,
    located,
)
from terraform.fee_schema import FeesFile, PassThroughFile, TaxFile
from terraform.fleet_fields import Currency, Day, HubPath, Ours, Text, Texts, many


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
        AfterValidator(ascending),
    ] = Field(default_factory=list)
    """What changed since, oldest first."""

    _after = field_validator("end")(after)

    @model_validator(mode="after")
    def _amended_later(self) -> ContractFile:
        if self.start and self.amendments and self.amendments[0].start <= self.start:
            located([(("amendments", 0, "from"), f"is not after from {self.start}, where the contract begins")])
        return self


class BankFile(Ours):
    """Where to pay."""

    account: Account
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
        AfterValidator(ascending),
    ] = Field(default_factory=list)
    """What changed since, oldest first."""
