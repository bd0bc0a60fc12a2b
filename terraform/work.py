"""The work folder of a cluster: its rendered root, its saved plan, its receipts, and what each run of Terraform wrote.

infra/<cluster>/main.tf.json, modules/    the root, which Terraform alone can work with too
infra/<cluster>/.terraform/               Terraform's own
infra/<cluster>/receipts.jsonl            who applied what, and when
infra/<cluster>/.hubledger/               the saved plan and its record, the runs; secrets may be in it: 0700
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from terraform.infra_errors import InfraError
from terraform.process import Started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO
    from pathlib import Path

    from terraform.render import Root

_IGNORED = ".terraform/\n.hubledger/\n*.tfstate\n*.tfstate.*\n"
_KEPT_RUNS = 20
_PROCESS = "process.json"
_PROCESS_BYTES = 100
# What an apply prints finds room whatever becomes of the disk: if Terraform can save a state nowhere, it prints it.
_RESERVED_BYTES = 8 * 2**20


class Busy(InfraError):
    """Somebody works on the cluster already."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of Terraform that may have changed something: which process it is, and where its output is."""

    folder: Path
    command: str
    began: str
    started: Started
    plan: str | None  # the hash of the plan that it applies

    @property
    def output(self) -> Path:
        """What it printed, with whatever secrets it printed."""
        return self.folder / "output.raw"

    @property
    def log(self) -> Path:
        """What it printed, masked."""
        return self.folder / "output.jsonl"


@dataclass(frozen=True, slots=True)
class Work:
    """The work folder of one cluster."""

    cluster: str
    folder: Path

    @property
    def private(self) -> Path:
        return self.folder / ".hubledger"

    @property
    def data(self) -> Path:
        """Terraform's own folder, TF_DATA_DIR."""
        return self.folder / ".terraform"

    @property
    def plan(self) -> Path:
        return self.private / "plan.tfplan"

    @property
    def record(self) -> Path:
        return self.private / "plan.json"

    @property
    def receipts(self) -> Path:
        return self.folder / "receipts.jsonl"

    @property
    def lock_file(self) -> Path:
        return self.folder / ".terraform.lock.hcl"

    @property
    def emergency_state(self) -> Path:
        """Where Terraform puts a state that its backend does not take."""
        return self.folder / "errored.tfstate"

    def prepare(self) -> None:
        """Make the folder, if it isn't there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.private.mkdir(mode=0o700, exist_ok=True)
        ignored = self.folder / ".gitignore"
        if not ignored.exists():
            ignored.write_text(_IGNORED, encoding="utf-8")

    def write(self, root: Root) -> list[str]:
        """Make the folder hold the root's files and no older ones; return the paths that changed."""
        self.prepare()
        changed: list[str] = []
        for path, content in sorted(root.files.items()):
            file = self.folder / path
            if not file.exists() or file.read_bytes() != content:
                replace(file, content)
                changed.append(path)
        for file in sorted((self.folder / "modules").rglob("*")):
            path = file.relative_to(self.folder).as_posix()
            if file.is_file() and path not in root.files:
                file.unlink()
                changed.append(path)
        return changed

    def discard_plan(self) -> None:
        """Remove the saved plan."""
        self.plan.unlink(missing_ok=True)
        self.record.unlink(missing_ok=True)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let nobody else on this machine work on the cluster meanwhile. Raises Busy where somebody does."""
        self.prepare()
        note = self.private / "holder"
        with (self.private / "lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # it goes with the process, however that ends
            except BlockingIOError as error:
                holder = note.read_text(encoding="utf-8").strip() if note.exists() else "somebody"
                raise Busy(f"{self.cluster}: {holder} works on it in {self.folder}: wait until that is done") from error
            note.write_text(f"process {os.getpid()} (since {now()})\n", encoding="utf-8")
            yield

    def begin(self, command: str, plan: str | None) -> tuple[Path, FileIO]:
        """Make the folder of a run; return it and its output, open for reading and writing. For an apply, room is reserved.

        What is reserved and not written is NUL bytes.
        """
        runs = self.private / "runs"
        runs.mkdir(mode=0o700, exist_ok=True)
        for old in sorted(runs.iterdir())[:-_KEPT_RUNS]:
            if not (old / "output.raw").exists():
                shutil.rmtree(old)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        folder = runs / f"{stamp}-{command}"
        folder.mkdir(mode=0o700)
        replace(folder / "run.json", json.dumps({"command": command, "began": now(), "plan": plan}).encode())
        (folder / _PROCESS).write_bytes(b" " * _PROCESS_BYTES)
        descriptor = os.open(folder / "output.raw", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        if plan is not None and hasattr(os, "posix_fallocate"):
            os.posix_fallocate(descriptor, 0, _RESERVED_BYTES)
        return folder, os.fdopen(descriptor, "r+b", buffering=0)

    def note_start(self, folder: Path, started: Started) -> None:
        """Write down which process the run in `folder` is; that takes no more room, for there may be none by now."""
        told = json.dumps({"pid": started.pid, "created": started.created}).encode().ljust(_PROCESS_BYTES)
        with (folder / _PROCESS).open("r+b", buffering=0) as file:
            file.write(told)

    def unfinished(self) -> list[Run]:
        """Return the runs whose end nobody saw: their Python died, or left them running."""
        found: list[Run] = []
        for output in sorted((self.private / "runs").glob("*/output.raw")):
            told = json.loads((output.parent / "run.json").read_bytes())
            process = json.loads((output.parent / _PROCESS).read_bytes().strip() or b"{}")
            started = Started(int(process.get("pid", 0)), float(process.get("created", 0)))
            found.append(Run(output.parent, told["command"], told["began"], started, told["plan"]))
        return found


def printed(file: Path) -> bytes:
    """Return what a run has printed, without the room that is reserved behind it."""
    return file.read_bytes().rstrip(b"\0")


def replace(file: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file whole or not at all; only its owner may read it where its folder is private."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.touch(mode)
        beside.write_bytes(content)
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)


def now() -> str:
    """Return the time as ISO 8601, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def here() -> str:
    """Return this machine's name."""
    return socket.gethostname()
