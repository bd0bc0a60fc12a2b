"""What a contract charges beside the cloud's cost: membership, usage by active users, work by the hour, one-off fees."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from analytics.money import minor_unit, round_parts, round_total
from billing.days import DAY, Days, spans
from billing.document import LineKind, Phrase, Unit
from terraform.contract import Billed, Per

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from terraform.contract import Contract, MembershipFee, Tax, Tier, UsageFee

ZERO = Decimal(0)
ONE = Decimal(1)
MONTHS = {Per.MONTH: 1, Per.QUARTER: 3, Per.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee of a month: one line. `days` are what it is for, which a grant must cover to pay it."""

    kind: LineKind
    origin: str
    text: Phrase
    quantity: Decimal
    unit: Unit
    price: Decimal
    net: Decimal
    tax: Tax
    days: Days


def fees(contract: Contract, month: Days, users: Decimal) -> tuple[Fee, ...]:
    """Return the fees of a month in which a community had so many active users."""
    active = month.within(contract.first_day, contract.end)
    found: list[Fee] = []
    if contract.membership is not None:
        found += _membership(contract, contract.membership, active)
    if contract.usage is not None:
        found += _usage(contract, contract.usage, month, users)
    for number, work in enumerate(contract.work):
        if work.day in active:
            found.append(
                Fee(
                    LineKind.ENGAGEMENT,
                    f"engagement:{number}",
                    Phrase.of("engagement", text=f"{work.text} ({work.day.isoformat()})", hours=work.hours),
                    work.hours,
                    Unit.HOUR,
                    work.price,
                    _rounded(work.hours * work.price, contract.currency),
                    work.tax or contract.tax,
                    Days(work.day, work.day + DAY),
                )
            )
    for number, each in enumerate(contract.one_off):
        if each.day in active:
            amount = _rounded(each.amount, contract.currency)
            found.append(
                Fee(
                    LineKind.ONE_OFF,
                    f"one-off:{number}",
                    Phrase.text(each.text),
                    ONE,
                    Unit.ONE,
                    amount,
                    amount,
                    each.tax or contract.tax,
                    Days(each.day, each.day + DAY),
                )
            )
    return tuple(each for each in found if each.net)


def membership_fee(fee: MembershipFee, active: Days, currency: str) -> Decimal:
    """Return the fee for the active days of a month, or in advance for all that begins in them.

    By days, and rounded so that the months of a year or quarter add up to its whole fee.
    """
    return sum((amount for _, amount in _membership_parts(fee, active, currency)), ZERO)


def _membership_parts(fee: MembershipFee, active: Days, currency: str) -> Iterator[tuple[Days, Decimal]]:
    anchor = fee.start if fee.start is not None and fee.per is not Per.MONTH else active.start.replace(month=1, day=1)
    for span in spans(anchor, MONTHS[fee.per], active):
        whole = span.within(fee.start, fee.end)
        part = whole.within(active.start, active.end)
        if fee.billed is Billed.IN_ADVANCE:
            if len(whole) and whole.start in active:
                yield whole, _share(fee, len(whole), span, currency)
        elif len(part):
            until = len(Days(whole.start, part.end))
            before = len(Days(whole.start, part.start))
            yield part, _share(fee, until, span, currency) - _share(fee, before, span, currency)


def _share(fee: MembershipFee, days: int, span: Days, currency: str) -> Decimal:
    return _rounded(fee.amount * days / len(span), currency)


def _membership(contract: Contract, fee: MembershipFee, active: Days) -> Iterator[Fee]:
    for number, (days, amount) in enumerate(_membership_parts(fee, active, contract.currency)):
        yield Fee(
            LineKind.MEMBERSHIP,
            f"membership:{number}",
            Phrase.of("membership", start=days.start, end=days.last),
            ONE,
            Unit.ONE,
            amount,
            amount,
            fee.tax or contract.tax,
            days,
        )


def graduated(tiers: Sequence[Tier], users: Decimal) -> list[tuple[int, int | None, Decimal, Decimal]]:
    """Return (first user, last user, how many, price) of each tier that has any."""
    found = []
    before = 0
    for tier in tiers:
        top = users if tier.to is None else min(users, Decimal(tier.to))
        if top > before:
            found.append((before + 1, tier.to, top - before, tier.price))
        before = tier.to or before
    return found


def usage_fee(fee: UsageFee, users: Decimal, currency: str) -> Decimal:
    """Return the fee for so many active users: 280 of them come to 1,000.00 by the published scheme."""
    exact = sum((count * price for _, _, count, price in graduated(fee.tiers, users)), ZERO)
    return round_total(exact if fee.cap is None else min(exact, fee.cap), currency)


def _usage(contract: Contract, fee: UsageFee, month: Days, users: Decimal) -> Iterator[Fee]:
    tiers = [each for each in graduated(fee.tiers, users) if each[3]]
    if not tiers:
        return
    tax = fee.tax or contract.tax
    nets = round_parts([count * price for _, _, count, price in tiers], contract.currency)
    for number, ((first, last, count, price), net) in enumerate(zip(tiers, nets, strict=True)):
        text = (
            Phrase.of("usage_tier_open", first=first)
            if last is None
            else Phrase.of("usage_tier", first=first, last=last)
        )
        yield Fee(LineKind.USAGE_FEE, f"usage:{number}", text, count, Unit.PERSON, price, net, tax, month)
    over = sum(nets, ZERO) - usage_fee(fee, users, contract.currency)
    if fee.cap is not None and over:
        text = Phrase.of("usage_cap", cap=fee.cap)
        yield Fee(LineKind.USAGE_FEE, "usage:cap", text, -ONE, Unit.ONE, over, -over, tax, month)


def _rounded(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(minor_unit(currency), rounding=ROUND_HALF_UP)
