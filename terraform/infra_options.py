"""Options that several commands of `hubledger infra` have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terraform.run_terms import Patience

if TYPE_CHECKING:
    from collections.abc import Mapping

FleetOption = Annotated[
    Path, typer.Option("--fleet", envvar="HUBLEDGER_FLEET", help="The folder of the fleet's files.")
]
WorkOption = Annotated[
    Path, typer.Option("--work", envvar="HUBLEDGER_INFRA", help="The folder that has a work folder for each cluster.")
]
ClusterArgument = Annotated[str, typer.Argument(metavar="CLUSTER", help="The cluster.")]
ClustersArgument = Annotated[list[str] | None, typer.Argument(metavar="CLUSTER...", help="The clusters; or --all.")]
AllOption = Annotated[bool, typer.Option("--all", help="Every cluster that has an infrastructure section.")]
ParallelOption = Annotated[int, typer.Option(min=1, max=64, help="How many clusters at a time.")]
TimeoutOption = Annotated[
    float, typer.Option("--timeout", min=0.01, metavar="MINUTES", help="Minutes after which Terraform is to stop.")
]
LakeOption = Annotated[
    str, typer.Option("--lake", envvar="HUBLEDGER_LAKE", help="The lake, for what changes cost.", show_default=True)
]
FLEET, WORK, LAKE = Path("fleet"), Path("infra"), "lake"
_RETRY_WAIT = "HUBLEDGER_RETRY_SECONDS"  # the first wait before something is tried again
_LOCK = "HUBLEDGER_LOCK_SECONDS"  # how long to wait for a state that somebody else has locked
_GRACE = "HUBLEDGER_GRACE_SECONDS"  # how long Terraform may take to stop


def patience(environment: Mapping[str, str], minutes: float | None) -> Patience:
    """Return how long commands may take: `minutes` for a plan or an apply."""
    known = Patience()
    seconds = minutes * 60 if minutes is not None else None
    return Patience(
        plan_seconds=seconds or known.plan_seconds,
        apply_seconds=seconds or known.apply_seconds,
        grace_seconds=float(environment.get(_GRACE, known.grace_seconds)),
        lock_seconds=float(environment.get(_LOCK, known.lock_seconds)),
        first_wait_seconds=float(environment.get(_RETRY_WAIT, known.first_wait_seconds)),
    )
