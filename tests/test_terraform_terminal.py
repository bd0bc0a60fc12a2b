"""`hubledger infra` at a terminal: progress is drawn, and a question stays in sight until it is answered."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.environments import REPOSITORY
from tests.fixtures_infra import DISK, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures_infra import Infra
    from tests.provider.cloud import Cloud

QUESTION = "one: this destroys module.cluster.google_compute_disk.homes. Type the cluster's name to go on: "


class Terminal:
    """A terminal, and the command that runs in it."""

    def __init__(self, master: int, process: subprocess.Popen[bytes]) -> None:
        self._master, self.process = master, process
        self._shown = b""

    def shown(self, seconds: float = 0) -> str:
        """Return all that was written so far, and in so many seconds."""
        end = time.monotonic() + seconds
        while select.select([self._master], [], [], max(0, end - time.monotonic()))[0]:
            try:
                self._shown += os.read(self._master, 2**16)
            except OSError:  # the command has ended
                break
        return self._shown.decode()

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def end(self) -> int:
        """Wait for the command's end; return its exit code."""
        until(lambda: (self.shown(0.1), self.process.poll() is not None)[1], seconds=60)
        return self.process.wait()


@contextmanager
def terminal(infra: Infra, *arguments: str) -> Iterator[Terminal]:
    """Run `hubledger infra` in a terminal."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "hubledger", "infra", *arguments],
        cwd=REPOSITORY,
        env={**infra.environment, "TERM": "xterm"},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    ) as process:
        os.close(slave)
        try:
            yield Terminal(master, process)
        finally:
            process.kill()
            os.close(master)


def test_a_question_stays_until_it_is_answered_and_a_signal_answers_no(cloudy_infra: Infra, toy_cloud: Cloud) -> None:
    infra = cloudy_infra
    infra.cluster("one", DISK)
    infra.run("plan", "one")
    infra.run("apply", "one")
    with terminal(infra, "destroy", "one") as asked:
        until(lambda: QUESTION in asked.shown(0.1), seconds=60)
        assert asked.shown(0.5).endswith(QUESTION), "nothing is drawn over it"
        assert "Plan: 0 to add, 0 to change, 1 to destroy." in asked.shown(), "progress is drawn before it"
        asked.process.send_signal(signal.SIGINT)
        assert asked.end() == 1
        assert "nothing is done without the cluster's name" in asked.shown()
    assert toy_cloud.only("google_compute_disk")["name"] == "homes"

    with terminal(infra, "apply", "one") as asked:  # the plan of its end is still there
        until(lambda: QUESTION in asked.shown(0.1), seconds=60)
        asked.type("one\n")
        assert asked.end() == 0
        assert "one: applied: 0 added, 0 changed, 1 destroyed" in asked.shown()
    assert toy_cloud.objects["google_compute_disk"] == {}
