"""The commands of `hubledger infra` that look at states and care for them, and the one that takes a `.tfvars` over."""

from __future__ import annotations

import csv
import json
import os
import sys
from dataclasses import asdict, fields
from enum import StrEnum
from pathlib import Path  # noqa: TC003 – Typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from terraform import binary, doctor, fleet_cache, lock, receipts, site, tfvars
from terraform.drift import Drift, drift
from terraform.infra_errors import InfraError
from terraform.infra_options import (
    FLEET,
    WORK,
    AllOption,
    ClusterArgument,
    ClustersArgument,
    FleetOption,
    ParallelOption,
    TimeoutOption,
    WorkOption,
)
from terraform.infra_session import chosen_clusters, prepared, raise_all, surroundings, without_secrets
from terraform.outputs import NoSuchOutput, Output, outputs
from terraform.receipts import Receipt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terraform.fleet import Cluster

app = typer.Typer()

_WIDE = 10_000  # a pipe takes lines of any length
_HIDDEN = "(sensitive)"


class Form(StrEnum):
    """How data leaves a command."""

    TABLE = "table"
    JSON = "json"


class ReceiptForm(StrEnum):
    """How receipts leave a command."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


FormOption = Annotated[Form, typer.Option("--format", help="How to print it.")]


@app.command("drift")
def drift_command(
    clusters: ClustersArgument = None,
    *,
    every: AllOption = False,
    parallel: ParallelOption = 4,
    form: FormOption = Form.TABLE,
    timeout: TimeoutOption = 60,
    fleet: FleetOption = FLEET,
    work: WorkOption = WORK,
) -> None:
    """Say what is otherwise in the cloud than Terraform left it. Exits with 3 if something is.

    Example: hubledger infra drift --all --format json
    """
    with surroundings(fleet, work, timeout) as there:

        def one(cluster: Cluster) -> Drift:
            opened = site.open_site(there, cluster)
            with opened.work.held():
                return drift(opened)

        done = prepared(there, chosen_clusters(there, clusters, every=every), one, parallel)
    found = [each.result for each in done if each.result]
    if form is Form.JSON:
        typer.echo(json.dumps([each.to_json() for each in found], indent=2, ensure_ascii=False))
    else:
        for each in found:
            _print_drift(each)
    raise_all(done)
    if any(each.changes for each in found):
        raise typer.Exit(3)


@app.command("outputs")
def outputs_command(
    cluster: ClusterArgument,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Only this output, its value alone.")] = None,
    *,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show a sensitive output; it must be named.")] = False,
    form: FormOption = Form.TABLE,
    fleet: FleetOption = FLEET,
    work: WorkOption = WORK,
) -> None:
    """Show what a cluster's modules tell: addresses, names, identities, each with its type.

    Example: hubledger infra outputs tidewater kubeconfig_command
    """
    with surroundings(fleet, work) as there:
        opened = without_secrets(there, cluster)
        with opened.work.held():
            opened.work.write(opened.root)
            opened.initialise()
            found = outputs(opened.terraform.outputs())
    if name is not None:
        _print_output(cluster, found, name, reveal=reveal)
    elif form is Form.JSON:
        shown = [asdict(each) | {"value": _HIDDEN if each.sensitive else each.value} for each in found]
        typer.echo(json.dumps(shown, indent=2, ensure_ascii=False))
    else:
        rows = [(one.name, one.type, _HIDDEN if one.sensitive else json.dumps(one.value)) for one in found]
        _print_table(("output", "type", "value"), rows)


@app.command("unlock")
def unlock_command(
    cluster: ClusterArgument,
    *,
    identity: Annotated[str | None, typer.Option("--id", help="Remove the lock with this id.")] = None,
    fleet: FleetOption = FLEET,
    work: WorkOption = WORK,
) -> None:
    """Say who holds the lock of a cluster's state, since when, and whether that process lives; with --id, remove it.

    Example: hubledger infra unlock tidewater
    """
    with surroundings(fleet, work) as there:
        opened = without_secrets(there, cluster)
        if identity is not None:
            removed = lock.unlock(opened, identity)
            typer.echo(f"{cluster}: unlocked; it was {removed}")
            return
        found = lock.lock(opened)
        typer.echo(f"{cluster}: {found or 'not locked'}")
        if found and found.id and not found.alive:
            typer.echo(f"To remove it: hubledger infra unlock {cluster} --id {found.id}", err=True)


@app.command("receipts")
def receipts_command(
    cluster: Annotated[str | None, typer.Argument(metavar="CLUSTER", help="Only this cluster.")] = None,
    *,
    form: Annotated[ReceiptForm, typer.Option("--format", help="How to print it.")] = ReceiptForm.TABLE,
    work: WorkOption = WORK,
) -> None:
    """List who applied what, when, and what became of the state.

    Example: hubledger infra receipts tidewater --format csv
    """
    found = [each for each in receipts.receipts(work) if cluster in (None, each.cluster)]
    if form is ReceiptForm.JSON:
        typer.echo(json.dumps([asdict(each) for each in found], indent=2, ensure_ascii=False))
    elif form is ReceiptForm.CSV:
        writer = csv.DictWriter(sys.stdout, [each.name for each in fields(Receipt)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(map(asdict, found))
    else:
        rows = [
            (
                each.ended_at,
                each.cluster,
                each.outcome,
                each.by,
                f"+{each.added} ~{each.changed} -{each.destroyed}",
                f"{each.serial_before} → {'?' if each.serial_after is None else each.serial_after}",
                f"{each.delta} {each.currency}".strip(),
                each.reason,
            )
            for each in found
        ]
        _print_table(("when", "cluster", "outcome", "by", "resources", "serial", "cost a month", "reason"), rows)


@app.command("doctor")
def doctor_command(
    clusters: ClustersArgument = None,
    *,
    form: FormOption = Form.TABLE,
    fleet: FleetOption = FLEET,
    work: WorkOption = WORK,
) -> None:
    """Look whether everything is there: Terraform, providers, credentials, and (for clusters that are named) their state.

    Example: hubledger infra doctor tidewater
    """
    with surroundings(fleet, work) as there:
        found = list(doctor.machine(there))
        for name in clusters or ():
            found += doctor.cluster(there, site.find(there, name))
    if form is Form.JSON:
        typer.echo(json.dumps([asdict(each) for each in found], indent=2, ensure_ascii=False))
    else:
        _print_table(("", "what", "how it is"), [(each.health.value, each.subject, each.text) for each in found])
    if any(each.health is doctor.Health.FAILED for each in found):
        raise typer.Exit(1)


@app.command("push-state")
def push_state(cluster: ClusterArgument, fleet: FleetOption = FLEET, work: WorkOption = WORK) -> None:
    """Put the state that Terraform could not save (errored.tfstate) where it belongs.

    Example: hubledger infra push-state tidewater
    """
    with surroundings(fleet, work) as there:
        opened = without_secrets(there, cluster)
        with opened.work.held():
            left = opened.work.emergency_state
            if not left.exists():
                raise InfraError(f"{cluster}: there is no {left}: the state was saved")
            opened.initialise()
            opened.terraform.push(left)
            left.unlink()
            typer.echo(f"{cluster}: the state is saved, serial {opened.terraform.state().serial}")


@app.command("import-tfvars")
def import_tfvars(
    cluster: ClusterArgument,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file of variables, as in projects/tidewater.tfvars.")
    ],
    fleet: FleetOption = FLEET,
) -> None:
    """Print the infrastructure section that a .tfvars of 2i2c's kind makes, for the cluster's file.

    Example: hubledger infra import-tfvars tidewater terraform/gcp/projects/tidewater.tfvars
    """
    loaded = fleet_cache.load(fleet, None)
    known = {each.name: each for each in loaded.clusters}
    if cluster not in known:
        raise site.NoSuchCluster(f"there is no cluster '{cluster}' in {fleet}: there are {', '.join(known)}")
    found = tfvars.imported(known[cluster].provider, tfvars.read(binary.find(os.environ), file, os.environ))
    for line in tfvars.lines(found.section):
        typer.echo(line)
    for line in found.left_out:
        typer.echo(f"left out: {line}", err=True)


def _print_drift(found: Drift) -> None:
    if not found.changes:
        typer.echo(f"{found.cluster}: as Terraform left it")
        return
    typer.echo(f"{found.cluster}: {len(found.changes)} drifted")
    for change in found.changes:
        typer.echo(f"  {change.action.value} {change.address}")
        for one in change.differences:
            typer.echo(f"      {one.path}: {one.before or 'nothing'} → {one.after or 'nothing'}")


def _print_output(cluster: str, found: Sequence[Output], name: str, *, reveal: bool) -> None:
    output = next((each for each in found if each.name == name), None)
    if output is None:
        known = ", ".join(each.name for each in found) or "none"
        raise NoSuchOutput(f"{cluster}: there is no output '{name}': there are {known}")
    if output.sensitive and not reveal:
        raise NoSuchOutput(f"{cluster}: {name} is sensitive: say --reveal to have it printed")
    typer.echo(output.value if isinstance(output.value, str) else json.dumps(output.value, ensure_ascii=False))


def _print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console  # other commands need not wait for its import
    from rich.table import Table
    from rich.text import Text

    console = Console()
    table = Table(*header, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(Text, row))
    (console if console.is_terminal else Console(width=_WIDE)).print(table)
