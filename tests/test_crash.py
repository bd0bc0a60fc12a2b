"""Killed, starved of disk or run side by side: the lake never holds half of anything, and the next run makes it whole."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from analytics.engine import connect
from analytics.lake import Lake
from analytics.month import computed_of
from analytics.tables import ALLOCATIONS, CHARGES, TABLES
from examples.demand import CURRENT
from examples.demo import MONTHS
from tests.fixtures_commands import content, finish, kill_when, start
from tests.fixtures_demo import Demo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.fixtures_commands import Content

INGESTED = ("charges", "deliveries", "usage", "nodes", "activity", "findings")
MONTH = MONTHS[-1]
# When an ingest is killed, one after the other: as soon as the lake has so many files more that match.
INGEST_MOMENTS = {
    "while files are written": (
        ("charges/*/*.parquet", 1),  # the first bill's
        ("charges/*/*.parquet", 3),  # the second bill's
        ("nodes/*/*.parquet", 20),  # a cluster's days
        ("usage/*/*.parquet", 30),
        ("activity/*", 1),
    ),
    "between two commits": (
        ("charges/_delta_log/*.json", 1),  # the table is there, without a row
        ("charges/_delta_log/*.json", 1),  # a bill is in, its delivery isn't recorded
        ("deliveries/_delta_log/*.json", 2),
        ("nodes/_delta_log/*.json", 2),  # a cluster's machines are in, what was used on them isn't
        ("usage/_delta_log/*.json", 2),
    ),
}
ALLOCATE_MOMENTS = (
    ("allocations/*", 1),  # the folder of a new version is there
    ("allocations/*/*.parquet", 1),
    ("allocations/_delta_log/*.json", 1),
)


def _more(lake: Path, pattern: str, count: int) -> Callable[[], bool]:
    """Return what tells when `lake` has `count` files more that match `pattern`."""
    wanted = len(list(lake.glob(pattern))) + count
    return lambda: len(list(lake.glob(pattern))) >= wanted


def _after(seconds: float) -> Callable[[], bool]:
    until = time.monotonic() + seconds
    return lambda: time.monotonic() > until


def _assert_whole(held: Content, undisturbed: Content) -> None:
    """Assert that each partition is as in an undisturbed run, with all its rows."""
    assert {place: rows for place, rows in held.items() if undisturbed.get(place) != rows} == {}


@pytest.mark.parametrize("moments", INGEST_MOMENTS.values(), ids=INGEST_MOMENTS)
def test_an_ingest_killed_and_run_again_brings_in_the_same(
    demo: Demo, tmp_path: Path, moments: tuple[tuple[str, int], ...]
) -> None:
    undisturbed = content(demo.lake, *INGESTED)
    lake = tmp_path / "lake"
    for pattern, count in moments:
        moment = _more(lake, pattern, count)
        kill_when(start("costs", "ingest", fleet=demo.fleet, lake=lake, scratch=tmp_path / "tmp"), moment)
        held = content(lake, *INGESTED)
        _assert_whole(held, undisturbed)
        assert held != undisturbed
    left = [*lake.glob("*/*"), *(tmp_path / "tmp").iterdir()]
    assert len(left) > len(moments)
    for path in left:
        os.utime(path, (0, 0))
    finish(start("costs", "ingest", fleet=demo.fleet, lake=lake, scratch=tmp_path / "tmp"))
    assert content(lake, *INGESTED) == undisturbed
    assert list((tmp_path / "tmp").iterdir()) == []
    assert [Lake(str(lake)).sweep(table, older_than_hours=0) for table in TABLES.values()] == [0] * len(TABLES)


def test_an_allocation_killed_leaves_the_last_one_and_run_again_is_the_same(demo: Demo, tmp_path: Path) -> None:
    undisturbed = content(demo.lake, "allocations")
    lake, fleet = shutil.copytree(demo.lake, tmp_path / "lake"), shutil.copytree(demo.fleet, tmp_path / "fleet")
    with (fleet / "clusters" / "tidewater" / "cluster.yaml").open("a") as file:
        file.write("policy:\n  idle: even\n")
    finish(start("costs", "allocate", "-m", MONTH, fleet=fleet, lake=lake, scratch=tmp_path / "tmp"))
    other_policy = content(lake, "allocations")
    assert other_policy != undisturbed

    moments: list[Callable[[], Callable[[], bool]]] = [partial(_after, seconds) for seconds in (0.9, 1.1, 1.3)]
    moments += [partial(_more, lake, pattern, count) for pattern, count in ALLOCATE_MOMENTS]
    for moment in moments:
        awaited = moment()
        kill_when(start("costs", "allocate", "-m", MONTH, fleet=demo.fleet, lake=lake, scratch=tmp_path / "a"), awaited)
        assert content(lake, "allocations") in (other_policy, undisturbed)
    finish(start("costs", "allocate", "-m", MONTH, fleet=demo.fleet, lake=lake, scratch=tmp_path / "tmp"))
    assert content(lake, "allocations") == undisturbed
    assert computed_of(Lake(str(lake)), MONTH).status == "final"


def test_two_ingests_at_once_are_as_good_as_one(demo: Demo, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    both = [start("costs", "ingest", fleet=demo.fleet, lake=lake, scratch=tmp_path / name) for name in ("a", "b")]
    for process in both:
        finish(process)
    assert content(lake, *INGESTED) == content(demo.lake, *INGESTED)


def test_allocations_at_once_are_as_good_as_one_after_the_other(demo: Demo, tmp_path: Path) -> None:
    lake = shutil.copytree(demo.lake, tmp_path / "lake", ignore=shutil.ignore_patterns("allocations"))
    running = [
        start("costs", "allocate", "-m", month, fleet=demo.fleet, lake=lake, scratch=tmp_path / str(number))
        for number, month in enumerate((MONTH, MONTHS[0], CURRENT, MONTH))
    ]
    for process in running:
        finish(process)
    assert content(lake, "allocations") == content(demo.lake, "allocations")


@pytest.fixture
def restated(demo: Demo, tmp_path: Path) -> Demo:
    """Return a demo of its own, ingested, whose bills have since come again, and with twice AWS's cost of October."""
    folder = shutil.copytree(demo.folder, tmp_path / "demo")
    path = folder / "data" / "bills" / "aws" / f"focus-{MONTH}.parquet"
    bill = pq.read_table(path)
    field = bill.schema.field("BilledCost")
    doubled = pc.multiply(bill["BilledCost"], pc.cast(2, field.type)).cast(field.type)
    pq.write_table(bill.set_column(bill.schema.get_field_index("BilledCost"), field, doubled), path)
    return Demo(folder, "")


