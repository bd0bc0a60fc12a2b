"""The progress of Terraform on a terminal: a line a cluster, on stderr; where stderr is no terminal, only words."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from terraform.run_terms import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress, TaskID

    from terraform.events import Event

_SHOWN = {"apply_start", "apply_complete", "apply_errored", "refresh_start", "planned_change", "change_summary"}


@contextmanager
def watching() -> Iterator[Watch]:
    """Yield who is told of events: on a terminal they move a display."""
    if not sys.stderr.isatty():
        yield Watch(say=_say)
        return
    from rich.console import Console  # a pipe need not wait for its import
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(finished_text="·"), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        yield Watch(
            _Bars(bars).event,
            lambda text: bars.console.print(text, markup=False, highlight=False),
            lambda: _stopped(bars),
        )


@contextmanager
def _stopped(bars: Progress) -> Iterator[None]:
    """Draw nothing meanwhile: the display would wipe a question away, which stands where it is drawn."""
    bars.stop()
    try:
        yield
    finally:
        bars.start()


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


class _Bars:
    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}
        self._done: dict[str, int] = {}

    def event(self, cluster: str, event: Event) -> None:
        if event.type not in _SHOWN:
            return
        if cluster not in self._tasks:
            self._tasks[cluster] = self._bars.add_task(cluster, total=None)
        self._done[cluster] = self._done.get(cluster, 0) + (event.type == "apply_complete")
        done = f" ({self._done[cluster]} done)" if self._done[cluster] else ""
        self._bars.update(self._tasks[cluster], description=f"{cluster}{done}: {event.message}"[:140])
