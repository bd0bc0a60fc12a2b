"""A connection to allocate months on, and the seed of the generated ones: chosen anew for each run, printed, and repeatable."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

import pytest

from analytics.engine import connect
from tests.month import Book

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED = "HUBLEDGER_SEED"


def pytest_configure() -> None:
    """Choose the seed, unless the environment says it; workers of pytest-xdist inherit it."""
    os.environ.setdefault(SEED, str(secrets.randbits(32)))


def pytest_report_header() -> str:
    return f"generated months: {SEED}={os.environ[SEED]} repeats this run"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if terminalreporter.stats.get("failed"):
        terminalreporter.write_line(f"generated months: {SEED}={os.environ[SEED]} repeats this run")


@pytest.fixture(scope="module")
def book() -> Iterator[Book]:
    """Yield a connection with one thread: many small queries are faster so."""
    with connect(threads=1) as con:
        yield Book(con)
