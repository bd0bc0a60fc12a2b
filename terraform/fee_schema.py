"""What a contract's fees, taxes and pass-through may say, as pydantic models."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from terraform.contract import Billed, Per
from terraform.contract_fields import Amount, Percent, Whole, after, located
from terraform.fleet_fields import Day, Ours, Text, fault, many

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


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
    located(_tier_faults(tiers))
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
