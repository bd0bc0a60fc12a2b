"""The close of a month: what was drafted and reviewed becomes what is billed, with the versions it follows from."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from analytics import deliveries
from analytics.bill_totals import bill_totals
from billing import document_checks, ledger_entries, ledger_rows
from billing.compute import compute
from billing.drafting import core, replace_drafts
from billing.gathering import gather
from billing.ledger_rows import Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from analytics.lake import Lake
    from billing.compute import Computation
    from billing.drafting import Actor
    from billing.inputs import Inputs
    from billing.ledger import Ledger
    from billing.ledger_rows import DraftRow
    from terraform.fleet import Fleet

ZERO = Decimal(0)


class CloseError(Exception):
    """The month can't be closed, and is open still; says everything that stands in the way."""


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed month. `already`: it was closed before, and nothing was done."""

    month: str
    computation: str
    drafts: int
    already: bool = False


def close(
    ledger: Ledger, lake: Lake, fleet: Fleet, month: str, *, provisional: str | None = None, actor: Actor
) -> Closed:
    """Close the month for ever.

    Raises CloseError while a bill is provisional (unless `provisional` says why), the bill is another than was allocated, or
    the drafts are not what would be computed now: what is closed is what was reviewed. Or while one could not be issued.
    """
    with ledger.write() as con:
        period = ledger_rows.period(con, month)
        if period is not None and period.computation is not None:
            return Closed(month, period.computation, len(ledger_rows.drafts(con, month)), already=True)
        drafts = ledger_rows.drafts(con, month)
        found, inputs = gather(lake, fleet, month, balances=ledger_rows.balances(con, month))
        made = compute(found, inputs, today=actor.now.date())
        problems = [
            *(() if provisional else _provisional(lake, month, inputs)),
            *_changed_bills(lake, month, made),
            *_stale(month, drafts, made),
            *_unsound(made),
        ]
        if problems:
            raise CloseError("\n".join(f"{month}: {problem}" for problem in problems))
        if provisional and inputs.bills != "final":
            inputs = inputs.because(provisional)
            made = compute(found, inputs, today=actor.now.date())
        rows = replace_drafts(con, month, made, inputs, (), actor)
        fingerprint = inputs.fingerprint
        ledger_entries.keep_totals(con, inputs, made.settlement)
        ledger_entries.close_period(con, month, fingerprint, reason=inputs.reason, at=actor.now, who=actor.who)
        ledger_entries.note(
            con, Event(actor.now, actor.who, "close", month, "", f"{inputs.bills} {inputs.reason}".strip())
        )
    return Closed(month, fingerprint, len(rows))


def _provisional(lake: Lake, month: str, inputs: Inputs) -> Iterator[str]:
    if inputs.bills == "final":
        return
    named = [each.delivery for each in deliveries.history(lake, month) if each.in_force and not each.delivery.final]
    for each in named:
        yield (
            f"the bill of {each.issuer} {each.billing_account} is provisional: wait for the final one,"
            " or give a reason with --provisional"
        )
    if not named:
        yield (
            "was allocated while a bill was provisional: run `hubledger costs allocate` again, then draft and review"
        )


def _changed_bills(lake: Lake, month: str, made: Computation) -> Iterator[str]:
    billed = {tuple(account): total for account, total in bill_totals(lake, month).items()}
    allocated = {tuple(bill): exact for bill, (exact, _) in made.settlement.totals.items()}
    for account in sorted(billed.keys() | allocated.keys()):
        difference = billed.get(account, ZERO) - allocated.get(account, ZERO)
        if difference:
            yield (
                f"the bill of {account[0]} {account[1]} has changed by {difference.normalize():+,f} {account[2]} since it was"
                " allocated: run `hubledger costs allocate`, then draft and review again"
            )


def _stale(month: str, drafts: Iterable[DraftRow], made: Computation) -> Iterator[str]:
    there = {(each.community, each.payer): core(each.document) for each in drafts if not each.corrects}
    now = {(each.community, each.payer): core(each.document) for each in made.drafts}
    again = f"run `hubledger invoices draft --month {month}` and review it again"
    for key in sorted(there.keys() | now.keys()):
        name = f"{key[0]} ({key[1]})" if key[1] else key[0]
        if key not in there:
            yield f"{name} is not drafted: {again}"
        elif key not in now:
            yield f"the draft of {name} would not be drafted now: {again}"
        elif there[key] != now[key]:
            yield f"the draft of {name} is not what would be drafted now: {again}"


def _unsound(made: Computation) -> Iterator[str]:
    for each in made.drafts:
        for problem in document_checks.problems(each.document):
            yield f"the draft of {each.community} could not be issued: {problem}: correct its contract, then draft and review again"
