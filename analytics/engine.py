"""DuckDB, set up the same way everywhere: UTC, bounded memory, spilling to a folder that goes with the connection."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from collections.abc import Iterator

SQL = Path(__file__).parent / "sql"


@contextmanager
def connect(*, memory_limit: str = "1500MB", threads: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield an in-memory DuckDB whose sums, dates and memory don't depend on the machine.

    `memory_limit` bounds DuckDB's buffers; beyond it operators spill to a temporary folder that is removed at the end.
    """
    with tempfile.TemporaryDirectory(prefix="hubledger-") as spill, duckdb.connect(":memory:") as con:
        con.execute("set timezone = 'UTC'")
        con.execute("set enable_progress_bar = false")
        con.execute("set preserve_insertion_order = false")
        con.execute("set autoinstall_known_extensions = false")
        con.execute(f"set memory_limit = '{memory_limit}'")
        con.execute(f"set temp_directory = '{spill}'")
        if threads is not None:
            con.execute(f"set threads = {threads}")
        yield con


def sql(name: str) -> str:
    """Return the text of `analytics/sql/<name>.sql`."""
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


def identifier(name: str) -> str:
    """Return `name` quoted as SQL writes the name of a column, a view or a table."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return `text` as an SQL string; for what can't be a parameter, such as a file's path in a view."""
    return "'" + text.replace("'", "''") + "'"
