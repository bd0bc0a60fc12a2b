"""Runs Terraform for one cluster: python-terraform writes the arguments, the process is ours.

What can be told again is: init, plan and what only reads are retried when the cloud stumbles. An apply never is.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from terraform import endings, events, process, provider_cache, secret_values
from terraform.binary import FLAG, written
from terraform.infra_errors import InfraError
from terraform.process import Interrupts, Limits
from terraform.run_terms import Applied, Interrupted, NotStarted, State, environment_of
from terraform.terraform_faults import Locked, of_text
from terraform.work import now, printed, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from io import FileIO
    from pathlib import Path

    from terraform.binary import Binary
    from terraform.events import Story
    from terraform.fleet import Cluster
    from terraform.process import Ending
    from terraform.run_terms import Patience, Watch
    from terraform.work import Work

Result = TypeVar("Result")

PROBE = "untaint"  # the command that looks for a lock
_CHANGES = 2  # what a plan exits with that changes something
_PROVIDERS_USED = frozenset({"plan", "apply", "show"})  # the commands that start providers


class Terraform:
    """Terraform in one cluster's work folder."""

    def __init__(
        self,
        binary: Binary,
        cluster: Cluster,
        work: Work,
        *,
        environment: Mapping[str, str],
        secrets: Mapping[str, str],
        interrupts: Interrupts,
        watch: Watch,
        patience: Patience,
        plugin_cache: Path | None = None,
    ) -> None:
        self._binary, self._cluster, self._work = binary, cluster, work
        self._secrets, self._interrupts, self._watch, self._patience = secrets, interrupts, watch, patience
        self._cache = plugin_cache
        self._environment = environment_of(environment, cluster, work, plugin_cache)
        self.masking = secret_values.Masking([*secrets.values(), *secret_values.of_environment(self._environment)])

    def init(self, *, migrate_state: bool = False, reconfigure: bool = False, upgrade: bool = False) -> None:
        """Initialise the folder: backend, modules, providers."""
        # A state is moved only by a Terraform that may ask, though the copy is answered beforehand and nobody else is there.
        command = self._binary.command(
            "init",
            input=migrate_state,
            no_color=FLAG,
            migrate_state=FLAG if migrate_state else None,
            force_copy=FLAG if migrate_state else None,
            reconfigure=FLAG if reconfigure else None,
            upgrade=FLAG if upgrade else None,
        )

        kept = self._work.data / "terraform.tfstate"
        if kept.exists() and events.document(kept.read_bytes()) is None:
            kept.unlink()  # it says only which backend is in use; a full disk may have cut it off

        def once() -> None:
            with provider_cache.filled(self._cache, self._patience.lock_seconds) as possible:
                without = [*([] if possible else ["TF_PLUGIN_CACHE_DIR"]), *(["TF_INPUT"] if migrate_state else [])]
                self._captured(command, "init", self._patience.init_seconds, without=without)

        self._retried("init", once)

    def plan(self, out: Path, *, destroy: bool = False, refresh_only: bool = False) -> tuple[Story, bool]:
        """Make a plan and save it in `out`; return what was told, and whether there is anything in it."""

        def once() -> tuple[Story, bool]:
            with secret_values.variables_file(self._secrets) as variables:
                command = self._binary.command(
                    "plan",
                    json=FLAG,
                    input=False,
                    detailed_exitcode=FLAG,
                    out=str(out),
                    lock_timeout=f"{self._patience.lock_seconds:g}s",
                    destroy=FLAG if destroy else None,
                    refresh_only=FLAG if refresh_only else None,
                    var_file=variables[0] if variables else None,
                )
                files = [variables[1]] if variables else []
                story, ending, folder = self._logged(
                    command, "plan", None, self._patience.plan_seconds, files, kill=True
                )
            if ending.code != _CHANGES:
                self._check(ending, story, "plan", folder)
            return story, ending.code == _CHANGES

        try:
            return self._retried("plan", once)
        finally:
            if out.exists():
                out.chmod(0o600)

    def apply(self, plan: Path, identity: str) -> Applied:
        """Apply a saved plan, once. `identity` is written down with the run, for who finds it unfinished."""
        wait = f"{self._patience.lock_seconds:g}s"
        command = self._binary.command("apply", str(plan), json=FLAG, input=False, lock_timeout=wait)
        began = now()
        story, ending, folder = self._logged(command, "apply", identity, self._patience.apply_seconds, [], kill=False)
        error: InfraError | None = None
        try:
            self._check(ending, story, "apply", folder)
        except InfraError as caught:
            error = caught
        if ending.code is not None and (folder / "output.raw").exists():
            error = InfraError(
                f"{self._cluster.name}: there was no room to write down how the apply ended; it is in {folder / 'output.raw'}:"
                f" make room, then run `hubledger infra plan {self._cluster.name}`, which takes it from there"
                + (f"\n{error}" if error else "")
            )
        return Applied(story, error, folder / "output.jsonl", began)

    def show(self, plan: Path) -> dict[str, object]:
        """Return a saved plan as Terraform's JSON. It holds what is sensitive, in clear."""
        return self._document("show", str(plan), json=FLAG)

    def show_state(self) -> dict[str, object]:
        """Return the state as Terraform's JSON, which says what of it is sensitive."""
        return self._document("show", json=FLAG)

    def outputs(self) -> dict[str, object]:
        """Return the outputs of the state, sensitive ones too, in clear."""
        return self._document("output", json=FLAG)

    def version(self) -> dict[str, object]:
        """Return the version of the program, and of the providers it has."""
        return self._document("version", json=FLAG)

    def pull(self, *, afterwards: bool = False) -> bytes:
        """Return the whole state as it is stored; nothing where there is none. `afterwards` it is asked despite a signal."""
        command, seconds = self._binary.command("state pull"), self._patience.init_seconds
        return self._retried(
            "state pull", lambda: self._captured(command, "state pull", seconds, despite_signal=afterwards)
        )

    def push(self, file: Path) -> None:
        """Put a state from a file where the state belongs."""
        self._captured(self._binary.command("state push", str(file)), "state push", self._patience.init_seconds)

    def state(self, *, afterwards: bool = False) -> State:
        """Return which state there is."""
        told = events.document(self.pull(afterwards=afterwards)) or {}
        return State(int(str(told.get("serial", 0))), str(told.get("lineage", "")))

    def probe_lock(self) -> str | None:
        """Return what Terraform says of the lock that keeps it out; None where the state is free.

        It looks for a resource that nobody has: that takes the lock, starts no provider and changes nothing.
        """
        command = self._binary.command(
            PROBE,
            "terraform_data.hubledger_looks_at_the_lock",
            allow_missing=FLAG,
            lock_timeout="0s",
            no_color=FLAG,
        )
        try:
            self._captured(command, PROBE, self._patience.init_seconds)
        except Locked as error:
            return str(error)
        return None

    def force_unlock(self, identity: str) -> None:
        """Remove the lock with this id, whoever holds it."""
        command = self._binary.command("force-unlock", identity, force=FLAG, no_color=FLAG)
        self._captured(command, "force-unlock", self._patience.init_seconds)

    def finish(self, folder: Path) -> None:
        """Put the masked log in the place of what a run printed; a state that it printed goes where it is looked for.

        Raises OSError where there is no room: then all stays, to be finished later.
        """
        raw = folder / "output.raw"
        output = printed(raw)
        state = events.emergency_state(output)
        if state is not None:
            replace(self._work.emergency_state, json.dumps(state, indent=2).encode(), mode=0o600)
        replace(folder / "output.jsonl", self.masking.output(events.without_state(output)))
        raw.unlink()

    def _document(self, command: str, *arguments: str, **options: type) -> dict[str, object]:
        words = self._binary.command(command, *arguments, **options)
        output = self._retried(command, lambda: self._captured(words, command, self._patience.plan_seconds))
        told = events.document(output)
        if told is None:
            raise InfraError(f"{self._cluster.name}: `{written(words)}` printed no JSON: is that Terraform?")
        return told

    def _logged(
        self, command: Sequence[str], name: str, plan: str | None, seconds: float, files: Sequence[int], *, kill: bool
    ) -> tuple[Story, Ending, Path]:
        """Run a command that tells events; its output becomes the masked log of a run."""
        story = events.Story()

        def line(text: bytes) -> None:
            event = story.add(self.masking.output(text))
            if event is not None:
                self._watch.event(self._cluster.name, event)

        folder, output = self._work.begin(name, plan)
        with output:
            ending = self._run(
                command,
                name,
                output=output,
                limits=Limits(seconds, self._patience.grace_seconds, kill),
                started=lambda started: self._work.note_start(folder, started),
                line=line,
                files=files,
            )
        if ending.code is not None:
            with suppress(OSError):  # no room: whoever works on the cluster next finishes it
                self.finish(folder)
        return story, ending, folder

    def _captured(
        self,
        command: Sequence[str],
        name: str,
        seconds: float,
        *,
        despite_signal: bool = False,
        without: Sequence[str] = (),
    ) -> bytes:
        """Return what a command prints; it is never written to a file that has a name."""
        with (
            tempfile.TemporaryFile(mode="w+b", buffering=0) as output,
            tempfile.TemporaryFile(mode="w+b", buffering=0) as errors,
        ):
            limits = Limits(seconds, self._patience.grace_seconds)
            interrupts = Interrupts(self._watch.say) if despite_signal else self._interrupts
            ending = self._run(
                command, name, output=output, errors=errors, limits=limits, interrupts=interrupts, without=without
            )
            said = [_read(file) for file in (output, errors)]
        if ending.code != 0 or ending.interrupted:
            text = self.masking.output(b"\n".join(said)).decode("utf-8", "replace")
            story = events.Story(diagnostics=of_text(text), other=[line for line in text.splitlines() if line.strip()])
            self._check(ending, story, name, None)
        return said[0]

    def _run(
        self,
        command: Sequence[str],
        name: str,
        *,
        output: FileIO,
        limits: Limits,
        errors: FileIO | None = None,
        interrupts: Interrupts | None = None,
        started: Callable[[process.Started], None] = lambda _: None,
        line: Callable[[bytes], None] = lambda _: None,
        files: Sequence[int] = (),
        without: Sequence[str] = (),
    ) -> Ending:
        interrupts = interrupts or self._interrupts
        if interrupts.came:
            raise Interrupted(f"{self._cluster.name}: stopped before the next step, as a signal asked")
        try:
            with provider_cache.used(self._cache if name in _PROVIDERS_USED else None) as lock:
                return process.run(
                    command,
                    what=f"{self._cluster.name}: {name}",
                    folder=self._work.folder,
                    output=output,
                    errors=errors,
                    environment={key: value for key, value in self._environment.items() if key not in without},
                    limits=limits,
                    interrupts=interrupts,
                    started=started,
                    line=line,
                    files=[*files, *lock],
                )
        except OSError as error:
            raise NotStarted(
                f"{self._cluster.name}: {command[0]} can't be started ({error.strerror}): see `hubledger infra doctor`"
            ) from error

    def _check(self, ending: Ending, story: Story, name: str, folder: Path | None) -> None:
        endings.check(self._cluster, self._work.folder, ending, story, name, folder)

    def _retried(self, name: str, once: Callable[[], Result]) -> Result:
        return endings.retried(self._cluster.name, name, once, self._patience, self._interrupts, self._watch.say)


def _read(file: FileIO) -> bytes:
    return b"".join(_parts(file.fileno()))


def _parts(descriptor: int) -> Iterator[bytes]:
    position = 0
    while part := os.pread(descriptor, 2**20, position):
        position += len(part)
        yield part
