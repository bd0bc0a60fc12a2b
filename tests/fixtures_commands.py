"""The command in processes that a test may kill, starve or run side by side, and what a lake holds afterwards."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from analytics.engine import connect
from analytics.lake import Lake
from analytics.tables import TABLES
from tests.fixtures_demo import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

# Of a row, what may differ between two runs: the time at which a bill was seen.
WHEN = {"deliveries": ("seen_at",)}
Content = dict[tuple[str, ...], tuple[int, int]]


def start(
    *arguments: str,
    fleet: Path,
    lake: Path,
    scratch: Path,
    prefix: Sequence[str] = (),
    file_bytes: int | None = None,
    **environment: str,
) -> subprocess.Popen[str]:
    """Start `hubledger`, with `scratch` for temporary files; no file that it writes may exceed `file_bytes`."""
    scratch.mkdir(parents=True, exist_ok=True)
    settings = {"HUBLEDGER_FLEET": str(fleet), "HUBLEDGER_LAKE": str(lake), "TMPDIR": str(scratch), "COLUMNS": "160"}

    def limit() -> None:
        if file_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

    return subprocess.Popen(
        [*prefix, sys.executable, "-m", "hubledger", *arguments],
        env=os.environ | settings | environment,
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limit,
    )


def finish(process: subprocess.Popen[str], *, code: int = 0) -> str:
    """Wait for the process, which must exit with `code`; return what it said on stderr."""
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == code, f"exit code {process.returncode}:\n{stdout}{stderr}"
    assert "Traceback" not in stderr, stderr
    if code == 1:
        assert "hubledger: " in stderr
    return stderr


def kill_when(process: subprocess.Popen[str], moment: Callable[[], bool]) -> None:
    """Kill the process without warning as soon as `moment`; it must not have ended before."""
    while not moment():
        assert process.poll() is None, "it ended before it could be killed: " + str(process.communicate())
        time.sleep(0.0005)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def content(folder: Path, *tables: str) -> Content:
    """Return what a lake holds: per table and partition, how many rows and the sum of their hashes."""
    lake = Lake(str(folder))
    found: Content = {}
    with connect() as con:
        for table in (TABLES[name] for name in tables or TABLES):
            lake.attach(con, table, view="held")
            keys = ", ".join(f'"{name}"' for name in table.partition_by)
            columns = ", ".join(name for name in table.schema.names if name not in WHEN.get(table.name, ()))
            rows = con.execute(f"select {keys}, count(*), sum(hash({columns})) from held group by all").fetchall()
            found |= {(table.name, *values): (count, int(total)) for *values, count, total in rows}
    return found
