"""Each bill, rounded once to its currency's minor unit, split into whole minor units over who bears it.

First over the bearers (communities that are billed, those that are not, the operator, nobody), then within each community over
its hubs, components and grants; both by largest remainder. So the lines of all documents and what the operator keeps
add up to the bill, and no line is a minor unit or more from its exact cost.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from analytics.money import minor_unit, round_parts, round_total
from billing.days import month_days

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from billing.days import Days
    from billing.facts import Cost, Facts
    from billing.inputs import Inputs
    from terraform.contract import Contract

ZERO = Decimal(0)


class Bearing(StrEnum):
    """How what somebody bears of a bill is paid."""

    INVOICED = "invoiced"
    NOT_INVOICED = "not invoiced"  # a community without contract, or whose contract doesn't pass the cost on
    OPERATOR = "operator"
    UNATTRIBUTED = "unattributed"


class Bill(NamedTuple):
    """A billing account's month in one currency."""

    issuer: str
    account: str
    currency: str


@dataclass(frozen=True, slots=True)
class Share:
    """What a bearer has of a bill: exact, and in whole minor units. `who` is a community, or empty."""

    bill: Bill
    bearing: Bearing
    who: str
    exact: Decimal
    rounded: Decimal


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a community's share, in whole minor units of the bill's currency. `awards` are the grants that may pay it,
    `too_late` those that might but for the day (or too early)."""

    bill: Bill
    community: str
    hub: str
    component: str
    awards: tuple[str, ...]
    too_late: tuple[str, ...]
    exact: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Settlement:
    """A month's bills, parted. `shares` of a bill add up to it, `parts` of a community's share add up to that."""

    shares: tuple[Share, ...]
    parts: tuple[Part, ...]

    @property
    def totals(self) -> dict[Bill, tuple[Decimal, Decimal]]:
        """Each bill, exact and rounded."""
        found: dict[Bill, tuple[Decimal, Decimal]] = {}
        for share in self.shares:
            exact, rounded = found.get(share.bill, (ZERO, ZERO))
            found[share.bill] = exact + share.exact, rounded + share.rounded
        return found


def settle(facts: Facts, inputs: Inputs) -> Settlement:
    """Part the month's bills."""
    contracts = {each.community: each.contract for each in inputs.signed}
    stated = {Bill(each.issuer, each.account, each.currency): each.amount for each in inputs.stated}
    days = month_days(inputs.month)
    bills: dict[Bill, dict[tuple[Bearing, str], list[Cost]]] = defaultdict(lambda: defaultdict(list))
    for cost in facts.costs:
        bill = Bill(cost.issuer, cost.account, cost.currency)
        bills[bill][_bearer(cost, contracts, days)].append(cost)
    shares: list[Share] = []
    parts: list[Part] = []
    for bill, bearers in sorted(bills.items()):
        keys = sorted(bearers)
        exact = [sum((cost.amount for cost in bearers[key]), ZERO) for key in keys]
        rounded = round_parts(exact, bill.currency, total=_bill_total(sum(exact, ZERO), bill, stated))
        for (bearing, who), share, whole in zip(keys, exact, rounded, strict=True):
            shares.append(Share(bill, bearing, who, share, whole))
            if bearing is Bearing.INVOICED:
                parts += _parts(bill, who, contracts[who], bearers[bearing, who], whole)
    return Settlement(tuple(shares), tuple(parts))


def _bill_total(exact: Decimal, bill: Bill, stated: Mapping[Bill, Decimal]) -> Decimal:
    """The bill as the provider rounds it, where somebody entered that and it is the sum rounded; else the sum rounded."""
    said = stated.get(bill)
    unit = minor_unit(bill.currency)
    if said is not None and abs(said - exact) * 2 <= unit and said == said.quantize(unit):
        return said
    return round_total(exact, bill.currency)


def _bearer(cost: Cost, contracts: Mapping[str, Contract], days: Days) -> tuple[Bearing, str]:
    if cost.unattributed:
        return Bearing.UNATTRIBUTED, ""
    if cost.community is None:
        return Bearing.OPERATOR, ""
    contract = contracts.get(cost.community)
    if contract is None or not contract.pass_through or not billed_on(contract, cost.day, days):
        return Bearing.NOT_INVOICED, cost.community
    return Bearing.INVOICED, cost.community


def billed_on(contract: Contract, day: date, days: Days) -> bool:
    """Tell whether a contract pays the cost of a day in the month `days`.

    A month that it covers is billed as the provider bills it, whose months may begin some hours before or after;
    only a contract that begins or ends within the month goes by the day.
    """
    begins, ends = contract.first_day, contract.end
    if begins is not None and begins in days and begins > days.start and day < begins:
        return False
    return not (ends is not None and ends in days and ends > days.start and day >= ends)


def _parts(bill: Bill, community: str, contract: Contract, costs: Sequence[Cost], whole: Decimal) -> list[Part]:
    sums: dict[tuple[str, str, tuple[str, ...], tuple[str, ...]], Decimal] = defaultdict(Decimal)
    for cost in costs:
        hub = f"{cost.cluster}/{cost.hub}" if cost.hub else ""
        grants = [
            grant
            for grant in contract.grants
            if not grant.hubs or hub in grant.hubs
            if not grant.components or cost.component in grant.components
        ]
        awards = tuple(grant.award for grant in grants if grant.start <= cost.day < grant.end)
        too_late = tuple(grant.award for grant in grants if grant.award not in awards)
        sums[hub, cost.component, awards, too_late] += cost.amount
    keys = sorted(sums)
    amounts = round_parts([sums[key] for key in keys], bill.currency, total=whole)
    return [Part(bill, community, *key, sums[key], amount) for key, amount in zip(keys, amounts, strict=True)]
