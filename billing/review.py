"""What somebody should look at before a month is closed: figures that are unlike the others, and what nobody is billed for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from analytics import deliveries
from analytics.money import format_amount, minor_unit, round_total
from billing import ledger_rows
from billing.compute import Computation, compute
from billing.days import months_before
from billing.drafting import core
from billing.gathering import gather
from billing.grants import room
from billing.settlement import Bearing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from analytics.lake import Lake
    from billing.facts import Facts
    from billing.inputs import Inputs
    from billing.ledger import Ledger
    from billing.ledger_rows import DraftRow
    from terraform.fleet import Fleet

ZERO = Decimal(0)
CHANGE = Decimal("0.20")
MONTHS = 3
UNATTRIBUTED = Decimal("0.01")
COVERAGE = Decimal("0.95")


class Kind(StrEnum):
    """What is unlike it should be."""

    DRAFTS = "drafts"
    PROVISIONAL = "provisional bill"
    STATED = "stated total"
    CHANGE = "change"
    UNATTRIBUTED = "unattributed"
    COVERAGE = "coverage"
    CEILING = "ceiling"
    CAP = "cap"
    NO_CONTRACT = "no contract"
    NO_COMMUNITY = "no community"
    NO_USERS = "no users counted"


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something to look at: what, whose, and why."""

    kind: Kind
    who: str
    text: str


@dataclass(frozen=True, slots=True)
class Review:
    """A month's drafts and what is to be looked at."""

    month: str
    drafts: tuple[DraftRow, ...]
    anomalies: tuple[Anomaly, ...]


def review(ledger: Ledger, lake: Lake, fleet: Fleet, month: str, *, today: date) -> Review:
    """Look at the month's drafts and what they rest on. Raises MonthError if the month is not allocated."""
    with ledger.read() as con:
        drafts = ledger_rows.drafts(con, month)
        found, inputs = gather(lake, fleet, month, balances=ledger_rows.balances(con, month))
        closed = (period := ledger_rows.period(con, month)) is not None and period.closed
    made = compute(found, inputs, today=today)
    anomalies = (
        *(() if closed else _drafts(month, drafts, made)),
        *_provisional(lake, month, inputs),
        *_bills(made, inputs),
        *_changes(found, inputs),
        *_coverage(found),
        *_grants(inputs, made),
        *_caps(made),
        *_nobody(found, made),
        *_users(found, inputs),
    )
    return Review(month, drafts, anomalies)


def _drafts(month: str, drafts: Sequence[DraftRow], made: Computation) -> Iterator[Anomaly]:
    there = {(each.community, each.payer): core(each.document) for each in drafts if not each.corrects}
    for each in made.drafts:
        if there.get((each.community, each.payer)) != core(each.document):
            text = (
                "is drafted no more as it would be now" if (each.community, each.payer) in there else "is not drafted"
            )
            yield Anomaly(Kind.DRAFTS, each.community, f"{text}: run `hubledger invoices draft --month {month}`")


def _provisional(lake: Lake, month: str, inputs: Inputs) -> Iterator[Anomaly]:
    for each in deliveries.history(lake, month):
        if each.in_force and not each.delivery.final:
            who = f"{each.delivery.issuer} {each.delivery.billing_account}"
            yield Anomaly(Kind.PROVISIONAL, who, f"its bill of {inputs.month} is not final: its issuer may change it")


def _bills(made: Computation, inputs: Inputs) -> Iterator[Anomaly]:
    stated = {(each.issuer, each.account, each.currency): each.amount for each in inputs.stated}
    for bill, (exact, rounded) in sorted(made.settlement.totals.items()):
        who = f"{bill.issuer} {bill.account}"
        said = stated.get((bill.issuer, bill.account, bill.currency))
        if said is not None and abs(said - exact) > minor_unit(bill.currency) / 2:
            yield Anomaly(Kind.STATED, who, f"states {said:,f} {bill.currency}, its lines come to {rounded:,f}")
        lost = sum(
            (
                share.exact
                for share in made.settlement.shares
                if (share.bill, share.bearing) == (bill, Bearing.UNATTRIBUTED)
            ),
            ZERO,
        )
        if abs(lost) > UNATTRIBUTED * abs(exact):
            part = f"{lost / exact:.1%}" if exact else "all"
            yield Anomaly(
                Kind.UNATTRIBUTED, who, f"{_money(lost, bill.currency)} ({part}) of its bill is explained by nothing"
            )


