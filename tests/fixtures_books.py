"""Books: a lake that small bills go into, and charges come out of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from analytics.charges import deliver
from analytics.engine import connect
from analytics.lake import Lake
from analytics.tables import CHARGES
from terraform.fleet import Labels
from tests.bill import BILL, Line, create_view, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import duckdb

    from analytics.charges import Delivery

NOW = datetime(2026, 11, 20, tzinfo=UTC)


class Books:
    """A lake and a connection; bills go in, charges come out."""

    def __init__(self, con: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.con = con
        self.lake = Lake(str(folder))

    def deliver(
        self,
        lines: Sequence[Line],
        *,
        source: str = "a",
        sources: Sequence[str] = ("a", "b"),
        version: str = "1",
        labels: Labels = Labels(),  # noqa: B008
        months: Sequence[str] | None = None,
        final: bool = False,
    ) -> tuple[Delivery, ...]:
        create_view(self.con, lines, final=final)
        return deliver(
            self.con,
            self.lake,
            view=BILL,
            source=source,
            object="bill",
            version=version,
            labels=labels,
            sources=sources,
            months=months,
            now=NOW,
        )

    def charges(self, columns: str, *, version: int | None = None) -> list[tuple[object, ...]]:
        self.lake.attach(self.con, CHARGES, version=version)
        return self.con.execute(f"select {columns} from charges order by all").fetchall()

    def described(self, columns: str, **said: str) -> tuple[object, ...]:
        """Return `columns` of the charge that a line with `said` becomes."""
        self.deliver([line(**said)])
        (row,) = self.charges(columns)
        return row


@pytest.fixture(scope="module")
def books_con() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(threads=1) as connection:
        yield connection


@pytest.fixture
def books(books_con: duckdb.DuckDBPyConnection, tmp_path: Path) -> Books:
    return Books(books_con, tmp_path / "lake")
