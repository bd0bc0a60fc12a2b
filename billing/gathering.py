"""Gathers what a month's documents are computed from: the lake's newest versions, the fleet's contracts, rates, stated totals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.engine import connect
from analytics.invoice_totals import statements
from analytics.money import minor_unit
from analytics.month import computed_of
from analytics.tables import ALLOCATIONS
from billing.contracts import in_force, issuer_of
from billing.days import month_days
from billing.facts import Facts, facts
from billing.inputs import Balance, BillRate, Inputs, Signed, Stated, Stay, TableVersion
from terraform.fleet_rates import table_source
from terraform.reference_rates import ReferenceRates, reference_rates

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from analytics.lake import Lake
    from analytics.month import Computed
    from billing.days import Days
    from terraform.contract import Contract
    from terraform.fleet import Fleet


def gather(lake: Lake, fleet: Fleet, month: str, *, balances: Iterable[Balance] = ()) -> tuple[Facts, Inputs]:
    """Return the month's facts and inputs as they are now.

    Raises MonthError if the month is not allocated, NoContract if nobody bills.
    """
    computed = computed_of(lake, month)
    versions = dict(computed.versions)
    allocated = lake.version(ALLOCATIONS)
    assert allocated is not None  # noqa: S101 – computed_of found a version
    versions[ALLOCATIONS.name] = allocated
    found = facts(lake, month, versions)
    signed = tuple(
        Signed(community.name, contract)
        for community in sorted(fleet.communities, key=lambda each: each.name)
        if (contract := in_force(community, month)) is not None
    )
    inputs = Inputs(
        month=month,
        versions=tuple(TableVersion(*each) for each in sorted(versions.items())),
        bills=computed.status,
        issuer=issuer_of(fleet, month),
        signed=signed,
        stays=stays(fleet, signed, month),
        rates=tuple(_rates(found, signed, computed, fleet)),
        stated=stated(lake, month),
        balances=tuple(sorted(balances, key=lambda each: (each.community, each.award))),
        notes=computed.notes,
    )
    return found, inputs


def stays(fleet: Fleet, signed: Iterable[Signed], month: str) -> tuple[Stay, ...]:
    """Return how long each hub was a community's, on the days that its contract bills."""
    contracts = {each.community: each.contract for each in signed}
    return tuple(
        Stay(community.name, f"{member.cluster}/{member.hub}", count)
        for community in fleet.communities
        for member in community.hubs
        if (count := len(_billed_days(contracts.get(community.name), month).within(member.start, member.end)))
    )


def _billed_days(contract: Contract | None, month: str) -> Days:
    days = month_days(month)
    return days if contract is None else days.within(contract.first_day, contract.end)


def stated(lake: Lake, month: str) -> tuple[Stated, ...]:
    """Return what the providers' own documents say that each account's month comes to, as it is entered now."""
    with connect() as con:
        said = statements(con, lake, month)
    return tuple(
        Stated(each.issuer, each.billing_account, each.currency, _as_entered(each.amount, each.currency))
        for each in said
        if not each.corrected and each.amount is not None and not each.invoice
    )


def _as_entered(amount: Decimal, currency: str) -> Decimal:
    """The amount without the zeros that the lake's column adds beyond the currency's decimals."""
    short = amount.quantize(minor_unit(currency))
    return short if short == amount else amount.normalize()


def _rates(found: Facts, signed: Iterable[Signed], computed: Computed, fleet: Fleet) -> Iterable[BillRate]:
    """Yield the rate of each bill into each currency of a contract: the one the month was allocated with, else the fleet's
    table's, else the ECB's. Where there is none, none is returned: it may not be needed."""
    currencies = sorted({each.contract.currency for each in signed})
    bills = sorted(
        {(cost.issuer, cost.account, cost.currency) for cost in found.costs}
        | {(past.issuer, past.account, past.currency) for past in found.history}
    )
    reference = reference_rates(fleet, found.month)
    for issuer, account, base in bills:
        for currency in currencies:
            if base != currency:
                rate = _rate(issuer, account, base, currency, computed, fleet, reference)
                if rate is not None:
                    yield rate


def _rate(
    issuer: str,
    account: str,
    base: str,
    currency: str,
    computed: Computed,
    fleet: Fleet,
    reference: ReferenceRates | None,
) -> BillRate | None:
    conversion = computed.conversion
    if conversion is not None and conversion.currency == currency:
        for used in conversion.rates:
            if (used.issuer, used.billing_account, used.currency) == (issuer, account, base):
                return BillRate(issuer, account, base, currency, used.rate, used.source)
    for row in fleet.rates:
        if (row.month, row.base, row.quote) == (computed.month, base, currency):
            return BillRate(issuer, account, base, currency, row.rate, table_source(row))
    if reference is not None and (told := reference.rate(base, currency)) is not None:
        return BillRate(issuer, account, base, currency, told.rate, told.source)
    return None