def _billed(lake: Path, *, version: int | None = None) -> dict[tuple[str, str], Decimal]:
    """Return what was billed by source and month, as a reader of the lake sees it."""
    with connect() as con:
        Lake(str(lake)).attach(con, CHARGES, version=version)
        rows = con.execute("select x_Source, x_BillingPeriod, sum(BilledCost) from charges group by all").fetchall()
    return {(source, month): billed for source, month, billed in rows}


def test_a_reader_sees_the_bill_before_or_after_its_restatement_and_nothing_between(
    restated: Demo, tmp_path: Path
) -> None:
    before = _billed(restated.lake)
    process = start("costs", "ingest", fleet=restated.fleet, lake=restated.lake, scratch=tmp_path / "a")
    seen = [before]
    while process.poll() is None:
        seen.append(_billed(restated.lake))
    finish(process)
    after = _billed(restated.lake)
    (changed,) = (key for key in after if after[key] != before[key])
    assert changed[1] == MONTH
    assert after[changed] == 2 * before[changed]
    assert len(seen) > 10
    assert [each for each in seen if each not in (before, after)] == []


def test_allocating_while_a_restated_bill_comes_in_keeps_to_one_version_of_it(restated: Demo, tmp_path: Path) -> None:
    both = [
        start("costs", *command, fleet=restated.fleet, lake=restated.lake, scratch=tmp_path / command[0])
        for command in (("ingest",), ("allocate", "-m", MONTH))
    ]
    for process in both:
        finish(process)
    bill, spread = _allocated(restated.lake)
    assert bill == spread
    finish(start("costs", "allocate", "-m", MONTH, fleet=restated.fleet, lake=restated.lake, scratch=tmp_path / "c"))
    newest = sum(billed for (_, month), billed in _billed(restated.lake).items() if month == MONTH)
    assert _allocated(restated.lake) == (newest, newest)
    finish(start("costs", "reconcile", "-m", MONTH, fleet=restated.fleet, lake=restated.lake, scratch=tmp_path / "c"))


def _allocated(folder: Path) -> tuple[Decimal, Decimal]:
    """Return the month's bill in the version that was allocated, and what was allocated."""
    lake = Lake(str(folder))
    billed = _billed(folder, version=computed_of(lake, MONTH).versions["charges"])
    with connect() as con:
        lake.attach(con, ALLOCATIONS, where={"billing_period": MONTH})
        spread = con.execute("select sum(billed_cost) from allocations").fetchall()[0][0]
    return sum((value for (_, month), value in billed.items() if month == MONTH), Decimal(0)), spread


