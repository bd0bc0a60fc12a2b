"""From a month's facts and inputs to its documents, as drafts: no clock, no network, the same result for ever."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from analytics.money import minor_unit, round_total
from billing.days import month_days
from billing.document import (
    Award,
    BankAccount,
    Basis,
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
    Status,
    Totals,
    Version,
)
from billing.fees import fees
from billing.grants import Charge, Payable, charge_grants
from billing.lines import cells, check_rates, fee_line, markup, merged, pass_through
from billing.settlement import Settlement, settle
from billing.tax import subtotals

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from billing.days import Days
    from billing.facts import Facts
    from billing.inputs import Inputs, Signed
    from terraform.contract import Bank, Contract, Grant, Organisation, Tax

ZERO = Decimal(0)
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Draft:
    """A document without a number. `payer` is empty for the contract's payer, else the award whose own payer it goes to."""

    community: str
    payer: str
    document: Document


@dataclass(frozen=True, slots=True)
class Computation:
    """A month's drafts, and how its bills were parted."""

    drafts: tuple[Draft, ...]
    settlement: Settlement


def compute(facts: Facts, inputs: Inputs, *, today: date) -> Computation:
    """Return the drafts of every community with a contract, dated `today`. Raises NoRate with every bill that lacks one."""
    settlement = settle(facts, inputs)
    check_rates(settlement, inputs)
    drafts = [
        draft
        for signed in sorted(inputs.signed, key=lambda each: each.community)
        for draft in _drafts(signed, settlement, facts, inputs, today)
    ]
    return Computation(tuple(drafts), settlement)


def active_users(inputs: Inputs, facts: Facts, community: str) -> Decimal:
    """Return a community's active users: each hub's, by the part of the month that the hub was the community's."""
    length = len(month_days(inputs.month))
    counted = sum(
        (
            Decimal(facts.users.get(stay.hub, 0)) * stay.days / length
            for stay in inputs.stays
            if stay.community == community
        ),
        ZERO,
    )
    return counted.quantize(Decimal("0.01")).normalize() if counted else ZERO


def _drafts(signed: Signed, settlement: Settlement, facts: Facts, inputs: Inputs, today: date) -> list[Draft]:
    contract = signed.contract
    month = month_days(inputs.month)
    history = _history(signed, settlement, facts, inputs)
    parts = [part for part in settlement.parts if part.community == signed.community]
    payable = pass_through(parts, contract, inputs)
    payable += markup(payable, contract, _fee_awards(contract, month.within(contract.first_day, contract.end)))
    for fee in fees(contract, month, active_users(inputs, facts, signed.community)):
        payable.append(Payable(fee_line(fee), _fee_awards(contract, fee.days)))
    before = {grant.award: inputs.charged_before(signed.community, grant.award) for grant in contract.grants}
    lines, charges = charge_grants(payable, contract, before)
    notes = (*_ceilings(contract, charges), *_dates(contract, payable, month))
    own = {grant.award: grant for grant in contract.grants if grant.payer is not None}
    groups: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        groups[line.award if line.award in own else ""].append(line)
    return [
        Draft(
            signed.community,
            payer,
            _document(signed, own.get(payer), merged(found), charges, notes, history, facts, inputs, today),
        )
        for payer, found in sorted(groups.items())
    ]


def _fee_awards(contract: Contract, days: Days) -> tuple[str, ...]:
    """The grants that may pay a fee for these days: those that cover them all."""
    return tuple(
        each.award for each in contract.grants if each.fees and each.start <= days.start and days.end <= each.end
    )


def _document(
    signed: Signed,
    grant: Grant | None,
    lines: tuple[Line, ...],
    charges: Sequence[Charge],
    notes: tuple[Phrase, ...],
    history: tuple[MonthCost, ...],
    facts: Facts,
    inputs: Inputs,
    today: date,
) -> Document:
    contract, month = signed.contract, month_days(inputs.month)
    due = today + timedelta(days=contract.payment_days)
    awards = {line.award for line in lines if line.award}
    return with_totals(
        Document(
            kind=Kind.INVOICE,
            status=Status.DRAFT,
            community=signed.community,
            issuer=party(inputs.issuer.organisation),
            payer=party(grant.payer if grant and grant.payer else contract.payer),
            currency=contract.currency,
            issue_date=today,
            due_date=due,
            period_start=month.start,
            period_end=month.last,
            language=Language(contract.language),
            number_format=contract.number_format or contract.language,
            lines=lines,
            taxes=(),
            totals=Totals(ZERO, ZERO, ZERO, ZERO, ZERO, ZERO),
            basis=_basis(signed, facts, inputs),
            series=inputs.issuer.series,
            bank=_bank(inputs.issuer.bank),
            buyer_reference=(grant.buyer_reference if grant else "") or contract.buyer_reference,
            purchase_order=(grant.purchase_order if grant else "") or contract.purchase_order,
            contract=contract.reference,
            payment_terms=payment_terms(contract, due),
            awards=tuple(
                Award(
                    each.grant.award,
                    each.grant.funder,
                    each.grant.ceiling,
                    each.before,
                    each.charged,
                    each.grant.start,
                    each.grant.end - timedelta(days=1),
                )
                for each in charges
                if each.grant.award in awards
            ),
            table=cells(lines),
            history=() if grant else history,
            information=_information(contract, lines),
            notes=notes if grant is None else (),
        ),
        terms(contract),
    )


