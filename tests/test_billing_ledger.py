"""The ledger holds: what is issued can't be changed, on either engine, and what somebody changes all the same is found."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from billing import canonical
from billing.adjusting import adjust
from billing.closing import close
from billing.drafting import draft
from billing.issuing import issue
from billing.ledger import Ledger, LedgerError
from billing.ledger_tables import METADATA
from billing.payments import pay
from billing.verifying import verify
from tests.books import BOOKKEEPER, MONTH, World, cost

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.fixtures_postgres import Database, PostgresServer


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return a lake with one month, which was restated."""
    found = World(tmp_path_factory.mktemp("world") / "lake")
    found.contracts["mangrove"] = found.contracts["reef"]
    found.hubs["mangrove"] = ("mud",)
    return found


@pytest.fixture(scope="module")
def urls(
    world: World, tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer
) -> Iterator[dict[str, str]]:
    """Return, for each engine, where a ledger with two invoices, a credit note, a debit note and a payment is."""
    database = postgres_server.database()
    found = {"sqlite": str(tmp_path_factory.mktemp("full") / "ledger.sqlite"), "postgresql": database.url}
    for url in found.values():
        fill(url, world)
    yield found
    postgres_server.drop(database)


@pytest.fixture(params=["sqlite", "postgresql"])
def full(request: pytest.FixtureRequest, urls: dict[str, str]) -> Iterator[Ledger]:
    """Return a ledger with two invoices, a credit note, a debit note and a payment, which the test leaves as it is."""
    book = Ledger(urls[request.param])
    yield book
    book.close()


@pytest.fixture
def copied(urls: dict[str, str], tmp_path: Path) -> Iterator[Ledger]:
    """Return the same ledger for the test to spoil: without its triggers, as somebody may make it who owns the file."""
    book = Ledger(str(shutil.copy(urls["sqlite"], tmp_path / "copy.sqlite")))
    with book.engine.connect() as con:
        names = con.execute(text("select name from sqlite_master where type = 'trigger'")).scalars().all()
    execute(book, *(f"drop trigger {name}" for name in names))
    yield book
    book.close()


def fill(url: str, world: World) -> None:
    ledger = Ledger(url)
    bills(world, "10.00", "20.00")
    run(ledger, world)
    bills(world, "8.00", "21.00")
    adjust(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)
    issue(ledger, MONTH, actor=BOOKKEEPER)
    pay(ledger, "INV-2026-0001", Decimal(5), actor=BOOKKEEPER)
    assert verify(ledger, world.lake).faults == ()
    with ledger.engine.connect() as con:
        if ledger.engine.dialect.name == "sqlite":
            con.exec_driver_sql("pragma wal_checkpoint(truncate)")
    ledger.close()


def bills(world: World, mangrove: str, reef: str) -> None:
    world.month(cost(mangrove, "one/mud", "mangrove"), cost(reef))


def run(ledger: Ledger, world: World) -> None:
    draft(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)
    close(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)
    issue(ledger, MONTH, actor=BOOKKEEPER)


def execute(ledger: Ledger, *statements: str) -> None:
    """Run SQL as somebody would who has the database's password."""
    with ledger.engine.connect() as con, con.begin():
        for statement in statements:
            con.execute(text(statement))


