"""A PostgreSQL to test against: Debian's real server, a cluster of its own in a temporary folder, one server a session.

A test takes `postgres` and has an empty database:

    def test_the_ledger_is_made(postgres: Database) -> None:
        engine = sqlalchemy.create_engine(postgres.sqlalchemy_url)  # and engine.dispose() in the end

`postgres.url` is what libpq, psycopg and Terraform's `pg` backend take. `postgres_server.database()` makes further ones.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest

from tests.servers import free_port, running

if TYPE_CHECKING:
    from collections.abc import Iterator

OWNER = "hubledger"
DEBIAN_USER = "postgres"  # the server refuses to run as root
# Nothing of a test's database needs to outlive a power cut.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "50",
    "autovacuum": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


@dataclass(frozen=True, slots=True)
class Database:
    """A database on the test's server."""

    host: str
    port: int
    name: str

    @property
    def url(self) -> str:
        return f"postgresql://{OWNER}@{self.host}:{self.port}/{self.name}?sslmode=disable"

    @property
    def sqlalchemy_url(self) -> str:
        return f"postgresql+psycopg://{OWNER}@{self.host}:{self.port}/{self.name}"


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server."""

    port: int

    def database(self) -> Database:
        """Make an empty database."""
        database = Database("127.0.0.1", self.port, f"test_{uuid4().hex}")
        with psycopg.connect(self._maintenance, autocommit=True) as connection:
            connection.execute(f"create database {database.name}".encode())
        return database

    def drop(self, database: Database) -> None:
        """Remove a database, whoever is still connected to it."""
        with psycopg.connect(self._maintenance, autocommit=True) as connection:
            connection.execute(f"drop database if exists {database.name} with (force)".encode())

    def ready(self) -> bool:
        try:
            psycopg.connect(self._maintenance, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    @property
    def _maintenance(self) -> str:
        return Database("127.0.0.1", self.port, "postgres").url


def _program(name: str) -> Path:
    """Find a program of PostgreSQL: Debian keeps them by version, off the PATH. The newest is taken."""
    versions = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]), reverse=True
    )
    found = versions[0] if versions else shutil.which(name)
    if found is None:
        raise RuntimeError(f"{name} not found: install Debian's `postgresql` (tests/requirements/install does)")
    return Path(found)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Start a server on a free port of the loopback, with a new cluster."""
    user = DEBIAN_USER if os.getuid() == 0 else None
    # Not below pytest's own temporary folder: only its owner may look into that.
    folder = Path(tempfile.mkdtemp(prefix="hubledger-postgres-"))
    try:
        if user is not None:
            shutil.chown(folder, user)
        cluster = folder / "cluster"
        subprocess.run(
            [_program("initdb"), "-D", cluster, "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"],
            check=True,
            capture_output=True,
            cwd=folder,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )
        server = PostgresServer(free_port())
        options = [f"--{name}={value}" for name, value in SETTINGS.items()]
        command: list[str | Path] = [_program("postgres"), "-D", cluster, "-p", str(server.port), *options]
        # SIGINT is its fast shutdown: it ends the connections there are.
        with running(command, folder, server.ready, user=user, end=signal.SIGINT):
            yield server
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> Iterator[Database]:
    """Return an empty database, removed after the test."""
    database = postgres_server.database()
    yield database
    postgres_server.drop(database)
