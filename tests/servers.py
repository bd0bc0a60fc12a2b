"""Servers that the tests start: on a free port of the loopback, waited for, ended with the tests."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

READY_SECONDS = 60


class NotReady(Exception):
    """The server ended, or did not answer in time."""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def listens(port: int) -> bool:
    """Whether somebody listens on a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers(url: str) -> bool:
    """Whether a page is there."""
    try:
        with urllib.request.urlopen(url, timeout=1):
            return True
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


@contextmanager
def running(
    command: Sequence[str | Path],
    folder: Path,
    ready: Callable[[], bool],
    *,
    user: str | None = None,
    end: signal.Signals = signal.SIGTERM,
) -> Iterator[None]:
    """Run a server in `folder`, with its log there, until the block ends; `ready` tells that it serves.

    It is no part of the tests' group: their Ctrl-C does not reach it. Raises NotReady, with the end of the log.
    """
    log = folder / "log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            cwd=folder,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            start_new_session=True,
        ) as process,
    ):
        try:
            until = time.monotonic() + READY_SECONDS
            while not ready():
                if process.poll() is not None or time.monotonic() > until:
                    raise NotReady(f"{command[0]} (exit code {process.poll()}): {log.read_text()[-2000:]}")
                time.sleep(0.05)
            yield
        finally:
            process.send_signal(end)
