"""The progress of an ingest on a terminal: a line and a bar a source, on stderr; silent where stderr is no terminal."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from analytics.source import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from analytics.ingest import Watch


@contextmanager
def progress() -> Iterator[Watch]:
    """Yield the display; it goes on living on the screen when it ends."""
    columns = (
        SpinnerColumn(finished_text="·"),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bars:
        yield _Bars(bars)


class _Bars:
    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def begin(self, source: str) -> Callable[[str], None]:
        task = self._tasks[source] = self._bars.add_task(source, total=None)

        def talk(text: str) -> None:
            self._bars.update(task, description=text if text.startswith(source) else f"{source}: {text}")
            if isinstance(text, Step):
                self._bars.update(task, completed=text.done, total=text.total)

        return talk

    def end(self, source: str, outcome: str) -> None:
        task = self._tasks[source]
        total = self._bars.tasks[task].total or 1
        self._bars.update(task, description=f"{source}: {outcome}", total=total, completed=total)
