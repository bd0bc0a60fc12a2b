"""A process of Terraform's: a session of its own, output to a file that is followed, one interrupt, a time limit.

Terraform that loses the reader of its output is killed by the broken pipe before it saves its state, and one that shares our
process group gets every signal twice. So it has neither: whatever becomes of Python, it goes on, finishes and saves.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from io import FileIO
    from pathlib import Path
    from types import FrameType

ACKNOWLEDGED = b"Interrupt received"  # what Terraform says once it has an interrupt
_LOOK_SECONDS = 0.1
_OTHER_SENDER_SECONDS = 1.0  # whoever stops a whole service signals Terraform too, and a second signal would kill it
_GRACE_SECONDS = 60.0
_SAME_SECONDS = 5.0  # how far the system's word for when a process began may be from ours


@dataclass(frozen=True, slots=True)
class Started:
    """A process that was started: enough to know it again, in another process and after its number was reused."""

    pid: int
    created: float  # seconds since 1970

    def alive(self) -> bool:
        """Tell whether it still runs."""
        import psutil  # it takes its time to import, and few commands ask

        try:
            process = psutil.Process(self.pid)
            return (
                abs(process.create_time() - self.created) < _SAME_SECONDS and process.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.NoSuchProcess:
            return False


@dataclass(frozen=True, slots=True)
class Ending:
    """How a process ended. `code` is None where it was left running: it may have more to save than we can wait for."""

    code: int | None
    seconds: float
    interrupted: bool = False
    timed_out: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a process may take, then how long it may take to stop, and whether it is killed after that."""

    seconds: float
    grace_seconds: float = _GRACE_SECONDS
    kill: bool = True  # never what may have made something that is not saved yet


class Interrupts:
    """While entered, SIGINT and SIGTERM stop every process gracefully: one interrupt each, whatever comes after.

    Further signals only call `tell` with what is going on: Terraform takes a second one as leave to lose its state.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._running: dict[int, _Running] = {}
        self._changing = threading.RLock()
        self._before: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}
        self.came = False

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _handle(self, number: int, _: FrameType | None) -> None:
        name = signal.Signals(number).name
        running = list(self._running.values())
        if self.came:
            doing = "; ".join(each.told() for each in running) or "nothing runs any more"
            self._tell(
                f"{name} again: already stopping, it is not sent twice, for a second one could lose state: {doing}"
            )
            return
        self.came = True
        doing = ", ".join(each.what for each in running)
        self._tell(
            f"{name}: {doing} may finish what {'they have' if len(running) > 1 else 'it has'} begun and save its state"
            if running
            else f"{name}: stopping"
        )

    def wait(self, seconds: float) -> None:
        """Wait, but no longer than until a signal comes."""
        until = time.monotonic() + seconds
        while not self.came and (rest := until - time.monotonic()) > 0:
            time.sleep(min(rest, _LOOK_SECONDS))

    def add(self, running: _Running) -> None:
        with self._changing:
            self._running[id(running)] = running

    def remove(self, running: _Running) -> None:
        with self._changing:
            self._running.pop(id(running), None)


class _Running:
    """One process while it runs."""

    def __init__(self, process: subprocess.Popen[bytes], what: str, output: str) -> None:
        self.process, self.what, self.output = process, what, output
        self.began = time.monotonic()
        self.ended = threading.Event()
        self.acknowledged = False
        threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self) -> None:
        self.process.wait()
        self.ended.set()

    def told(self) -> str:
        return (
            f"{self.what} (process {self.process.pid}) runs since {time.monotonic() - self.began:.0f} s, {self.output}"
        )


def run(
    arguments: Sequence[str],
    *,
    what: str,
    folder: Path,
    output: FileIO,
    errors: FileIO | None = None,
    environment: Mapping[str, str],
    limits: Limits,
    interrupts: Interrupts,
    started: Callable[[Started], None] = lambda _: None,
    line: Callable[[bytes], None] = lambda _: None,
    files: Sequence[int] = (),
) -> Ending:
    """Run a process with its output in the file `output`; call `line` with each line of it as it comes.

    Its errors go there too, unless they have a file of their own. `started` hears at once which process it is. `files` are
    open files that it inherits. Raises OSError where it can't be started.
    """
    process = subprocess.Popen(  # noqa: S603 – the words are ours, and no shell reads them
        list(arguments),
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors or subprocess.STDOUT,
        start_new_session=True,
        umask=0o077,  # a state in a file is a secret
        pass_fds=tuple(files),
    )
    started(Started(process.pid, time.time()))
    running = _Running(process, what, str(output.name))
    interrupts.add(running)
    try:
        return _follow(running, _Lines(running, output.fileno(), line), limits, interrupts)
    finally:
        interrupts.remove(running)


class _Lines:
    """Gives on the whole lines of a growing file."""

    def __init__(self, running: _Running, descriptor: int, line: Callable[[bytes], None]) -> None:
        self._running, self._descriptor, self._line = running, descriptor, line
        self._position, self._rest = 0, b""

    def pass_on(self, *, last: bool = False) -> None:
        # The process writes where the file's own position is: reading must not move it.
        while part := os.pread(self._descriptor, 2**20, self._position).split(b"\0", 1)[
            0
        ]:  # behind it is reserved room
            self._position += len(part)
            *lines, self._rest = (self._rest + part).split(b"\n")
            for each in lines:
                self._give(each)
        if last and self._rest:
            self._give(self._rest)

    def _give(self, text: bytes) -> None:
        if ACKNOWLEDGED in text:
            self._running.acknowledged = True
        self._line(text)


def _follow(running: _Running, lines: _Lines, limits: Limits, interrupts: Interrupts) -> Ending:
    process = running.process
    asked: float | None = None  # when it was to stop
    sent = timed_out = killed = False
    while not running.ended.wait(_LOOK_SECONDS):
        lines.pass_on()
        now = time.monotonic()
        timed_out = timed_out or now - running.began > limits.seconds
        if asked is None and (interrupts.came or timed_out):
            asked = now
        wait = 0.0 if timed_out else _OTHER_SENDER_SECONDS
        if asked is not None and not sent and not running.acknowledged and now - asked >= wait:
            process.send_signal(signal.SIGINT)  # to Terraform alone: it stops its providers itself
            sent = True
        if timed_out and asked is not None and now - asked > limits.grace_seconds and not killed:
            if not limits.kill:
                return Ending(None, now - running.began, interrupts.came, timed_out=True)
            os.killpg(process.pid, signal.SIGKILL)
            killed = True
    lines.pass_on(last=True)
    interrupted = (running.acknowledged or sent) and not timed_out
    return Ending(process.returncode, time.monotonic() - running.began, interrupted, timed_out)
