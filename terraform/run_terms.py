"""The terms on which Terraform is run: how long, how often, who is told, in which environment, and what may come of it."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from terraform.infra_errors import InfraError
from terraform.secret_values import NoSecret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from terraform.events import Event, Story
    from terraform.fleet import Cluster
    from terraform.work import Work

_MINUTE = 60.0
_UNWANTED = ("TF_WORKSPACE", "TF_CLI_ARGS", "TF_DATA_DIR", "TF_INPUT", "TF_IN_AUTOMATION")


class Interrupted(InfraError):
    """A signal came."""


class TimedOut(InfraError):
    """A command took longer than it may."""


class NotStarted(InfraError):
    """The program could not be run at all."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long commands may take, and how often what failed for a passing reason is tried."""

    init_seconds: float = 10 * _MINUTE
    plan_seconds: float = 60 * _MINUTE
    apply_seconds: float = 240 * _MINUTE
    grace_seconds: float = 5 * _MINUTE
    lock_seconds: float = 10
    attempts: int = 4
    first_wait_seconds: float = 2.0


@dataclass(frozen=True, slots=True)
class State:
    """Which state there is: none has the serial 0."""

    serial: int
    lineage: str


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of an apply: the error that ended it, or None."""

    story: Story
    error: InfraError | None
    log: Path
    began: str


@dataclass(slots=True)
class Watch:
    """Who is told what happens: each event, and words about retries and signals. `quiet` is entered while a question is open."""

    event: Callable[[str, Event], None] = field(default=lambda _cluster, _event: None)
    say: Callable[[str], None] = field(default=lambda _text: None)
    quiet: Callable[[], AbstractContextManager[None]] = field(default=nullcontext)


def environment_of(
    environment: Mapping[str, str], cluster: Cluster, work: Work, plugin_cache: Path | None
) -> dict[str, str]:
    """The environment of Terraform: ours, without what would lead it elsewhere."""
    found = {
        name: value
        for name, value in environment.items()
        if name not in _UNWANTED and not name.startswith("TF_CLI_ARGS_")
    }
    found |= {"TF_DATA_DIR": str(work.data), "TF_IN_AUTOMATION": "1", "TF_INPUT": "0"}
    found.setdefault("CHECKPOINT_DISABLE", "1")
    if plugin_cache is not None:
        found.setdefault("TF_PLUGIN_CACHE_DIR", str(plugin_cache))
    backend = cluster.infrastructure.backend if cluster.infrastructure else None
    if backend and backend.conn_str_env:
        address = environment.get(backend.conn_str_env)
        if not address:
            raise NoSecret(
                f"{cluster.path}: infrastructure.backend.pg.conn_str_env: the environment variable {backend.conn_str_env} is"
                " not set: put the database's address there"
            )
        found["PG_CONN_STR"] = address
    return found