def terms(contract: Contract) -> tuple[Tax, ...]:
    """Every tax that a contract names."""
    named = (
        contract.tax,
        contract.pass_through_tax,
        contract.membership.tax if contract.membership else None,
        contract.usage.tax if contract.usage else None,
        *(work.tax for work in contract.work),
        *(each.tax for each in contract.one_off),
    )
    return tuple(each for each in named if each is not None)


def with_totals(document: Document, terms: Iterable[Tax]) -> Document:
    """Return the document with the taxes and totals of its lines."""
    taxes = subtotals(document.lines, terms, document.currency)
    net = sum((line.net for line in document.lines), ZERO)
    tax = sum((each.tax for each in taxes), ZERO)
    return replace(document, taxes=taxes, totals=Totals(net, net, tax, net + tax, ZERO, net + tax))


def payment_terms(contract: Contract, due: date) -> Phrase:
    """Return what the document says of when to pay."""
    if contract.payment_terms:
        return Phrase.text(contract.payment_terms)
    return Phrase.of("payment_days", days=contract.payment_days, due=due)


def party(organisation: Organisation) -> Party:
    """Return the organisation as a document names it."""
    return Party(**{name: getattr(organisation, name) for name in Party.__dataclass_fields__})


def _bank(bank: Bank | None) -> BankAccount | None:
    return BankAccount(bank.account, bank.holder, bank.bank) if bank else None


def _basis(signed: Signed, facts: Facts, inputs: Inputs) -> Basis:
    currency = signed.contract.currency
    used = {
        (each.base, each.rate, each.source)
        for each in inputs.rates
        if each.currency == currency and each.base != currency
        if any(
            (cost.issuer, cost.account, cost.community) == (each.issuer, each.account, signed.community)
            for cost in facts.costs
        )
    }
    return Basis(
        month=inputs.month,
        bills=inputs.bills,
        provisional_reason=inputs.reason,
        coverage=facts.coverage.get(signed.community),
        versions=tuple(Version(each.table, each.version) for each in inputs.versions),
        rates=tuple(Rate(*each) for each in sorted(used)),
        notes=(Phrase.of("method"),),
    )


def _history(signed: Signed, settlement: Settlement, facts: Facts, inputs: Inputs) -> tuple[MonthCost, ...]:
    """What the community cost in the months before and in this one, at this month's rates; nothing if one is unknown.

    This month is what its lines come to, each bill rounded as there, and what of it nobody is billed for.
    """
    currency = signed.contract.currency
    months: dict[str, Decimal] = defaultdict(Decimal)
    told = [
        (each.month, each.issuer, each.account, each.currency, each.amount)
        for each in facts.history
        if each.community == signed.community and each.month != inputs.month
    ]
    told += [(inputs.month, *each.bill, each.rounded) for each in settlement.shares if each.who == signed.community]
    for month, issuer, account, base, amount in told:
        rate = inputs.rate(issuer, account, base, currency)
        if rate is None:
            return ()
        cost = amount * rate.rate
        months[month] += round_total(cost, currency) if month == inputs.month else cost
    return tuple(
        MonthCost(month, amount.quantize(minor_unit(currency), rounding=ROUND_HALF_UP))
        for month, amount in sorted(months.items())
    )


def _information(contract: Contract, lines: Iterable[Line]) -> tuple[Information, ...]:
    charged = sum((line.net for line in lines if line.kind is not LineKind.PASS_THROUGH), ZERO)
    part = round_total(charged * contract.open_source_percent / 100, contract.currency)
    if not part:
        return ()
    return (Information(Phrase.of("open_source_share", rate=contract.open_source_percent), part),)


def _ceilings(contract: Contract, charges: Iterable[Charge]) -> tuple[Phrase, ...]:
    """Say where a grant's ceiling left something to the contract's payer."""
    return tuple(
        Phrase.of("grant_ceiling", award=each.grant.award, amount=each.left_over, payer=contract.payer.name)
        for each in charges
        if each.left_over
    )


def _dates(contract: Contract, payable: Iterable[Payable], month: Days) -> tuple[Phrase, ...]:
    """Say where a grant that begins or ends in the month left something to the contract's payer."""
    late: dict[str, Decimal] = defaultdict(Decimal)
    for each in payable:
        for award in each.too_late:
            late[award] += each.line.net
    return tuple(
        Phrase.of("grant_dates", award=grant.award, amount=late[grant.award], payer=contract.payer.name)
        for grant in contract.grants
        if late.get(grant.award) and len(month.within(grant.start, grant.end))
    )
