"""`hubledger infra`: change the infrastructure of clusters with Terraform; infra_state_cli.py has what looks at their state."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from terraform import fleet_runs, infra_state_cli, plan_summary, receipts, site
from terraform.apply import Consent, apply_plan
from terraform.infra_errors import InfraError
from terraform.infra_options import (
    FLEET,
    LAKE,
    WORK,
    AllOption,
    ClusterArgument,
    ClustersArgument,
    FleetOption,
    LakeOption,
    ParallelOption,
    TimeoutOption,
    WorkOption,
)
from terraform.infra_session import (
    chosen_clusters,
    listed,
    past_bills,
    prepared,
    raise_all,
    surroundings,
    typed,
    without_secrets,
)
from terraform.planning import make_plan
from terraform.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from terraform.fleet import Cluster
    from terraform.fleet_runs import Done
    from terraform.plan import Record
    from terraform.receipts import Receipt
    from terraform.site import Surroundings

ERRORS: tuple[type[Exception], ...] = (InfraError,)  # the fleet's faults among them, from fleet_cache.py

app = typer.Typer(
    name="infra",
    no_args_is_help=True,
    help="Infrastructure: render a cluster's Terraform, plan it, apply exactly that plan, see what drifted.",
)

app.add_typer(infra_state_cli.app)

ConfirmOption = Annotated[
    list[str] | None,
    typer.Option(
        "--confirm", metavar="CLUSTER", help="The cluster's name, typed, where data would be destroyed (repeatable)."
    ),
]


@app.command()
def render(cluster: ClusterArgument, fleet: FleetOption = FLEET, work: WorkOption = WORK) -> None:
    """Write a cluster's root module into its work folder; the same fleet gives the same bytes.

    Example: hubledger infra render tidewater
    """
    with surroundings(fleet, work) as there:
        opened = without_secrets(there, cluster)
        with opened.work.held():
            changed = opened.work.write(opened.root)
        for path in changed:
            typer.echo(opened.work.folder / path)
        if not changed:
            typer.echo(f"{opened.work.folder}: nothing changed", err=True)


@app.command()
def init(
    cluster: ClusterArgument,
    *,
    migrate_state: Annotated[
        bool, typer.Option("--migrate-state", help="Move the state to a changed backend.")
    ] = False,
    reconfigure: Annotated[
        bool, typer.Option("--reconfigure", help="Use a changed backend, and leave the old state where it is.")
    ] = False,
    upgrade: Annotated[
        bool, typer.Option("--upgrade", help="Take the newest providers that the modules allow.")
    ] = False,
    fleet: FleetOption = FLEET,
    work: WorkOption = WORK,
) -> None:
    """Initialise a cluster's work folder. Plans do it by themselves; this is for moving a state or newer providers.

    Example: hubledger infra init tidewater --upgrade
    """
    with surroundings(fleet, work) as there:
        opened = without_secrets(there, cluster)
        with opened.work.held():
            opened.work.write(opened.root)
            opened.work.discard_plan()
            opened.initialise(migrate_state=migrate_state, reconfigure=reconfigure, upgrade=upgrade)


@app.command()
def plan(
    context: typer.Context,
    clusters: ClustersArgument = None,
    *,
    every: AllOption = False,
    parallel: ParallelOption = 4,
    markdown: Annotated[bool, typer.Option("--markdown", help="As Markdown, for a pull request.")] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 3 if there are changes.")] = False,
    timeout: TimeoutOption = 60,
    fleet: FleetOption = FLEET,
    work: WorkOption = WORK,
    lake: LakeOption = LAKE,
) -> None:
    """Make and save a plan, and show what it would do to the cluster and to its cost.

    A plan is refused where something that costs money would lack its cost labels.

    Example: hubledger infra plan tidewater --markdown > plan.md
    """
    with surroundings(fleet, work, timeout) as there:
        past = past_bills(context, there, lake)

        def one(cluster: Cluster) -> Record:
            opened = site.open_site(there, cluster)
            with opened.work.held():
                return make_plan(opened, past=past)

        done = prepared(there, chosen_clusters(there, clusters, every=every), one, parallel)
        show = plan_summary.markdown if markdown else plan_summary.text
        sys.stdout.write("\n".join(show(each.result) for each in done if each.result))
    raise_all(done)
    if exit_code and any(each.result and not each.result.empty for each in done):
        raise typer.Exit(3)


@app.command()
def apply(
    context: typer.Context,
    clusters: ClustersArgument = None,
    *,
    every: AllOption = False,
    parallel: ParallelOption = 2,
    confirm: ConfirmOption = None,
    over_budget: Annotated[
        str, typer.Option("--over-budget", metavar="REASON", help="Why a community's cap may be broken.")
    ] = "",
    timeout: TimeoutOption = 240,
    fleet: FleetOption = FLEET,
    work: WorkOption = WORK,
    lake: LakeOption = LAKE,
) -> None:
    """Apply the saved plan, exactly that one.

    It is refused when anything moved since it was made, when it destroys data and nobody typed the cluster's name, and
    when it breaks a community's cap. Every apply leaves a receipt. --all goes on where an interrupted one stopped.

    Example: hubledger infra apply tidewater
    """
    with surroundings(fleet, work, timeout) as there:
        past = past_bills(context, there, lake)
        chosen = chosen_clusters(there, clusters, every=every)
        alone = len(chosen) == 1
        consent = Consent(typed(there) if alone and not confirm else listed(confirm or []), over_budget)

        def one(cluster: Cluster) -> Receipt:
            opened = site.open_site(there, cluster)
            with opened.work.held():
                return apply_plan(opened, consent, past)

        done = (
            _apply_all(there, chosen, one, parallel) if every else fleet_runs.in_order(chosen, one, parallel=parallel)
        )
    for each in done:
        if each.result:
            _print_receipt(each.result)
    raise_all(done)


@app.command()
def destroy(
    cluster: ClusterArgument,
    *,
    confirm: ConfirmOption = None,
    timeout: TimeoutOption = 240,
    fleet: FleetOption = FLEET,
    work: WorkOption = WORK,
) -> None:
    """Destroy everything that Terraform made for a cluster: plan it, show it, and do it once the cluster's name is typed.

    What holds data is protected by its module, and stays in the way until somebody takes it out.

    Example: hubledger infra destroy tidewater
    """
    with surroundings(fleet, work, timeout) as there:
        opened = site.open_site(there, site.find(there, cluster))
        with opened.work.held():
            record = make_plan(opened, destroy=True)
            sys.stdout.write(plan_summary.text(record))
            sys.stdout.flush()
            if not record.empty:
                _print_receipt(apply_plan(opened, Consent(listed(confirm) if confirm else typed(there))))


def _apply_all(
    there: Surroundings, chosen: Sequence[Cluster], one: Callable[[Cluster], Receipt], parallel: int
) -> list[Done[Receipt]]:
    """Apply every saved plan; go on with a run that did not come to its end, and repeat nothing of it."""
    by_name = {cluster.name: cluster for cluster in chosen}
    planned = [name for name in by_name if Work(name, there.folder / name).record.exists()]
    journal, left, finished = fleet_runs.open_journal(there.folder, planned)
    for name in [name for name in left if name in by_name and name not in planned]:
        last = list(receipts.read(Work(name, there.folder / name).receipts))[-1:]  # written before the journal could be
        finished[name] = fleet_runs.APPLIED if last and last[0].outcome == "applied" else fleet_runs.FAILED
        journal.note(finished[name], name)
    for name in (name for name in by_name if name not in {*left, *finished}):
        there.watch.say(f"{name}: no saved plan, left out")
    for name, step in finished.items():
        there.watch.say(f"{name}: {step} before, not repeated")

    def noted(cluster: Cluster) -> Receipt:
        journal.note("started", cluster.name)
        try:
            receipt = one(cluster)
        except InfraError:
            if not Work(cluster.name, there.folder / cluster.name).record.exists():  # else nothing was done
                journal.note(fleet_runs.FAILED, cluster.name)
            raise
        journal.note(fleet_runs.APPLIED, cluster.name, receipt.plan)
        return receipt

    done = fleet_runs.in_order([by_name[name] for name in left if name in planned], noted, parallel=parallel)
    if not there.interrupts.came:
        journal.note("end", detail=" ".join(each.cluster for each in done if each.error))
    return done


def _print_receipt(receipt: Receipt) -> None:
    typer.echo(
        f"{receipt.cluster}: {receipt.outcome}: {receipt.added} added, {receipt.changed} changed,"
        f" {receipt.destroyed} destroyed; state serial {receipt.serial_before} → {receipt.serial_after}"
    )
