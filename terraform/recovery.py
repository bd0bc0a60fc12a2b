"""What a run left whose Python died: wait for nothing that still works, and write the receipt that nobody wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terraform import events, plan, receipts
from terraform.infra_errors import InfraError
from terraform.receipts import Receipt
from terraform.tally import tally
from terraform.work import here, now, printed

if TYPE_CHECKING:
    from terraform.events import Story
    from terraform.site import Site
    from terraform.work import Run


class StillRunning(InfraError):
    """Terraform that an earlier command started is still at work."""


class UnsavedState(InfraError):
    """Terraform could not save the state where it belongs."""


def settle(site: Site) -> list[Receipt]:
    """Tidy up after runs whose end nobody saw; return the receipts that were written. The work folder must be held.

    Raises StillRunning while one is at work, UnsavedState where one left a state that has to be put back first.
    """
    written = []
    for run in site.work.unfinished():
        if run.started.alive():
            raise StillRunning(
                f"{site.name}: terraform {run.command} (process {run.started.pid}, since {run.began}) goes on by itself, for the"
                f" command that started it is gone: wait until it has ended; it writes to {run.output}"
            )
        if run.command == "apply":
            written.append(_write_receipt(site, run))
        site.terraform.finish(run.folder)
    refuse_unsaved(site)
    return written


def refuse_unsaved(site: Site, after: InfraError | None = None) -> None:
    """Raise UnsavedState where Terraform left a state that its backend didn't take, `after` another error."""
    left = site.work.emergency_state
    if left.exists():
        before = f"{after}\n" if after else ""
        raise UnsavedState(
            f"{before}{left}: Terraform could not save the state and put it here: see that the state's place works, then"
            f" `hubledger infra push-state {site.name}`; until then nothing else is done, for it would make things twice"
        )


def _outcome(story: Story, *, ended: bool) -> str:
    if story.errors:
        return "interrupted" if story.interrupted else "failed"
    return "applied" if ended else "lost"


def _write_receipt(site: Site, run: Run) -> Receipt:
    """The receipt of an apply that its command did not live to write; what it did is in its output."""
    story = events.read(site.terraform.masking.output(events.without_state(printed(run.output))))
    counts = story.counts if story.counts and story.counts.operation == "apply" else None
    try:
        record = plan.read(site.work)
    except plan.NoPlan:
        record = None
    known = record if record is not None and record.plan == run.plan else None
    added, changed, destroyed = tally(story, known.changes if known else ())
    failed = "; ".join(each.text for each in story.errors)
    site.surroundings.watch.say(
        f"{site.name}: an apply of {run.began} was left alone by its command; it"
        f" {'came to its end' if counts else 'did not come to its end'}, and its receipt is written now"
    )
    receipt = Receipt(
        cluster=site.name,
        outcome=_outcome(story, ended=counts is not None),
        began_at=run.began,
        ended_at=now(),
        by=plan.who(site.surroundings.environment),
        host=here(),
        plan=run.plan or "",
        planned_at=known.made_at if known else "",
        planned_by=known.made_by if known else "",
        commit=known.origin.commit if known else "",
        terraform=known.terraform if known else "",
        added=added,
        changed=changed,
        destroyed=destroyed,
        serial_before=known.state.serial if known else 0,
        serial_after=site.serial(),
        error=failed or ("" if counts else "nobody saw its end"),
    )
    receipts.add(site.work.folder, receipt)
    site.work.discard_plan()
    return receipt
