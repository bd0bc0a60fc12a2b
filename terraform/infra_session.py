"""What a command of `hubledger infra` begins and ends with: who takes part, how signals are heard, what is told at the end."""

from __future__ import annotations

import os
import select
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from terraform import binary, fleet_cache, fleet_runs, site
from terraform.infra_errors import InfraError
from terraform.infra_options import patience
from terraform.infra_progress import watching
from terraform.past_costs import UnreadableBills
from terraform.past_costs_cache import past_costs
from terraform.planning import prepare
from terraform.process import Interrupts
from terraform.site import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from terraform.fleet import Cluster
    from terraform.fleet_runs import Done
    from terraform.past_costs import Books, PastCosts
    from terraform.planning import Past
    from terraform.site import Site

Result = TypeVar("Result")
_LOOK_SECONDS = 0.1


@contextmanager
def surroundings(fleet: Path, work: Path, timeout_minutes: float | None = None) -> Iterator[Surroundings]:
    """Yield what commands of this process share; meanwhile one signal stops Terraform in good order."""
    environment = dict(os.environ)
    found = binary.find(environment)
    loaded = fleet_cache.load(fleet, work)
    with watching() as watch, Interrupts(watch.say) as interrupts:
        yield Surroundings(
            fleet=loaded,
            folder=work.absolute(),
            binary=found,
            environment=environment,
            interrupts=interrupts,
            watch=watch,
            day=datetime.now(UTC).date(),
            patience=patience(environment, timeout_minutes),
            cache=Path(environment.get("TF_PLUGIN_CACHE_DIR") or work.absolute() / ".plugins"),
        )


def past_bills(context: typer.Context, there: Surroundings, lake: str) -> Past:
    """Return what finds the past bills, once for all clusters, when the first asks."""
    books: Books | None = context.obj
    beginning = threading.Lock()

    @cache
    def found() -> PastCosts | None:
        if books is None:
            return None
        try:
            return past_costs(there.folder, lake, lambda: books.past_costs(there.fleet, lake))
        except UnreadableBills as error:  # what infrastructure needs should not wait for a lake's repair
            there.watch.say(f"{error}; costs of changes have no basis meanwhile")
            return None

    def past() -> PastCosts | None:
        with beginning:
            return found()

    return past


def prepared(
    there: Surroundings, clusters: Sequence[Cluster], do: Callable[[Cluster], Result], parallel: int
) -> list[Done[Result]]:
    """Do something with every cluster once all are initialised, which they can't be while others use their providers."""

    def ready(cluster: Cluster) -> None:
        opened = site.open_site(there, cluster)
        with opened.work.held():
            prepare(opened)

    if len(clusters) == 1:  # it has nobody to wait for, and its plan initialises it
        return fleet_runs.each(clusters, do, parallel=parallel)
    failed = {each.cluster: each for each in fleet_runs.each(clusters, ready, parallel=parallel) if each.error}
    rest = fleet_runs.each([each for each in clusters if each.name not in failed], do, parallel=parallel)
    done = {each.cluster: each for each in rest}
    return [done.get(each.name) or fleet_runs.Done(each.name, None, failed[each.name].error) for each in clusters]


def without_secrets(there: Surroundings, name: str) -> Site:
    """Return the cluster of that name at work, for what needs none of its secrets."""
    return site.open_site(there, site.find(there, name), secrets_needed=False)


def chosen_clusters(there: Surroundings, names: Sequence[str] | None, *, every: bool) -> list[Cluster]:
    if every == bool(names):
        raise typer.BadParameter("name the clusters, or give --all")
    if every:
        found = [cluster for cluster in there.fleet.clusters if cluster.infrastructure]
        if not found:
            raise site.NoSuchCluster(
                f"{there.fleet.path}: no cluster has an infrastructure section: add one to its cluster.yaml"
            )
        return found
    return [site.find(there, name) for name in dict.fromkeys(names or ())]


def typed(there: Surroundings) -> Callable[[str], str]:
    """Return what asks at the terminal; without one, and after a signal, nothing is answered."""

    def ask(question: str) -> str:
        if not sys.stdin.isatty():
            return ""
        with there.watch.quiet():
            sys.stderr.write(f"{question}: ")
            sys.stderr.flush()
            while not there.interrupts.came:  # a thread that reads would not hear of it
                if select.select([sys.stdin], [], [], _LOOK_SECONDS)[0]:
                    return sys.stdin.readline().strip()
        return ""

    return ask


def listed(names: Sequence[str]) -> Callable[[str], str]:
    return lambda question: question.partition(":")[0] if question.partition(":")[0] in names else ""


def raise_all(done: Sequence[Done[Result]]) -> None:
    errors = [each.error for each in done if each.error]
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise InfraError("\n".join(map(str, errors)))
