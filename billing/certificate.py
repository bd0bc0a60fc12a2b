"""A month's certificate: each provider's bill, out of the lake, beside what the ledger's documents pass on of it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from analytics.bill_totals import Account, bill_totals
from analytics.tables import CHARGES
from billing import ledger_rows
from billing.certificate_figures import Bill, Certificate, Certified, Rounding, Share
from billing.correcting import newest_computation
from billing.document import Version
from billing.facts import facts
from billing.gathering import stated
from billing.settlement import Bearing, settle
from billing.settlement import Bill as SettledBill

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from analytics.lake import Lake
    from billing.inputs import Inputs, Stated
    from billing.ledger import Ledger
    from billing.ledger_rows import Issued
    from billing.settlement import Settlement

ZERO = Decimal(0)


class CertificateError(Exception):
    """There is nothing to certify yet, or what is there contradicts itself."""


def certificate(ledger: Ledger, lake: Lake, month: str, *, today: date) -> Certificate:
    """Return the certificate of a closed month, from the versions that its newest documents were computed from.

    Its `faults` say what does not add up: documents that are not issued, a bill that nobody has adjusted for. Raises
    CertificateError if the month is open, or its allocations are not its charges.
    """
    with ledger.read() as con:
        period = ledger_rows.period(con, month)
        if period is None or period.computation is None:
            raise CertificateError(f"{month} is not closed: run `hubledger invoices close --month {month}` first")
        issued = ledger_rows.issued(con, month=month)
        drafts = ledger_rows.drafts(con, month)
        inputs = ledger_rows.kept_inputs(con, newest_computation(issued, period.computation))
    settlement = settle(facts(lake, month, inputs.at), inputs)
    _check_charges(lake, month, inputs, settlement)
    documents = tuple(_certified(each) for each in issued)
    return Certificate(
        month=month,
        issuer=inputs.issuer.organisation.name,
        made_on=today,
        bills=tuple(_bills(settlement, stated(lake, month), documents)),
        documents=documents,
        status=inputs.bills,
        provisional_reason=period.reason,
        versions=tuple(Version(each.table, each.version) for each in inputs.versions),
        notes=(
            *(f"not issued yet: {each.document.kind} of {each.community}" for each in drafts),
            *_not_invoiced(settlement),
            *_restated(lake, month, settlement),
        ),
        roundings=tuple(
            Rounding(*share.bill, share.who or share.bearing.value, share.exact, share.rounded)
            for share in settlement.shares
        ),
    )


def _bills(settlement: Settlement, told: Iterable[Stated], documents: Iterable[Certified]) -> Iterator[Bill]:
    amounts = {(each.issuer, each.account, each.currency): each.amount for each in told}
    # A bill that was restated to nothing has no cost any more, and still documents that passed it on and took it back; one that
    # somebody entered may never have come.
    empty = {SettledBill(*each): ZERO for document in documents for each in map(_share, document.shares)}
    empty |= {SettledBill(*each): ZERO for each in amounts}
    totals = empty | {bill: rounded for bill, (_, rounded) in settlement.totals.items()}
    for bill, rounded in sorted(totals.items()):
        kept = {
            bearing: sum(
                (each.rounded for each in settlement.shares if (each.bill, each.bearing) == (bill, bearing)), ZERO
            )
            for bearing in Bearing
        }
        yield Bill(
            *bill,
            amount=rounded,
            passed_through=kept[Bearing.INVOICED],
            operator=kept[Bearing.OPERATOR] + kept[Bearing.NOT_INVOICED],
            unattributed=kept[Bearing.UNATTRIBUTED],
            stated=amounts.get((bill.issuer, bill.account, bill.currency)),
        )


def _share(share: Share) -> tuple[str, str, str]:
    return share.provider, share.account, share.currency


def _certified(issued: Issued) -> Certified:
    document = issued.document
    sums: dict[tuple[str, str, str], Decimal] = {}
    for line in document.lines:
        for source in line.sources:
            bill = (source.provider, source.account, source.currency)
            sums[bill] = sums.get(bill, ZERO) + source.amount * issued.sign
    return Certified(
        number=issued.number,
        kind=document.kind,
        community=issued.community,
        payer=document.payer.name,
        issue_date=document.issue_date,
        currency=document.currency,
        payable=document.totals.payable,
        content_hash=document.content_hash,
        shares=tuple(Share(*bill, amount) for bill, amount in sorted(sums.items()) if amount),
    )


def _check_charges(lake: Lake, month: str, inputs: Inputs, settlement: Settlement) -> None:
    """The charges, at the version they were allocated from, come to what was parted."""
    charged = bill_totals(lake, month, version=inputs.version(CHARGES.name))
    parted_totals = _exact(settlement)
    for bill in sorted(charged.keys() | parted_totals.keys()):
        parted = parted_totals.get(bill, ZERO)
        if charged.get(bill, ZERO) != parted:
            raise CertificateError(
                f"{month}: {bill[0]} {bill[1]}: the charges come to {charged.get(bill, ZERO):f} {bill[2]}, what was"
                f" allocated to {parted:f}: the lake was changed; nothing can be certified"
            )


def _exact(settlement: Settlement) -> dict[Account, Decimal]:
    return {Account(*bill): exact for bill, (exact, _) in settlement.totals.items()}


def _not_invoiced(settlement: Settlement) -> Iterator[str]:
    for share in settlement.shares:
        if share.bearing is Bearing.NOT_INVOICED:
            bill = f"{share.bill.issuer} {share.bill.account}"
            yield (
                f"the operator's own includes {share.rounded:,f} {share.bill.currency} of {bill} that {share.who} is not"
                " billed for: it has no contract that passes it on"
            )


def _restated(lake: Lake, month: str, settlement: Settlement) -> Iterator[str]:
    """Say which bills have changed since."""
    now, then = bill_totals(lake, month), _exact(settlement)
    for bill in sorted(now.keys() | then.keys()):
        change = now.get(bill, ZERO) - then.get(bill, ZERO)
        if change:
            yield (
                f"{bill[0]} {bill[1]}: the bill has changed by {change.normalize():+,f} {bill[2]} since: run `hubledger costs"
                " allocate`, then `hubledger invoices adjust`"
            )
