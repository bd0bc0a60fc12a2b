"""Makes a plan: render, initialise, plan, look at it; what may not be applied is refused and not kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terraform import cost_delta as costs
from terraform import plan
from terraform.billable import billable, destroyed_data, unlabelled
from terraform.changes import changes, output_changes, resources
from terraform.infra_errors import InfraError
from terraform.launch_templates import with_machine_types
from terraform.plan import Record
from terraform.recovery import settle
from terraform.render import digest
from terraform.work import here, now

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from terraform.changes import Planned
    from terraform.past_costs import PastCosts
    from terraform.site import Site

    Past = Callable[[], PastCosts | None]  # reads the past bills, which takes its time


class Refused(InfraError):
    """A plan was made that may not be applied."""


def prepare(site: Site) -> None:
    """Render and initialise a cluster, so that a plan can begin at once. The work folder must be held."""
    settle(site)
    site.work.write(site.root)
    site.initialise()


def make_plan(site: Site, *, destroy: bool = False, past: Past | None = None) -> Record:
    """Make and save a plan of a cluster; return its record. The work folder must be held.

    Raises Refused where a resource that costs money would lack its labels; InfraError where Terraform fails.
    """
    prepare(site)
    work = site.work
    work.discard_plan()
    origin = site.origin()
    beside = work.plan.with_suffix(".new")
    try:
        story, changed = site.terraform.plan(beside, destroy=destroy)
        shown = site.terraform.show(beside) if changed else {}  # it takes as long as a plan
        planned = with_machine_types(resources(shown), shown)
        _refuse_unlabelled(site, planned)
        delta = (
            costs.delta(site.surroundings.fleet, site.cluster, planned, past()) if past and _changes(planned) else None
        )
        record = Record(
            cluster=site.name,
            plan=digest(beside.read_bytes()),
            origin=origin,
            state=plan.state_of(beside) or site.terraform.state(),
            made_at=now(),
            made_by=f"{plan.who(site.surroundings.environment)}@{here()}",
            terraform=story.program,
            destroy=destroy,
            changes=changes(shown),
            outputs=output_changes(shown),
            destroys_data=destroyed_data(planned),
            delta=delta,
        )
        beside.replace(work.plan)
        plan.write(work, record)
    finally:
        beside.unlink(missing_ok=True)
    return record


def _changes(planned: Sequence[Planned]) -> bool:
    """Whether anything changes that costs money."""
    return any(each.type in billable() and each.actions not in (("no-op",), ("read",)) for each in planned)


def _refuse_unlabelled(site: Site, planned: Sequence[Planned]) -> None:
    lacking = unlabelled(planned)
    if not lacking:
        return
    lines = [
        f"{site.name}: {one.address} would cost money without the labels {', '.join(one.missing)}" for one in lacking
    ]
    lines.append(
        f"{site.name}: refused, nothing is saved: give them their labels (Hubledger's modules do; your own take them from"
        " terraform/modules/labels), else nobody could tell whose cost it is"
    )
    raise Refused("\n".join(lines))
