"""DuckDB, set up the same way everywhere: UTC, bounded memory, spilling to a folder that goes with the connection."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from collections.abc import Iterator

SQL = Path(__file__).parent / "sql"
PREFIX = "hubledger-"
LEFT_AFTER_SECONDS = 24 * 3600  # no run takes longer
FULL = ("no space left", "file too large", "quota exceeded")


class EngineError(Exception):
    """A computation lacks what it needs: room for temporary files, memory, files that can be read; says what to do."""


def check_room(error: BaseException) -> None:
    """Raise EngineError if `error` came about because this machine is full, and not because of what was read."""
    if isinstance(error, MemoryError | duckdb.OutOfMemoryException):
        raise EngineError(f"not enough memory ({error}); end other programs, or use a larger machine") from error
    if any(sign in str(error).lower() for sign in FULL):
        raise EngineError(
            f"{tempfile.gettempdir()}: temporary files found no room ({str(error).splitlines()[0]});"
            " make room there, or let TMPDIR name another folder, and run again"
        ) from error


def is_damage(error: BaseException) -> bool:
    """Tell whether `error` comes of what was read, and not of a query that is wrong in itself."""
    kinds = (duckdb.DataError, duckdb.InvalidInputException, duckdb.OperationalError)
    return isinstance(error, kinds) or type(error) is duckdb.Error


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield a folder for temporary files, which goes with all that is in it."""
    try:
        _sweep(Path(tempfile.gettempdir()))
        folder = tempfile.TemporaryDirectory(prefix=PREFIX)
    except OSError as error:
        raise EngineError(
            f"temporary files found no room ({error.strerror}); make room, or let TMPDIR name a folder that has some"
        ) from error
    with folder as name:
        yield Path(name)


def _sweep(place: Path) -> None:
    """Remove the folders that a run left which was killed: parts of bills as they came, with all that stands in them."""
    for folder in place.glob(f"{PREFIX}*"):
        with suppress(FileNotFoundError):  # another run was faster
            there = folder.lstat()
            mine = there.st_uid == os.geteuid() and stat.S_ISDIR(there.st_mode)
            if mine and time.time() - there.st_mtime > LEFT_AFTER_SECONDS:
                shutil.rmtree(folder)


@contextmanager
def connect(*, memory_limit: str = "1500MB", threads: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield an in-memory DuckDB whose sums, dates and memory don't depend on the machine.

    `memory_limit` bounds DuckDB's buffers; beyond it operators spill to a temporary folder that is removed at the end.
    Raises EngineError where there is no room for that, or where what is read is damaged.
    """
    with scratch_folder() as spill, duckdb.connect(":memory:") as con:
        con.execute("set timezone = 'UTC'")
        con.execute("set enable_progress_bar = false")
        con.execute("set preserve_insertion_order = false")
        con.execute("set autoinstall_known_extensions = false")
        con.execute(f"set memory_limit = '{memory_limit}'")
        con.execute(f"set temp_directory = '{spill}'")
        if threads is not None:
            con.execute(f"set threads = {threads}")
        try:
            yield con
        except (MemoryError, duckdb.Error) as error:
            check_room(error)
            if not is_damage(error):
                raise
            text = str(error).strip().splitlines()[0]
            raise EngineError(f"{text}; a file that was read is damaged: restore it, or bring it in anew") from error


def sql(name: str) -> str:
    """Return the text of `analytics/sql/<name>.sql`."""
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


def identifier(name: str) -> str:
    """Return `name` quoted as SQL writes the name of a column, a view or a table."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return `text` as an SQL string; for what can't be a parameter, such as a file's path in a view."""
    return "'" + text.replace("'", "''") + "'"