@pytest.mark.parametrize("file_bytes", [0, 3_000])
def test_no_room_for_a_file_is_told_and_leaves_nothing_half_written(
    demo: Demo, tmp_path: Path, file_bytes: int
) -> None:
    lake = tmp_path / "lake"
    said = finish(
        start("costs", "ingest", fleet=demo.fleet, lake=lake, scratch=tmp_path / "a", file_bytes=file_bytes), code=1
    )
    assert "make room" in said
    assert "damaged" not in said
    _assert_whole(content(lake), content(demo.lake))
    assert not list((tmp_path / "a").iterdir())


@pytest.mark.parametrize("form", ["table", "csv", "parquet"])
def test_an_output_without_room_is_told(demo: Demo, form: str) -> None:
    command = ["costs", "report", "-m", MONTH, "--format", form, "--lake", str(demo.lake)]
    with open("/dev/full", "w") as full:  # noqa: PTH123 – a device
        done = subprocess.run(
            [sys.executable, "-m", "hubledger", *command], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == (
        "hubledger: a file or the output: No space left on device; see that there is room, and that it may be used\n"
    )


def test_an_export_without_room_leaves_no_file(demo: Demo, tmp_path: Path) -> None:
    target = tmp_path / "exports" / "october.csv"
    target.parent.mkdir()
    command = ("costs", "export", "-m", MONTH, "--to", str(target))
    said = finish(start(*command, fleet=demo.fleet, lake=demo.lake, scratch=tmp_path / "tmp", file_bytes=5_000), code=1)
    assert f"hubledger: {target}: can't be written" in said
    assert not list(target.parent.iterdir())


@contextmanager
def _small_disk(folder: Path) -> Iterator[bool]:
    """Mount a disk of 16 MiB at `folder` and say whether this system lets us."""
    folder.mkdir()
    mounted = os.geteuid() == 0 and not subprocess.call(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "hubledger-test", str(folder)], stderr=subprocess.DEVNULL
    )
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_is_told_and_once_there_is_room_all_is_well(demo: Demo, tmp_path: Path) -> None:
    undisturbed = content(demo.lake)
    with _small_disk(tmp_path / "disk") as mounted:
        lake, ballast = tmp_path / "disk" / "lake", tmp_path / "disk" / "ballast"

        def run(*command: str, free: int | None, code: int) -> str:
            if mounted and free is not None:
                space = os.statvfs(ballast.parent)
                ballast.write_bytes(bytes(max(0, space.f_bavail * space.f_frsize - free)))
            limit = None if mounted else free
            said = finish(
                start("costs", *command, fleet=demo.fleet, lake=lake, scratch=tmp_path / "tmp", file_bytes=limit),
                code=code,
            )
            ballast.unlink(missing_ok=True)
            return said

        for free in (0, 400_000):
            assert "make room" in run("ingest", free=free, code=1)
            _assert_whole(content(lake), undisturbed)
        run("ingest", free=None, code=0)
        assert "make room" in run("allocate", "-m", MONTH, free=8_000, code=1)
        assert content(lake, "allocations") == {}
        run("allocate", "-m", MONTH, free=None, code=0)
        for month in (MONTHS[0], CURRENT):
            undisturbed.pop(("allocations", month))
        undisturbed.pop(("replays", MONTH))
        assert content(lake) == undisturbed


def test_a_lake_that_may_only_be_read_is_told_and_can_be_read(demo: Demo, tmp_path: Path) -> None:
    lake = shutil.copytree(demo.lake, tmp_path / "lake", ignore=shutil.ignore_patterns("deliveries"))
    for folder in (lake, *(each for each in lake.rglob("*") if each.is_dir())):
        folder.chmod(0o555)
    # root may write anywhere, unless it gives up that capability
    prefix = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    before = content(lake)
    for command in (("ingest",), ("allocate", "-m", MONTH)):
        said = finish(
            start("costs", *command, fleet=demo.fleet, lake=lake, scratch=tmp_path / "tmp", prefix=prefix), code=1
        )
        assert f"{lake}/" in said
        assert "give this account read and write access" in said
    finish(start("costs", "report", "-m", MONTH, fleet=demo.fleet, lake=lake, scratch=tmp_path / "tmp", prefix=prefix))
    assert content(lake) == before
