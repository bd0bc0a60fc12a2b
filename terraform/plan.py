"""A saved plan and its record: what it was made of, by whom and when, and what it would do. Apply takes that and nothing else."""

from __future__ import annotations

import getpass
import json
import subprocess
import zipfile
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from terraform.changes import Action, Change, Difference
from terraform.cost_delta import Delta, Priced
from terraform.infra_errors import InfraError
from terraform.render import digest
from terraform.run_terms import State
from terraform.work import replace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from terraform.work import Work

_FORMAT = 1


class NoPlan(InfraError):
    """There is no saved plan that could be applied."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a plan is made of: the hashes of its inputs, and the commit of the fleet's files."""

    configuration: str
    variables: str
    lock_file: str
    commit: str


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a saved plan. `plan` is the hash of its file."""

    cluster: str
    plan: str
    origin: Origin
    state: State
    made_at: str
    made_by: str
    terraform: str
    destroy: bool
    changes: tuple[Change, ...]
    outputs: tuple[str, ...]
    destroys_data: tuple[str, ...]
    delta: Delta | None
    warnings: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to apply."""
        return not self.changes and not self.outputs

    def count(self, action: Action) -> int:
        """Return how many resources it happens to."""
        return sum(change.action is action for change in self.changes)


def write(work: Work, record: Record) -> None:
    """Save the record beside its plan."""
    replace(work.record, json.dumps({"format": _FORMAT, **asdict(record)}, indent=1, default=str).encode())


def read(work: Work) -> Record:
    """Return the record of the saved plan. Raises NoPlan where there is none, or where it isn't of that plan."""
    again = f"plan it: `hubledger infra plan {work.cluster}`"
    try:
        told = json.loads(work.record.read_bytes())
        plan = work.plan.read_bytes()
    except FileNotFoundError as error:
        raise NoPlan(f"{work.cluster}: there is no saved plan: {again}") from error
    except ValueError as error:
        raise NoPlan(f"{work.record}: is damaged: {again}") from error
    if told.pop("format", None) != _FORMAT:
        raise NoPlan(f"{work.record}: was written by another version of Hubledger: {again}")
    record = _record(told)
    if digest(plan) != record.plan:
        raise NoPlan(f"{work.plan}: is not the plan that was recorded: {again}")
    return record


def state_of(plan: Path) -> State | None:
    """Return the state that a plan was made of, as it says itself; None where it doesn't, being encrypted."""
    try:
        with zipfile.ZipFile(plan) as parts:
            told = json.loads(parts.read("tfstate"))
        return State(int(told["serial"]), str(told["lineage"]))
    except (zipfile.BadZipFile, KeyError, ValueError):
        return None


@cache
def commit(folder: Path) -> str:
    """Return the commit of the files in `folder`, with -dirty where they have changed since; empty outside of git."""
    words = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=40", "--exclude", "*"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)  # noqa: S603 – no input of others
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def who(environment: Mapping[str, str]) -> str:
    """Return who runs this: the person behind a CI job where it says so, else the account on this machine."""
    for name in ("GITHUB_ACTOR", "GITLAB_USER_LOGIN"):
        if environment.get(name):
            return environment[name]
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def stale(work: Work, record: Record, now: Origin, state: State) -> list[str]:
    """Return what moved since the plan was made, in words."""
    then = record.origin
    found = []
    if then.configuration != now.configuration:
        found.append("the configuration changed (the module, the backend or the providers)")
    if then.variables != now.variables:
        found.append("the variables changed (the fleet's files, or who pays for a hub)")
    if then.lock_file != now.lock_file:
        found.append(f"{work.lock_file} changed (other versions of providers)")
    if record.state.lineage and state.lineage != record.state.lineage:
        found.append("the state is another one altogether")
    elif state.serial != record.state.serial:
        found.append(f"the state went from serial {record.state.serial} to {state.serial}")
    return found


def _record(told: dict[str, Any]) -> Record:
    """Read back what `write` wrote."""
    values = dict(told)
    values["origin"] = Origin(**values["origin"])
    values["state"] = State(**values["state"])
    values["changes"] = tuple(
        Change(
            one["address"], one["type"], Action(one["action"]), tuple(Difference(**each) for each in one["differences"])
        )
        for one in values["changes"]
    )
    for name in ("outputs", "destroys_data", "warnings"):
        values[name] = tuple(values[name])
    if values["delta"] is not None:
        given = values["delta"]
        priced = tuple(
            Priced(**one | {name: Decimal(one[name]) for name in ("low", "expected", "high")})
            for one in given["priced"]
        )
        values["delta"] = Delta(given["currency"], priced, tuple(given["no_basis"]))
    return Record(**values)