def _changes(found: Facts, inputs: Inputs) -> Iterator[Anomaly]:
    """A community's cost beside the mean of the months before, in each bill's currency."""
    months = months_before(found.month, MONTHS + 1)[:-1]
    sums: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for past in found.history:
        sums[past.community, past.currency][past.month] += past.amount
    for (community, currency), by_month in sorted(sums.items()):
        before = [by_month[month] for month in months if month in by_month]
        now = by_month.get(inputs.month, ZERO)
        if not before:
            continue
        mean = sum(before, ZERO) / len(before)
        if abs(now - mean) > CHANGE * abs(mean):
            change = f"{(now - mean) / mean:+.0%}" if mean else "new"
            yield Anomaly(
                Kind.CHANGE,
                community,
                f"cloud cost of {_money(now, currency)}, {change} against {_money(mean, currency)},"
                f" the mean of {len(before)} {'month' if len(before) == 1 else 'months'} before",
            )


def _coverage(found: Facts) -> Iterator[Anomaly]:
    for community, coverage in sorted(found.coverage.items()):
        if coverage < COVERAGE:
            yield Anomaly(Kind.COVERAGE, community, f"only {coverage:.1%} of its cost rests on measured node-hours")


def _grants(inputs: Inputs, made: Computation) -> Iterator[Anomaly]:
    for signed in inputs.signed:
        charged: dict[str, Decimal] = defaultdict(Decimal)
        for draft in made.drafts:
            if draft.community == signed.community:
                for award in draft.document.awards:
                    charged[award.code] += award.charged
        currency = signed.contract.currency
        for grant in signed.contract.grants:
            before = inputs.charged_before(signed.community, grant.award)
            left = room(grant, before + charged[grant.award], currency)
            limited = any(
                phrase.key == "grant_ceiling" and ("award", grant.award) in phrase.arguments
                for draft in made.drafts
                if draft.community == signed.community
                for phrase in draft.document.notes
            )
            if limited:
                yield Anomaly(
                    Kind.CEILING,
                    signed.community,
                    f"grant {grant.award} has reached its ceiling of {_money(grant.ceiling, currency)};"
                    f" {_money(left, currency)} is left, and the rest goes to {signed.contract.payer.name}",
                )


def _caps(made: Computation) -> Iterator[Anomaly]:
    for draft in made.drafts:
        for line in draft.document.lines:
            if line.origin == "usage:cap":
                yield Anomaly(
                    Kind.CAP,
                    draft.community,
                    f"the usage fee is {_money(-line.net, draft.document.currency)} above its cap",
                )


def _nobody(found: Facts, made: Computation) -> Iterator[Anomaly]:
    for share in made.settlement.shares:
        if share.bearing is Bearing.NOT_INVOICED:
            text = f"{_money(share.exact, share.bill.currency)} of {share.bill.issuer} is billed to nobody: no contract passes it on"
            yield Anomaly(Kind.NO_CONTRACT, share.who, text)
    alone: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for cost in found.costs:
        if cost.hub and cost.community is None:
            alone[f"{cost.cluster}/{cost.hub}", cost.currency] += cost.amount
    for (hub, currency), amount in sorted(alone.items()):
        yield Anomaly(
            Kind.NO_COMMUNITY, hub, f"{_money(amount, currency)} stays with the operator: the hub is no community's"
        )


def _users(found: Facts, inputs: Inputs) -> Iterable[Anomaly]:
    charged = {each.community for each in inputs.signed if each.contract.usage is not None}
    for stay in inputs.stays:
        if stay.community in charged and stay.hub not in found.users:
            yield Anomaly(
                Kind.NO_USERS, stay.community, f"nobody counted the active users of {stay.hub}: its fee is for none"
            )


def _money(amount: Decimal, currency: str) -> str:
    return f"{format_amount(round_total(amount, currency), currency)} {currency}"
