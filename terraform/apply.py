"""Applies a saved plan, exactly that one, or says why not. Every apply leaves a receipt, however it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from terraform import plan, receipts
from terraform.caps import overruns
from terraform.infra_errors import InfraError
from terraform.receipts import Receipt
from terraform.recovery import refuse_unsaved, settle
from terraform.run_terms import Interrupted
from terraform.tally import tally
from terraform.terraform_faults import Stale
from terraform.work import here, now

if TYPE_CHECKING:
    from collections.abc import Callable

    from terraform.plan import Record
    from terraform.planning import Past
    from terraform.run_terms import Applied
    from terraform.site import Site


class NotConfirmed(InfraError):
    """A plan destroys data, and nobody typed the cluster's name."""


class OverBudget(InfraError):
    """A plan would cost a community more than it agreed to."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What the person at the keyboard agrees to.

    `typed` asks for the cluster's name and returns what was typed. `over_budget` is the reason for going beyond a cap.
    """

    typed: Callable[[str], str]
    over_budget: str = ""


def apply_plan(site: Site, consent: Consent, past: Past | None = None) -> Receipt:
    """Apply the saved plan of a cluster; return the receipt. The work folder must be held.

    Raises NoPlan, Stale, NotConfirmed or OverBudget and changes
    nothing; raises InfraError where the apply itself failed, after its receipt is written.
    """
    before = settle(site)
    if before and before[-1].outcome == "applied":  # by itself, after its command had died
        return before[-1]
    record = plan.read(site.work)
    if record.empty:
        raise plan.NoPlan(f"{site.name}: the saved plan of {record.made_at} changes nothing: there is nothing to apply")
    _refuse_stale(site, record)
    _confirm(site, record, consent)
    broken = _over_budget(site, record, past)
    if broken and not consent.over_budget:
        raise OverBudget(
            "\n".join(f"{site.name}: {line}" for line in broken)
            + f'\n{site.name}: refused: agree on more, or say why with --over-budget "reason"'
        )
    applied = site.terraform.apply(site.work.plan, record.plan)
    if (
        applied.error is not None and site.work.unfinished()
    ):  # it was left running: its receipt is for who finds it ended
        raise applied.error
    receipt = _receipt(site, record, applied, consent.over_budget if broken else "")
    receipts.add(site.work.folder, receipt)
    site.work.discard_plan()
    error = _with_log(site, applied) if applied.error is not None else None
    refuse_unsaved(site, after=error)
    if error is not None:
        raise error
    return receipt


def _refuse_stale(site: Site, record: Record) -> None:
    moved = plan.stale(site.work, record, site.origin(), site.terraform.state())
    if moved:
        raise Stale(
            f"{site.name}: the plan of {record.made_at} by {record.made_by} is stale: {'; '.join(moved)}: look at a new one,"
            f" `hubledger infra plan {site.name}`"
        )


def _confirm(site: Site, record: Record, consent: Consent) -> None:
    if not record.destroys_data and not record.destroy:
        return
    what = ", ".join(record.destroys_data) or "everything"
    typed = consent.typed(f"{site.name}: this destroys {what}. Type the cluster's name to go on")
    if typed != site.name:
        raise NotConfirmed(
            f"{site.name}: this destroys {what}: nothing is done without the cluster's name, typed or with"
            f" --confirm {site.name}"
        )


def _over_budget(site: Site, record: Record, past: Past | None) -> list[str]:
    """Which caps of communities the plan would break, in words; those that can't be told are said."""
    if record.delta is None or not record.delta.priced or past is None:
        return []
    there = site.surroundings
    broken, unknown = overruns(there.fleet, site.cluster, record.delta, past, f"{there.day:%Y-%m}")
    for line in unknown:
        there.watch.say(f"{site.name}: {line}")
    return broken


def _receipt(site: Site, record: Record, applied: Applied, reason: str) -> Receipt:
    added, changed, destroyed = tally(applied.story, record.changes)
    return Receipt(
        cluster=site.name,
        outcome=_outcome(applied),
        began_at=applied.began,
        ended_at=now(),
        by=plan.who(site.surroundings.environment),
        host=here(),
        plan=record.plan,
        planned_at=record.made_at,
        planned_by=record.made_by,
        commit=record.origin.commit,
        terraform=record.terraform,
        added=added,
        changed=changed,
        destroyed=destroyed,
        serial_before=record.state.serial,
        serial_after=site.serial(),
        delta=f"{record.delta.total()[1]:f}" if record.delta else "",
        currency=record.delta.currency if record.delta else "",
        reason=reason,
        error=str(applied.error) if applied.error else "",
    )


def _outcome(applied: Applied) -> str:
    if applied.error is None:
        return "applied"
    return "interrupted" if isinstance(applied.error, Interrupted) else "failed"


def _with_log(site: Site, applied: Applied) -> InfraError:
    """The error, with what was done before it: an apply is never tried again by itself."""
    story = applied.story
    parts = [f"{len(story.done)} of its changes are done"]
    if story.failed:
        parts.append(f"failed: {', '.join(story.failed)}")
    if story.pending:
        parts.append(f"unfinished: {', '.join(story.pending)}")
    after = f"{site.name}: {'; '.join(parts)}; plan anew to see what is left; log: {applied.log}"
    error = applied.error or InfraError()
    return type(error)(f"{error}\n{after}")