FORBIDDEN = [
    "update invoices set payable = 1, net = 1 where number = 'INV-2026-0001'",
    "update invoices set content = '{}'",
    "update invoices set issued_by = 'nobody'",
    "delete from invoices where number = 'INV-2026-0002'",
    "update lines set net = net + 1",
    "delete from lines",
    "insert into lines select number, 99, kind, hub, component, award, origin, 0, tax_category, tax_rate from lines where position = 1",
    "update credit_notes set corrects = 'INV-2026-0002'",
    "delete from credit_notes",
    "update payments set amount = 1",
    "delete from payments",
    "update computations set inputs = '{}'",
    "delete from provider_totals",
    "update events set who = 'nobody'",
    "update periods set state = 'open', computation = null, closed_at = null",
    "delete from periods",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_database_itself_refuses_to_change_what_is_issued(full: Ledger, statement: str) -> None:
    with pytest.raises(DBAPIError, match=r"never changes|stays closed|its lines are all there"):
        execute(full, statement)


INSERT = (
    "insert into invoices select 'INV-2026-0005', issuer, year, {sequence}, kind, month, community, payer, 1, currency, {net},"
    " 0, 0, {net}, issue_date, due_date, computation, content, '{previous}', '{hash}', issued_at, issued_by"
    " from invoices where number = 'INV-2026-0001'"
)


@pytest.mark.parametrize(
    ("sequence", "chained", "net", "said"),
    [(6, True, 0, "no gaps"), (4, True, 0, "no gaps"), (5, False, 0, "names the hash"), (5, True, 1, "do not add up")],
)
def test_the_database_itself_refuses_a_number_out_of_turn(
    full: Ledger, sequence: int, chained: bool, net: int, said: str
) -> None:
    with full.read() as con:
        last = con.execute(text("select content_hash from invoices where sequence = 4")).scalar_one()
    statement = INSERT.format(sequence=sequence, previous=last if chained else "", net=net, hash="0" * 64)
    with pytest.raises(DBAPIError, match=said):
        execute(full, statement)


@pytest.mark.parametrize("full", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "statement",
    [
        "insert or replace into invoices select * from invoices where number = 'INV-2026-0001'",
        "insert or replace into lines select * from lines",
        "insert or replace into payments select * from payments",
        "insert or replace into credit_notes select * from credit_notes",
        "insert or replace into computations select * from computations",
        "insert or replace into periods select * from periods",
        "update or replace invoices set number = 'INV-2026-0001' where number = 'INV-2026-0002'",
    ],
)
def test_sqlite_refuses_to_replace_rows_as_well(full: Ledger, statement: str) -> None:
    with pytest.raises(DBAPIError, match=r"never changes|stays closed|no gaps|names the hash|its lines are all there"):
        execute(full, "pragma recursive_triggers = off", statement)


@pytest.mark.parametrize("full", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    "table", ["invoices", "lines", "payments", "credit_notes", "periods", "events", "computations"]
)
def test_postgresql_refuses_to_truncate_as_well(full: Ledger, table: str) -> None:
    with pytest.raises(DBAPIError, match=r"never changes|stays closed"):
        execute(full, f"truncate {table} cascade")


def rehashed(ledger: Ledger, number: str, old: str, new: str) -> None:
    """Change a document's content and give it, and its event, the hash of what it is now."""
    with ledger.engine.connect() as con:
        content = con.execute(text("select content from invoices where number = :n"), {"n": number}).scalar_one()
    assert old in content
    document = canonical.from_json(content.replace(old, new))
    sealed = canonical.sealed(document, previous_hash=document.previous_hash)
    with ledger.engine.connect() as con, con.begin():
        con.execute(
            text("update invoices set content = :c, content_hash = :h where number = :n"),
            {"c": canonical.to_json(sealed), "h": sealed.content_hash, "n": number},
        )
        con.execute(
            text("update events set detail = :h where number = :n and action = 'issue'"),
            {"h": sealed.content_hash, "n": number},
        )


TAMPERED = [
    (["update invoices set content = replace(content, '\"Payer\"', '\"Prayer\"') where sequence = 1"], "content was changed"),
    (["update invoices set content = 'nothing' where sequence = 1"], "can't be read"),
    (["update invoices set net = net + 1, payable = payable + 1 where sequence = 2"], "its row says net"),
    (["update invoices set community = 'atoll' where sequence = 1"], "its row says community atoll"),
    (["update invoices set issue_date = '2026-10-06', due_date = '2026-11-05' where sequence = 1"], "its row says issue_date"),
    (["update lines set net = net + 1 where number = 'INV-2026-0001'"], "its lines are not those of its content"),
    (["delete from lines where number = 'INV-2026-0003'"], "its lines are not those of its content"),
    (["delete from credit_notes"], "its row says None"),
    (["delete from lines where number = 'INV-2026-0004'", "delete from credit_notes where number = 'INV-2026-0004'",
      "delete from invoices where sequence = 4", "update invoices set sequence = 4, number = 'INV-2026-0004' where sequence = 3"],
     "there is no number 3"),
    (["update computations set inputs = replace(inputs, '\"final\"', '\"guessed\"')"], "its inputs were changed"),
    (["pragma ignore_check_constraints = on", "update invoices set net = 'much' where sequence = 1"], "its row says net much"),
    (["update invoices set content = replace(content, '10.00', '10.005') where sequence = 1"], "10.005 is not rounded to 0.01 USD"),
    (["delete from lines where number = 'INV-2026-0004'", "delete from credit_notes where number = 'INV-2026-0004'",
      "delete from invoices where sequence = 4"], "INV-2026-0004: the events tell of another issue"),
    (["delete from computations"], "is not in the ledger: somebody has changed it"),
    (["update periods set closed_by = 'nobody'"], "2026-09: the events tell of another close"),
    (["update payments set currency = 'EUR'"], "payment 1: it is in EUR"),
    (["update payments set amount = amount - 1"], "INV-2026-0001: the events tell of another pay"),
    (["delete from payments"], "INV-2026-0001: the events tell of another pay"),
    (["delete from provider_totals"], "other totals than were kept"),
    (["update provider_totals set exact = '1', rounded = 1"], "other totals than were kept"),
]  # fmt: skip


@pytest.mark.parametrize(("statements", "said"), TAMPERED, ids=[said for _, said in TAMPERED])
def test_what_somebody_changes_all_the_same_is_found(
    copied: Ledger, world: World, statements: Sequence[str], said: str
) -> None:
    with copied.engine.connect() as con:
        con.exec_driver_sql("rollback")
        con.exec_driver_sql("pragma foreign_keys = off")
        for statement in statements:
            con.exec_driver_sql(statement)
        con.exec_driver_sql("begin")
    faults = verify(copied, world.lake).faults
    assert any(said in fault for fault in faults), faults


def test_a_date_that_is_none_is_told_as_such(copied: Ledger) -> None:
    execute(copied, "update payments set paid_on = 'soon'")
    with pytest.raises(LedgerError, match="'soon': somebody has changed the ledger; go back to a copy"):
        verify(copied, None)


def test_postgresql_s_owner_is_found_out_too(postgres: Database, world: World) -> None:
    fill(postgres.url, world)
    book = Ledger(postgres.url)
    execute(
        book, "alter table lines disable trigger all", "update lines set net = net + 1 where number = 'INV-2026-0001'"
    )
    assert verify(book, None).faults == ("INV-2026-0001: its lines are not those of its content",)
    book.close()


def test_a_forger_who_hashes_anew_breaks_the_chain(copied: Ledger) -> None:
    rehashed(copied, "INV-2026-0001", '"Payer"', '"Prayer"')
    assert any("the chain is broken" in fault for fault in verify(copied, None).faults)


def test_a_forger_of_the_last_document_is_found_by_computing_it_anew(copied: Ledger, world: World) -> None:
    rehashed(copied, "INV-2026-0004", '"Payer"', '"Prayer"')
    without = verify(copied, None)
    assert (without.faults, without.computed) == ((), 0)
    assert verify(copied, world.lake).faults == (
        "INV-2026-0004: computed anew from its versions it is another document",
    )


def test_the_migrations_make_the_tables_that_the_program_knows(ledger: Ledger) -> None:
    with ledger.write() as con:
        assert compare_metadata(MigrationContext.configure(con), METADATA) == []


def test_a_ledger_of_a_newer_program_is_refused(ledger: Ledger, ledger_url: str) -> None:
    with ledger.write() as con:
        con.execute(text("update alembic_version set version_num = '9999'"))
    newer = Ledger(ledger_url)
    with pytest.raises(LedgerError, match="made by a newer Hubledger"), newer.read():
        pass
    newer.close()


def test_a_ledger_that_is_not_there_is_not_made_by_looking_at_it(tmp_path: Path) -> None:
    book = Ledger(str(tmp_path / "none.sqlite"))
    with pytest.raises(LedgerError, match="there is no ledger"), book.read():
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://host/books", "a ledger is a file .SQLite. or PostgreSQL"),
        ("postgresql://nobody:hunter2@127.0.0.1:1/books", "127.0.0.1:1/books.*: see that the server runs"),
        ("postgresql://127.0.0.1:hunter2/books", "its port is no number"),
        (
            "/proc/no/such/folder/ledger.sqlite",
            "unable to open.*: see that it is a ledger, and that you may write to it",
        ),
    ],
)
def test_a_ledger_that_can_t_be_used_is_told_with_its_place_and_without_its_password(url: str, said: str) -> None:
    with pytest.raises(LedgerError, match=said) as caught, Ledger(url).write():
        pass
    assert "hunter2" not in str(caught.value)


def test_a_document_s_content_is_what_show_prints(full: Ledger) -> None:
    with full.read() as con:
        contents = con.execute(text("select content from invoices order by sequence")).scalars().all()
    kinds = [json.loads(content)["kind"] for content in contents]
    assert kinds == ["invoice", "invoice", "credit note", "debit note"]
