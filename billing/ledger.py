"""The ledger: a database of what was billed, SQLite or PostgreSQL, that only ever grows.

Whoever writes holds it alone for the length of a transaction. The tables' rules, made by `migrations`, hold for every program
that opens the database, not only for this one.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

HEAD = "0001"
MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x4855424C  # any number, the same for all who write
_WAIT_SECONDS = 120


class LedgerError(Exception):
    """The ledger can't be used, or refuses what was asked of it; nothing was written."""


class Ledger:
    """The ledger at `url`: a file's path, or `sqlite://`, `postgresql://`."""

    def __init__(self, url: str) -> None:
        self.url = _url(url)
        self.place = (
            self.url.database or str(self.url) if self._sqlite else self.url.render_as_string(hide_password=True)
        )
        self.engine = _engine(self.url)

    @property
    def _sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection that sees one state of the ledger. Raises LedgerError where there is no ledger."""
        self._require()
        with self._edge(), self.engine.connect() as con:
            if not self._sqlite:  # there, a transaction sees one state anyway
                con.execution_options(isolation_level="REPEATABLE READ")
            with con.begin():
                yield con

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that no other writer shares; committed at the end, or nothing of it is."""
        self._make()
        with self._edge(), self.engine.connect() as con, con.execution_options(hubledger_writes=True).begin():
            self._lock(con)
            yield con

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def _require(self) -> None:
        if self._sqlite and self.url.database and not Path(self.url.database).exists():
            raise LedgerError(
                f"{self.place}: there is no ledger: `hubledger invoices draft` makes one;"
                " name another with --ledger or HUBLEDGER_LEDGER"
            )
        self._make()

    def _make(self) -> None:
        """Bring the tables up to date."""
        with self._edge(), self.engine.connect() as con:
            if self._revision(con) == HEAD:
                return
            con.rollback()
            with con.execution_options(hubledger_writes=True).begin():
                self._lock(con)
                if self._revision(con) != HEAD:
                    _upgrade(con, self.place)

    def _lock(self, con: Connection) -> None:
        """Wait until nobody else writes. SQLite's BEGIN IMMEDIATE has done so already."""
        if not self._sqlite:
            con.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})

    def _revision(self, con: Connection) -> str | None:
        if not inspect(con).has_table("alembic_version"):
            return None
        return con.execute(text("select version_num from alembic_version")).scalar()

    @contextmanager
    def _edge(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            said = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else str(error)
            refused = isinstance(error, IntegrityError)  # by the ledger's own rules, which say what to do
            raise LedgerError(f"{self.place}: {said}; nothing was written{'' if refused else self._remedy}") from error

    @property
    def _remedy(self) -> str:
        if self._sqlite:
            return (
                ": see that it is a ledger, and that you may write to it and its folder (SQLite does so even to read),"
                " copy it elsewhere, or name another with --ledger or HUBLEDGER_LEDGER"
            )
        return ": see that the server runs and lets you in (PGPASSWORD, ~/.pgpass), or name another with --ledger or HUBLEDGER_LEDGER"


def _url(text_: str) -> URL:
    if "://" not in text_:
        return URL.create("sqlite", database=str(Path(text_).absolute()))
    try:
        url = make_url(text_)
        backend = url.get_backend_name()
    except (ArgumentError, NoSuchModuleError) as error:
        raise LedgerError(f"this is no ledger's URL: {error}; give a file's path or postgresql://…") from error
    except ValueError as error:  # which may quote what was meant for a password
        raise LedgerError("this is no ledger's URL: its port is no number; put a password into PGPASSWORD") from error
    if backend == "postgresql" or url.drivername == "postgres":
        return url.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise LedgerError(f"{backend}: a ledger is a file (SQLite) or PostgreSQL: give a path or postgresql://…")
    return url


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, isolation_level="READ COMMITTED", pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": _WAIT_SECONDS})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in ("journal_mode = wal", "synchronous = full", "foreign_keys = on", "recursive_triggers = on"):
        cursor.execute(f"pragma {pragma}")
    cursor.close()


def _begin_sqlite(con: Connection) -> None:
    con.exec_driver_sql("begin immediate" if con.get_execution_options().get("hubledger_writes") else "begin")


def _upgrade(con: Connection, place: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = con
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise LedgerError(f"{place}: {error}; it was made by a newer Hubledger: use that one") from error
