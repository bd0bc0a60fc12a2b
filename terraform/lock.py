"""The lock of a cluster's state: whose it is, where, since when, and whether that process lives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from terraform.infra_errors import InfraError
from terraform.runner import PROBE
from terraform.work import here

if TYPE_CHECKING:
    from terraform.site import Site

_FIELD = r"\b{name}:\s+(\S+(?: \S+)?)"
_PROGRAMS = ("terraform", "tofu", "library_shim.py")


class NotUnlocked(InfraError):
    """A lock was left in its place."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock as its holder wrote it down. `alive` is None where that can't be seen from here.

    `id` is empty where the backend does not tell it: such a lock ends with its process, and can't be removed.
    """

    id: str
    who: str
    operation: str
    created: str
    path: str
    alive: bool | None
    process: str

    def __str__(self) -> str:
        lives = {True: "which lives", False: "which is gone", None: "of which nothing can be seen from here"}[
            self.alive
        ]
        return (
            f"locked by {self.who} since {self.created} for {self.operation}, at {self.path}: {self.process}, {lives}"
        )


def lock(site: Site) -> Lock | None:
    """Return the lock that keeps Terraform out of a cluster's state; None where it is free."""
    site.work.write(site.root)
    site.initialise()
    told = site.terraform.probe_lock()
    if told is None:
        return None
    fields = {name: _field(told, name) for name in ("ID", "Who", "Operation")}
    created = _field(told, "Created", words=2)
    if fields["Operation"] == PROBE:  # PostgreSQL tells of who asks, not of who holds it
        fields, created = dict.fromkeys(fields, ""), ""
    process, alive = _process(site, fields["Who"], created)
    return Lock(
        id=fields["ID"],
        who=fields["Who"] or "somebody",
        operation=(fields["Operation"] or "something").removeprefix("OperationType"),
        created=created.partition(".")[0] or "a time that isn't told",
        path=_field(told, "Path") or "the state",
        alive=alive,
        process=process,
    )


def unlock(site: Site, identity: str) -> Lock:
    """Remove the lock with that id. Raises NotUnlocked where there is another one or none, or where its holder lives."""
    found = lock(site)
    if found is None:
        raise NotUnlocked(f"{site.name}: the state is not locked: there is nothing to do")
    if not found.id:
        raise NotUnlocked(f"{site.name}: {found}; such a lock ends with its process, and can't be removed otherwise")
    if found.id != identity:
        raise NotUnlocked(
            f"{site.name}: the lock's id is {found.id}, not {identity}: it is {found}; it was left in its place"
        )
    if found.alive:
        raise NotUnlocked(
            f"{site.name}: {found}; it was left in its place: wait, or end that process first with one SIGINT"
        )
    site.terraform.force_unlock(identity)
    return found


def _field(text: str, name: str, words: int = 1) -> str:
    found = re.search(_FIELD.format(name=name) if words == 2 else rf"\b{name}:\s+(\S+)", text)
    value = found[1] if found else ""
    return "" if value.endswith(":") else value


def _process(site: Site, who: str, created: str) -> tuple[str, bool | None]:
    """Which process holds the lock. A lock doesn't say; runs of this work folder, and this machine's processes, may."""
    host = who.rpartition("@")[2]
    if host and host != here():
        return f"a process on {host}", None
    at = _time(created)
    for run in reversed(site.work.unfinished()):
        began = _time(run.began)
        if run.started.alive() or (at is not None and began is not None and at >= began - 1):
            return f"process {run.started.pid}, terraform {run.command} of this work folder", run.started.alive()
    import psutil  # it takes its time to import, and only this asks

    candidates = [
        process
        for process in psutil.process_iter(["name", "cmdline", "create_time", "cwd"])
        if any(
            name in " ".join([process.info["name"] or "", *(process.info["cmdline"] or [])[:4]]) for name in _PROGRAMS
        )
        and (at is None or process.info["create_time"] <= at + 1)
        and "provider" not in (process.info["name"] or "")
    ]
    mine = [process for process in candidates if process.info["cwd"] == str(site.work.folder)]
    if mine:
        return f"process {mine[0].pid} in this work folder", True
    if candidates and host:
        return f"perhaps process {candidates[0].pid} on this machine", None
    return ("a process of this machine", False) if host else ("a process on some machine", None)


def _time(created: str) -> float | None:
    try:
        return datetime.fromisoformat(created[:19].replace(" ", "T")).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
