"""One command on many clusters: a few at a time, in the order they depend on each other, with a journal that a crash survives."""

from __future__ import annotations

import json
import os
import uuid
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Generic, TypeVar

from terraform.infra_errors import InfraError
from terraform.work import now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from terraform.fleet import Cluster

Result = TypeVar("Result")
JOURNAL = "journal.jsonl"
APPLIED, FAILED = "applied", "failed"


class DependencyFailed(InfraError):
    """A cluster was left out because one that it comes after failed."""


@dataclass(frozen=True, slots=True)
class Done(Generic[Result]):
    """What came of one cluster: a result, or the error that ended it."""

    cluster: str
    result: Result | None
    error: InfraError | None = None


def each(clusters: Sequence[Cluster], do: Callable[[Cluster], Result], *, parallel: int) -> list[Done[Result]]:
    """Do something with every cluster, `parallel` at a time, each on its own; return what came of each, in order."""
    return _run({cluster.name: cluster for cluster in clusters}, {}, do, parallel)


def in_order(clusters: Sequence[Cluster], do: Callable[[Cluster], Result], *, parallel: int) -> list[Done[Result]]:
    """Do something with every cluster, but with none before those it comes after; what comes after a failure is left out."""
    by_name = {cluster.name: cluster for cluster in clusters}
    after = {
        name: [other for other in cluster.infrastructure.after if other in by_name]
        for name, cluster in by_name.items()
        if cluster.infrastructure
    }
    return _run(by_name, after, do, parallel)


def _run(
    clusters: Mapping[str, Cluster], after: Mapping[str, Sequence[str]], do: Callable[[Cluster], Result], parallel: int
) -> list[Done[Result]]:
    order = TopologicalSorter({name: after.get(name, ()) for name in clusters})
    order.prepare()
    found: dict[str, Done[Result]] = {}
    running: dict[Future[Done[Result]], str] = {}
    with ThreadPoolExecutor(max_workers=parallel) as threads:
        while order.is_active():
            for name in order.get_ready():
                failed = [other for other in after.get(name, ()) if found[other].error]
                if failed:
                    error = DependencyFailed(f"{name}: left out, for it comes after {', '.join(failed)}, which failed")
                    found[name] = Done(name, None, error)
                    order.done(name)
                else:
                    running[threads.submit(_one, clusters[name], do)] = name
            if running:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    name = running.pop(future)
                    found[name] = future.result()
                    order.done(name)
    return [found[name] for name in clusters]


def _one(cluster: Cluster, do: Callable[[Cluster], Result]) -> Done[Result]:
    try:
        return Done(cluster.name, do(cluster))
    except InfraError as error:
        return Done(cluster.name, None, error)


@dataclass(frozen=True, slots=True)
class Journal:
    """What an apply of many clusters did so far: one line a step, in the folder of --work. It is only added to."""

    file: Path
    run: str

    def note(self, step: str, cluster: str = "", detail: str = "") -> None:
        """Write a step down, at once."""
        line = {"run": self.run, "at": now(), "step": step, "cluster": cluster, "detail": detail}
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())


def open_journal(folder: Path, clusters: Iterable[str]) -> tuple[Journal, list[str], dict[str, str]]:
    """Return the journal to go on with, the clusters left to do in it, and what became of those that are done.

    A run that did not come to its end is gone on with: what it has done is not done again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / JOURNAL
    lines = _lines(file)
    last = lines[-1] if lines else None
    if last is not None and last["step"] != "end":
        mine = [line for line in lines if line["run"] == last["run"]]
        wanted = mine[0]["detail"].split()
        done = {line["cluster"]: line["step"] for line in mine if line["step"] in (APPLIED, FAILED)}
        journal = Journal(file, last["run"])
        journal.note("resume")
        return journal, [name for name in wanted if name not in done], done
    names = list(clusters)
    journal = Journal(file, uuid.uuid4().hex[:12])
    journal.note("begin", detail=" ".join(names))
    return journal, names, {}


def _lines(file: Path) -> list[dict[str, str]]:
    if not file.exists():
        return []
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]  # one that a crash cut off is looked at again
