"""`hubledger replicate`: the folder that a community leaves with."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 – Typer reads the annotations
from typing import Annotated

import typer

from terraform.infra_errors import InfraError
from terraform.infra_options import FLEET, LAKE, WORK, FleetOption, LakeOption, WorkOption
from terraform.infra_session import surroundings
from terraform.past_costs import Books  # noqa: TC001
from terraform.replicate import NothingToTake, community, infrastructure
from terraform.runbook import runbook
from terraform.work import replace

ERRORS: tuple[type[Exception], ...] = (InfraError,)


def replicate(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="COMMUNITY", help="The community that leaves.")],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="The folder to write; it must be empty.")],
    *,
    fleet: FleetOption = FLEET,
    work: WorkOption = WORK,
    lake: LakeOption = LAKE,
) -> None:
    """Write everything that a community needs to leave: modules, variables, state without secrets, its costs, a runbook.

    Nothing in the folder needs Hubledger. A cluster that others share comes as one of its own, to be made anew.

    Example: hubledger replicate coastal-modelling --to coastal-modelling
    """
    books: Books | None = context.obj
    if to.exists() and any(to.iterdir()):
        raise NothingToTake(f"{to}: is not empty: name a new folder")
    with surroundings(fleet, work) as there:
        leaving = community(there.fleet, name)
        taken = infrastructure(there, leaving, to.absolute() / "clusters")
        history = books.history(there.fleet, lake, name, to / "costs") if books else []
        replace(to / "README.md", runbook(leaving, taken, history, f"{there.day}").encode())
    for one in taken:
        if one.folder is None:
            typer.echo(f"{one.cluster.name}: not made by Terraform; nothing to take along but its costs", err=True)
    if not history:
        typer.echo(f"{name}: no costs in {lake}", err=True)
    typer.echo(to / "README.md")
