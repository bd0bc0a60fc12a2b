"""Ledgers to test: empty ones, on each engine that a ledger may be on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from billing.ledger import Ledger
from tests.books import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return where an empty ledger may be made: a file, then a database of a real server."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.sqlite")
    url: str = request.getfixturevalue("postgres").url
    return url


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """Return an empty ledger, on SQLite and on PostgreSQL."""
    book = Ledger(ledger_url)
    yield book
    book.close()


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a lake and a fleet with one community, `reef`, whose hub is `one/blue`."""
    return World(tmp_path / "lake")
