"""Corrections of closed months: notes for a restated bill, and the credit note that voids an invoice, as drafts in the ledger."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from billing import ledger_entries, ledger_rows
from billing.compute import Computation, compute
from billing.correcting import Chain, chains, correction, newest_computation, noted, nothing, reason_for
from billing.document import Phrase
from billing.facts import facts
from billing.gathering import gather, stays
from billing.ledger_rows import DraftRow, Event

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy import Connection

    from analytics.lake import Lake
    from billing.drafting import Actor
    from billing.inputs import Inputs
    from billing.ledger import Ledger
    from billing.settlement import Bill
    from terraform.fleet import Fleet

ZERO = Decimal(0)


class CorrectionError(Exception):
    """Nothing was corrected; the ledger is as it was."""


def adjust(ledger: Ledger, lake: Lake, fleet: Fleet, month: str, *, actor: Actor) -> tuple[DraftRow, ...]:
    """Draft a note for every document of a closed month that a restated bill (or a new allocation) changes.

    By the contracts that the month was closed with, or billed anew with after a void. A community that has no invoice of the
    month yet gets a draft of one. Raises CorrectionError if the month is open, or has invoices or voids that are not issued.
    """
    with ledger.write() as con:
        period = ledger_rows.period(con, month)
        if period is None or period.computation is None:
            raise CorrectionError(f"{month} is open: run `hubledger invoices draft --month {month}` again")
        waiting = [each for each in ledger_rows.drafts(con, month) if not each.corrects or each.whole]
        if waiting:
            raise CorrectionError(f"{month} has drafts: run `hubledger invoices issue --month {month}` first")
        before = newest_computation(ledger_rows.issued(con, month=month), period.computation)
        inputs = _restated(con, lake, fleet, month, before)
        made = compute(facts(lake, month, inputs.at), inputs, today=actor.now.date())
        fingerprint = ledger_entries.keep_inputs(con, inputs, actor.now)
        ledger_entries.remove_drafts(con, ledger_rows.drafts(con, month))
        drafts = tuple(_adjustments(con, made, inputs, _restated_bills(con, before, made)))
        ledger_entries.keep_totals(con, inputs, made.settlement)
        for each in drafts:
            ledger_entries.put_draft(con, each, actor.now)
        ledger_entries.note(
            con, Event(actor.now, actor.who, "adjust", month, "", f"{len(drafts)} drafts, {fingerprint}")
        )
    return drafts


def void(ledger: Ledger, number: str, *, reason: str, actor: Actor) -> DraftRow:
    """Draft a credit note for all that an invoice and its notes charged. Raises CorrectionError."""
    if not reason.strip():
        raise CorrectionError(f"{number}: say why it is voided, with --reason: the credit note tells its payer")
    with ledger.write() as con:
        chain = chain_of(con, number)
        if chain.voided:
            raise CorrectionError(f"{number} is voided already")
        document = correction(chain, None, Phrase.of("whole_credit", number=number), (Phrase.text(reason),))
        if document is None:
            raise CorrectionError(f"{number} and its notes come to nothing already")
        invoice = chain.invoice
        draft = DraftRow(invoice.month, invoice.community, invoice.payer, number, True, document, invoice.computation)
        ledger_entries.remove_drafts(con, [draft])
        ledger_entries.put_draft(con, draft, actor.now)
        ledger_entries.note(con, Event(actor.now, actor.who, "void", invoice.month, number, reason))
    return draft


def chain_of(con: Connection, number: str) -> Chain:
    """Return an invoice with its notes. Raises CorrectionError if there is none of that number."""
    found = next(iter(ledger_rows.issued(con, number=number)), None)
    if found is None:
        raise CorrectionError(f"no document {number}: `hubledger invoices list` names what there is")
    if found.corrects:
        raise CorrectionError(f"{number} is a note: name the invoice that it corrects, {found.corrects}")
    same = ledger_rows.issued(con, month=found.month, communities=[found.community])
    return next(each for each in chains(same) if each.invoice.number == number)


def _restated_bills(con: Connection, before: str, made: Computation) -> set[Bill]:
    """The bills that come to something else than they did in the computation `before`."""
    was = ledger_rows.kept_totals(con, before)
    now = {bill: exact for bill, (exact, _) in made.settlement.totals.items()}
    return {bill for bill in was.keys() | now.keys() if was.get(bill, ZERO) != now.get(bill, ZERO)}


def _adjustments(con: Connection, made: Computation, inputs: Inputs, restated: Collection[Bill]) -> Iterable[DraftRow]:
    month, fingerprint = inputs.month, inputs.fingerprint
    there = chains(ledger_rows.issued(con, month=month))
    alive = {(each.invoice.community, each.invoice.payer): each for each in there if not each.voided}
    voided = {(each.invoice.community, each.invoice.payer) for each in there if each.voided}
    targets = {(each.community, each.payer): each.document for each in made.drafts}
    for key in sorted(alive.keys() | targets.keys()):
        community, payer = key
        if key in alive:
            chain = alive[key]
            document = noted(chain, targets.get(key) or nothing(chain, inputs))
            if document is not None:
                document = replace(document, reason=reason_for(document.lines, restated, month))
                yield DraftRow(month, community, payer, chain.invoice.number, False, document, fingerprint)
        elif key not in voided:
            yield DraftRow(month, community, payer, "", False, targets[key], fingerprint)


def _restated(con: Connection, lake: Lake, fleet: Fleet, month: str, computation: str) -> Inputs:
    """The month's inputs as they are now, with the contracts and rates of an earlier computation."""
    was = ledger_rows.kept_inputs(con, computation)
    _, now = gather(lake, fleet, month, balances=ledger_rows.balances(con, month))
    signed = {each.community: each for each in now.signed} | {each.community: each for each in was.signed}
    rates = {(each.issuer, each.account, each.base, each.currency): each for each in now.rates}
    rates |= {(each.issuer, each.account, each.base, each.currency): each for each in was.rates}
    contracts = tuple(signed[name] for name in sorted(signed))
    return replace(
        now,
        signed=contracts,
        stays=stays(fleet, contracts, month),
        rates=tuple(rates[key] for key in sorted(rates)),
        issuer=was.issuer,
    )
