"""Drafts: documents of a month that is open, or of what was voided, computed anew whenever they are asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from billing import ledger_entries, ledger_rows
from billing.compute import compute
from billing.correcting import chains, newest_computation, noted, nothing
from billing.document import Status
from billing.facts import facts
from billing.gathering import gather, stays
from billing.ledger_rows import DraftRow, Event

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from sqlalchemy import Connection

    from analytics.lake import Lake
    from billing.compute import Computation
    from billing.correcting import Chain
    from billing.document import Document
    from billing.inputs import Inputs
    from billing.ledger import Ledger
    from terraform.fleet import Fleet


class DraftError(Exception):
    """Nothing can be drafted; the ledger is as it was."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something to the ledger, and when."""

    who: str
    now: datetime


def draft(
    ledger: Ledger, lake: Lake, fleet: Fleet, month: str, *, communities: Collection[str] = (), actor: Actor
) -> tuple[DraftRow, ...]:
    """Compute the month's documents from the lake's newest versions and put them in place of the drafts there are.

    In a closed month, only what was voided is drafted, from the versions that its newest documents were computed from.
    Raises DraftError if a community is unknown or has no contract, or if there is nothing to draft.
    """
    _check_communities(fleet, communities)
    with ledger.write() as con:
        period = ledger_rows.period(con, month)
        if period is not None and period.computation is not None:
            return _draft_voided(con, lake, fleet, month, communities, actor, period.computation)
        found, inputs = gather(lake, fleet, month, balances=ledger_rows.balances(con, month))
        made = compute(found, inputs, today=actor.now.date())
        ledger_entries.open_period(con, month)
        return replace_drafts(con, month, made, inputs, communities, actor)


def replace_drafts(
    con: Connection, month: str, made: Computation, inputs: Inputs, communities: Collection[str], actor: Actor
) -> tuple[DraftRow, ...]:
    """Put the computed documents in place of the month's invoice drafts."""
    fingerprint = ledger_entries.keep_inputs(con, inputs, actor.now)
    ledger_entries.remove_drafts(
        con, [each for each in ledger_rows.drafts(con, month, communities) if not each.corrects]
    )
    rows = tuple(
        DraftRow(month, each.community, each.payer, "", False, each.document, fingerprint)
        for each in made.drafts
        if not communities or each.community in communities
    )
    for row in rows:
        ledger_entries.put_draft(con, row, actor.now)
    ledger_entries.note(con, Event(actor.now, actor.who, "draft", month, "", f"{len(rows)} drafts, {fingerprint}"))
    return rows


def core(document: Document) -> Document:
    """Return a document without what issuing gives it: it is what must come out again when it is computed anew."""
    return replace(
        document,
        status=Status.DRAFT,
        number=None,
        issue_date=document.period_end,
        due_date=document.period_end,
        payment_terms=None,
        previous_hash="",
        content_hash="",
    )


def _draft_voided(
    con: Connection,
    lake: Lake,
    fleet: Fleet,
    month: str,
    communities: Collection[str],
    actor: Actor,
    computation: str,
) -> tuple[DraftRow, ...]:
    """Draft what was voided anew, by the contract as it is now."""
    there = ledger_rows.issued(con, month=month)
    standing = {(each.invoice.community, each.invoice.payer): each for each in chains(there) if not each.voided}
    voided = {(each.invoice.community, each.invoice.payer) for each in chains(there) if each.voided} - standing.keys()
    again = {community for community, _ in voided if not communities or community in communities}
    if not again:
        raise DraftError(
            f"{month} is closed: what a restated bill changes is drafted by `hubledger invoices adjust --month {month}`"
        )
    was = ledger_rows.kept_inputs(con, newest_computation(there, computation))
    _, now = gather(lake, fleet, month, balances=ledger_rows.balances(con, month))
    signed = {each.community: each for each in was.signed} | {
        each.community: each for each in now.signed if each.community in again
    }
    contracts = tuple(signed[name] for name in sorted(signed))
    inputs = replace(
        was,
        signed=contracts,
        stays=stays(fleet, contracts, month),
        rates=now.rates,
        balances=now.balances,
        issuer=now.issuer,
    )
    made = compute(facts(lake, month, inputs.at), inputs, today=actor.now.date())
    _check_standing([each for (community, _), each in standing.items() if community in again], made, inputs)
    anew = tuple(each for each in made.drafts if (each.community, each.payer) not in standing)
    rows = replace_drafts(con, month, replace(made, drafts=anew), inputs, again, actor)
    ledger_entries.keep_totals(con, inputs, made.settlement)
    return rows


def _check_standing(standing: Iterable[Chain], made: Computation, inputs: Inputs) -> None:
    """What is billed anew must leave the community's other documents as they are."""
    targets = {(each.community, each.payer): each.document for each in made.drafts}
    for chain in standing:
        invoice = chain.invoice
        due = targets.get((invoice.community, invoice.payer)) or nothing(chain, inputs)
        if noted(chain, due) is not None:
            raise DraftError(
                f"{invoice.number} of {invoice.community} would be another by today's contract, too: void it and issue that,"
                " then draft again"
            )


def _check_communities(fleet: Fleet, communities: Collection[str]) -> None:
    known = {each.name for each in fleet.communities}
    if unknown := sorted(set(communities) - known):
        raise DraftError(f"no community '{unknown[0]}' in the fleet; there are {', '.join(sorted(known)) or 'none'}")
    without = sorted(each.name for each in fleet.communities if each.name in communities and not each.contracts)
    if without:
        raise DraftError(f"{without[0]} has no contract: add one to its file, under 'contract'")
    if not any(each.contracts for each in fleet.communities):
        raise DraftError(f"{fleet.path}: no community has a contract: add one to its file, under 'contract'")
