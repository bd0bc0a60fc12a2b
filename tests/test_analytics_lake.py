"""The lake against real Delta tables in a folder: replacing, travelling in time, writing at once, crashing, damage."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
import textwrap
import time
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from analytics.engine import connect
from analytics.lake import Lake, LakeError
from analytics.tables import ACTIVITY, CHARGES, USAGE_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import duckdb

MONTH = {"month": "2026-10"}


def activity(cluster: str = "c", *, hubs: int = 1, month: str = "2026-10", users: int = 3) -> str:
    """Return a query that gives a row for each of `hubs` hubs."""
    name = cluster.replace("'", "''")
    return (
        f"select '{month}-01' as period, '{name}' as cluster, 'h' || hub as hub, {users} as active_users,"
        f" 1.5 as server_hours, '{month}' as month from range({hubs}) as hubs (hub)"
    )


def seen(lake: Lake, con: duckdb.DuckDBPyConnection, **options: object) -> list[tuple[str, int]]:
    """Return cluster and users of every row, in order."""
    lake.attach(con, ACTIVITY, view="seen", **options)  # type: ignore[arg-type]
    return con.execute("select cluster, active_users from seen order by all").fetchall()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(threads=1) as connection:
        yield connection


def files(lake: Lake) -> set[str]:
    assert lake.folder is not None
    return {path.parent.name for path in lake.folder.rglob("*.parquet") if "_delta_log" not in path.parts}


def test_a_replaced_partition_holds_the_new_rows_alone(lake: Lake, con: duckdb.DuckDBPyConnection) -> None:
    assert lake.version(ACTIVITY) is None
    lake.replace(ACTIVITY, con, activity(hubs=3), scope=[MONTH])
    lake.replace(ACTIVITY, con, activity("d", month="2026-11"), scope=[{"month": "2026-11"}])
    version = lake.replace(ACTIVITY, con, activity(users=9), scope=[MONTH])
    assert seen(lake, con) == [("c", 9), ("d", 3)]
    assert lake.version(ACTIVITY) == version
    assert lake.partitions(ACTIVITY) == [
        {"cluster": "c", "month": "2026-10"},
        {"cluster": "d", "month": "2026-11"},
    ]


def test_replacing_by_the_same_rows_changes_nothing(lake: Lake, con: duckdb.DuckDBPyConnection) -> None:
    for _ in range(2):
        lake.replace(ACTIVITY, con, activity(hubs=3), scope=[MONTH])
    assert seen(lake, con) == [("c", 3)] * 3


def test_no_rows_empty_the_scope(lake: Lake, con: duckdb.DuckDBPyConnection) -> None:
    lake.replace(ACTIVITY, con, activity("a"), scope=[MONTH])
    lake.replace(ACTIVITY, con, activity("b", month="2026-11"), scope=[{"month": "2026-11"}])
    lake.replace(ACTIVITY, con, activity(hubs=0), scope=[{"cluster": "a"}])
    assert seen(lake, con) == [("b", 3)]
    assert lake.partitions(ACTIVITY) == [{"cluster": "b", "month": "2026-11"}]


def test_a_scope_of_several_mappings_is_replaced_in_one_version(lake: Lake, con: duckdb.DuckDBPyConnection) -> None:
    both = f"{activity('a')} union all {activity('b')}"
    lake.replace(ACTIVITY, con, both, scope=[MONTH])
    before = lake.replace(ACTIVITY, con, activity("c"), scope=[{"cluster": name, **MONTH} for name in "abc"])
    assert seen(lake, con) == [("c", 3)]
    assert before == 2


def test_more_partitions_than_a_few_are_written_too(lake: Lake, con: duckdb.DuckDBPyConnection) -> None:
    query = " union all ".join(activity(f"c{number:02}", hubs=2) for number in range(40))
    lake.replace(ACTIVITY, con, query, scope=[MONTH])
    assert seen(lake, con) == [(f"c{number:02}", 3) for number in range(40) for _ in range(2)]
    assert seen(lake, con, where={"cluster": ["c03", "c39"]}) == [("c03", 3)] * 2 + [("c39", 3)] * 2


@pytest.mark.parametrize("name", ["Amazon Web Services", "a'b", 'a"b', "a/b=c%20d", "Zoë\N{SNOWMAN}", "../x", "a\\b"])
def test_any_text_names_a_partition(lake: Lake, con: duckdb.DuckDBPyConnection, name: str) -> None:
    many = " union all ".join(activity(f"{name} {number}") for number in range(15))
    for query in (activity(name), many):
        for _ in range(2):
            lake.replace(ACTIVITY, con, query, scope=[MONTH])
    assert len(seen(lake, con)) == 15
    assert seen(lake, con, where={"cluster": f"{name} 7"}) == [(f"{name} 7", 3)]


def test_types_are_cast_to_the_tables(lake: Lake, con: duckdb.DuckDBPyConnection) -> None:
    lake.replace(ACTIVITY, con, activity(), scope=[MONTH])
    lake.attach(con, ACTIVITY)
    assert con.execute("select server_hours from activity").fetchall() == [(Decimal("1.500000"),)]


def test_a_table_that_is_not_there_is_an_empty_typed_view(lake: Lake, con: duckdb.DuckDBPyConnection) -> None:
    lake.attach(con, CHARGES)
    types = {name: kind for name, kind, *_ in con.execute("describe charges").fetchall()}
    assert list(types) == CHARGES.schema.names
    assert types["BilledCost"] == "DECIMAL(38,12)"
    assert types["ChargePeriodStart"] == "TIMESTAMP WITH TIME ZONE"
    assert con.execute("select * from charges").fetchall() == []
    assert lake.metadata(CHARGES) == {}
    assert lake.history(CHARGES) == []
    assert lake.partitions(CHARGES) == []


def test_rows_outside_the_scope_are_refused_and_nothing_is_written(lake: Lake, con: duckdb.DuckDBPyConnection) -> None:
    lake.replace(ACTIVITY, con, activity(), scope=[MONTH])
    before = files(lake)
    for scope in ([{"month": "2026-11"}], [{"cluster": "c", "month": "2026-11"}], [{"cluster": "d"}]):
        with pytest.raises(LakeError, match="outside of what is replaced"):
            lake.replace(ACTIVITY, con, activity(hubs=2), scope=scope)
    assert (lake.version(ACTIVITY), files(lake)) == (1, before)


def test_null_where_it_may_not_be_is_refused(lake: Lake, con: duckdb.DuckDBPyConnection) -> None:
    query = f"select * replace (null as hub) from ({activity()})"
    with pytest.raises(LakeError, match=r"activity\.hub: null in 1 rows"):
        lake.replace(ACTIVITY, con, query, scope=[MONTH])
    with pytest.raises(LakeError, match="outside"):
        lake.replace(ACTIVITY, con, f"select * replace ('' as cluster) from ({activity()})", scope=[MONTH])
    assert files(lake) == set()


def test_rows_that_were_counted_otherwise_are_refused(lake: Lake, con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(LakeError, match="2 rows came where 3 were counted"):
        lake.replace(ACTIVITY, con, activity(hubs=2), scope=[MONTH], rows={("c", "2026-10"): 3})
    assert lake.version(ACTIVITY) is None


def test_a_scope_of_other_columns_is_refused(lake: Lake, con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(LakeError, match="not partitioned by hub"):
        lake.replace(ACTIVITY, con, activity(), scope=[{"hub": "h0"}])


def test_every_version_can_be_read_for_ever(lake: Lake, con: duckdb.DuckDBPyConnection) -> None:
    # Delta makes a checkpoint every hundred versions, and would clean its log up then.
    for number in range(105):
        lake.replace(ACTIVITY, con, activity(users=number), scope=[MONTH], metadata={"number": str(number)})
    for number in (0, 1, 50, 98, 99, 100, 104):
        assert seen(lake, con, version=number + 1) == [("c", number)]
        assert lake.metadata(ACTIVITY, version=number + 1) == {"number": str(number)}
    history = lake.history(ACTIVITY)
    assert [commit.version for commit in history] == list(range(106))
    assert history[50].metadata == {"number": "49"}
    assert history[50].time <= history[51].time
    assert lake.metadata(ACTIVITY) == {"number": "104"}


def test_a_version_that_never_was_is_an_error(lake: Lake, con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(LakeError, match="no such table"):
        lake.attach(con, ACTIVITY, version=0)
    lake.replace(ACTIVITY, con, activity(), scope=[MONTH])
    with pytest.raises(LakeError, match="the version is not there"):
        lake.attach(con, ACTIVITY, version=7)


def _write_often(url: str, number: int) -> None:
    lake = Lake(url)
    own = f"2027-{number + 1:02}"
    with connect(memory_limit="200MB", threads=1) as con:
        for turn in range(8):
            lake.replace(ACTIVITY, con, activity(f"{number} {turn}", hubs=2), scope=[MONTH])
            lake.replace(ACTIVITY, con, activity("own", month=own, users=turn), scope=[{"month": own}])


def test_writers_at_once_come_one_after_the_other(lake: Lake, con: duckdb.DuckDBPyConnection) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_often, args=(lake.url, number)) for number in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * 6
    assert lake.version(ACTIVITY) == 6 * 8 * 2  # version 0 made the table
    for version in range(1, 6 * 8 * 2 + 1):
        rows = seen(lake, con, version=version, where=MONTH)
        assert len(rows) in (0, 2), "neither both writers' rows nor half of one's"
        assert len(set(rows)) <= 1
    for number in range(6):
        assert seen(lake, con, where={"month": f"2027-{number + 1:02}"}) == [("own", 7)]


KILLED = textwrap.dedent(
    """
    import sys
    from analytics.engine import connect
    from analytics.lake import Lake
    from analytics.tables import ACTIVITY
    from tests.test_analytics_lake import MONTH, activity
    with connect(threads=1) as con:
        while True:
            Lake(sys.argv[1]).replace(ACTIVITY, con, activity(hubs=20000), scope=[MONTH])
            print("written", flush=True)
    """
)


@pytest.mark.parametrize("delay", [0.0, 0.004, 0.011, 0.019, 0.03])
def test_a_writer_killed_at_any_moment_leaves_whole_versions(
    lake: Lake, con: duckdb.DuckDBPyConnection, delay: float
) -> None:
    with subprocess.Popen([sys.executable, "-c", KILLED, lake.url], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(delay)
        writer.send_signal(signal.SIGKILL)
    newest = lake.version(ACTIVITY)
    assert newest is not None
    for version in range(1, newest + 1):
        assert len(seen(lake, con, version=version)) == 20000
    assert lake.sweep(ACTIVITY) == 0, "what is young may be another writer's work"
    lake.sweep(ACTIVITY, older_than_hours=0)
    assert len(files(lake)) == newest
    assert len(seen(lake, con, version=1)) == 20000
    lake.replace(ACTIVITY, con, activity(), scope=[MONTH])
    assert seen(lake, con) == [("c", 3)]


def test_damaged_files_are_named_before_anything_is_read(lake: Lake, con: duckdb.DuckDBPyConnection) -> None:
    lake.replace(ACTIVITY, con, activity(hubs=100), scope=[MONTH])
    assert lake.folder is not None
    (path,) = lake.folder.glob("activity/*/*.parquet")
    whole = path.read_bytes()
    path.write_bytes(whole[:100])
    with pytest.raises(LakeError, match=rf"{path.name}: has 100 of {len(whole)} bytes; restore .* cluster c"):
        lake.attach(con, ACTIVITY)
    path.unlink()
    with pytest.raises(LakeError, match=f"{path.name}: is missing"):
        lake.attach(con, ACTIVITY)


def test_a_damaged_log_is_named(lake: Lake, con: duckdb.DuckDBPyConnection) -> None:
    lake.replace(ACTIVITY, con, activity(), scope=[MONTH])
    assert lake.folder is not None
    log = lake.folder / "activity" / "_delta_log" / f"{1:020d}.json"
    log.write_text(log.read_text()[:100])
    with pytest.raises(LakeError, match=r"activity: .*restore _delta_log from a backup"):
        lake.version(ACTIVITY)
    with pytest.raises(LakeError, match=r"activity: .*restore _delta_log from a backup"):
        lake.attach(con, ACTIVITY)


def test_a_file_is_no_lake(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    file = tmp_path / "lake"
    file.write_text("not a lake")
    with pytest.raises(LakeError, match="not a folder"):
        Lake(str(file)).version(ACTIVITY)
    with pytest.raises(LakeError, match=str(file)):
        Lake(str(file)).replace(ACTIVITY, con, activity(), scope=[MONTH])


FULL = textwrap.dedent(
    """
    import resource, sys
    from analytics.engine import connect
    from analytics.lake import Lake, LakeError
    from analytics.tables import ACTIVITY
    from tests.test_analytics_lake import MONTH, activity
    query = f"select * replace (uuid()::varchar as hub) from ({activity(hubs=50000)})"
    with connect(threads=1) as con:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            Lake(sys.argv[1]).replace(ACTIVITY, con, query, scope=[MONTH])
        except LakeError as error:
            sys.exit(str(error))
    """
)


def test_a_full_disk_is_said_and_changes_nothing(lake: Lake, con: duckdb.DuckDBPyConnection) -> None:
    lake.replace(ACTIVITY, con, activity(), scope=[MONTH])
    before = files(lake)
    done = subprocess.run([sys.executable, "-c", FULL, lake.url], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "make room there" in done.stderr
    assert lake.url in done.stderr
    assert (seen(lake, con), files(lake)) == ([("c", 3)], before)


def test_the_querys_own_failures_stay_its_own(lake: Lake, con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    missing = tmp_path / "elsewhere.parquet"
    with pytest.raises(Exception, match=r"elsewhere\.parquet") as caught:
        lake.replace(ACTIVITY, con, f"from read_parquet('{missing}')", scope=[MONTH])
    assert not isinstance(caught.value, LakeError)
    assert lake.version(ACTIVITY) is None


@pytest.mark.slow
def test_thousands_of_small_files_are_one_table(lake: Lake, con: duckdb.DuckDBPyConnection) -> None:
    row = (
        "select timestamptz '2026-01-01' + to_days(day::int) as hour, 'c' || cluster as cluster, 'n' as node,"
        " null as pool, 'user' as purpose, 'h' as hub, 1 as cpu_core_hours, 1 as memory_gib_hours, 0 as gpu_hours,"
        " 0 as storage_gib_hours, strftime(date '2026-01-01' + day::int, '%Y-%m-%d') as day"
    )
    for cluster in range(8):
        query = f"{row} from range(500) as days (day), (select {cluster} as cluster)"
        lake.replace(USAGE_TABLE, con, query, scope=[{"cluster": f"c{cluster}"}])
    lake.attach(con, USAGE_TABLE, view="many")
    assert con.execute("select count(*), sum(cpu_core_hours) from many").fetchall() == [(4000, Decimal(4000))]
    lake.attach(con, USAGE_TABLE, view="many", where={"cluster": "c3", "day": ["2026-02-01", "2026-02-02"]})
    assert con.execute("select count(*) from many").fetchall() == [(2,)]
