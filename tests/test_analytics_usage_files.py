"""Usage from files: what is read, and how what is wrong with them is said."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from analytics.lake import Lake
from analytics.tables import ACTIVITY, FINDINGS, NODES, TABLES, USAGE_TABLE
from analytics.usage import UsageResult, ingest
from analytics.usage_files import UsageFileError
from terraform.fleet import FileUsage, Settings
from tests.fixtures_usage import cluster, rows

USAGE = """\
hour,cluster,node,pool,purpose,hub,cpu_core_hours,memory_gib_hours,gpu_hours,storage_gib_hours
2026-10-01T00:00:00Z,leap,node-a,nb,user,prod,1.5,6,0,0
2026-10-01T00:00:00Z,leap,node-a,nb,user,,0.25,1,0,0
2026-10-01T00:00:00Z,leap,,,home-nfs,prod,0,0,0,120.5
2026-10-01 01:00:00+00:00,leap,node-a,nb,user,prod,2,8,1,0
2026-11-01T00:00:00Z,leap,node-a,nb,user,prod,3,8,0,0
2026-10-01T00:00:00Z,other,node-a,nb,user,prod,9,9,9,0
"""
NODES_TEXT = """\
hour,cluster,node,provider_id,pool,purpose,cpu_core_hours,memory_gib_hours,gpu_hours
2026-10-01T00:00:00Z,leap,node-a,gce://project/us-central1-b/node-a,nb,user,4,16,0
2026-10-01T01:00:00Z,leap,node-a,gce://project/us-central1-b/node-a,nb,user,4,16,0
"""
ACTIVITY_TEXT = """\
period,cluster,hub,active_users,server_hours
2026-10-01,leap,prod,12,30.5
2026-10,leap,prod,40,900
"""


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    made.mkdir()
    for name, text in (("usage", USAGE), ("nodes", NODES_TEXT), ("activity", ACTIVITY_TEXT)):
        (made / f"{name}.csv").write_text(text)
    return made


def bring(folder: Path, lake: Lake, *months: str) -> UsageResult:
    return ingest(
        cluster(FileUsage(str(folder))),
        settings=Settings(),
        lake=lake,
        months=months or ("2026-10",),
        now=datetime(2026, 11, 3, tzinfo=UTC),
        talk=lambda text: None,
    )


def faults(folder: Path, lake: Lake) -> list[str]:
    with pytest.raises(UsageFileError) as caught:
        bring(folder, lake)
    assert not Path(lake.url).exists()
    return [line.removeprefix(f"{folder}/") for line in str(caught.value).splitlines()]


def edit(folder: Path, old: str, new: str, *, file: str = "usage.csv") -> None:
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))


EXPECTED = [
    (0, "node-a", "user", "prod", Decimal("1.5"), 6, 0, 0, "2026-10-01"),
    (0, "node-a", "user", None, Decimal("0.25"), 1, 0, 0, "2026-10-01"),
    (0, None, "home-nfs", "prod", 0, 0, 0, Decimal("120.5"), "2026-10-01"),
    (1, "node-a", "user", "prod", 2, 8, 1, 0, "2026-10-01"),
]
COLUMNS = "hour(hour), node, purpose, hub, cpu_core_hours, memory_gib_hours, gpu_hours, storage_gib_hours, day"


def test_the_months_asked_for_are_read(folder: Path, lake: Lake) -> None:
    assert bring(folder, lake) == UsageResult("leap", ("2026-10-01",), 8, 0)
    assert rows(lake, USAGE_TABLE, columns=COLUMNS) == EXPECTED
    assert rows(lake, NODES, columns="node, provider_id, sum(cpu_core_hours) over ()")[0] == (
        "node-a",
        "gce://project/us-central1-b/node-a",
        8,
    )
    assert rows(lake, ACTIVITY, columns="period, active_users, server_hours, month") == [
        ("2026-10", 40, 900, "2026-10"),
        ("2026-10-01", 12, Decimal("30.5"), "2026-10"),
    ]
    assert bring(folder, lake, "2026-10", "2026-11").days == ("2026-10-01", "2026-11-01")


@pytest.mark.parametrize("form", ["parquet", "csv.gz"])
def test_parquet_and_compressed_csv_are_the_same(form: str, folder: Path, lake: Lake) -> None:
    for path in list(folder.glob("*.csv")):
        if form == "parquet":
            pq.write_table(pacsv.read_csv(path), path.with_suffix(".parquet"))
        else:
            with gzip.open(f"{path}.gz", "wt") as file:
                file.write(path.read_text())
        path.unlink()
    bring(folder, lake)
    assert rows(lake, USAGE_TABLE, columns=COLUMNS) == EXPECTED


def test_reading_twice_changes_nothing_and_a_shorter_file_takes_away(folder: Path, lake: Lake) -> None:
    bring(folder, lake)
    versions = [lake.version(table) for table in TABLES.values()]
    assert bring(folder, lake) == UsageResult("leap")
    assert [lake.version(table) for table in TABLES.values()] == versions
    assert rows(lake, USAGE_TABLE, columns=COLUMNS) == EXPECTED
    edit(folder, "2026-10-01 01:00:00+00:00,leap,node-a,nb,user,prod,2,8,1,0\n", "")
    edit(folder, "2026-10-01,leap,prod,12,30.5\n", "", file="activity.csv")
    bring(folder, lake)
    assert rows(lake, USAGE_TABLE, columns=COLUMNS) == EXPECTED[:3]
    assert rows(lake, ACTIVITY, columns="period") == [("2026-10",)]


def test_other_months_are_left_alone(folder: Path, lake: Lake) -> None:
    bring(folder, lake, "2026-11")
    bring(folder, lake, "2026-10")
    assert rows(lake, USAGE_TABLE, columns="day, count(*) over (partition by day)")[-1] == ("2026-11-01", 1)


def test_a_hub_that_the_fleet_does_not_have_is_a_finding(folder: Path, lake: Lake) -> None:
    edit(folder, "user,prod,1.5", "user,gone,1.5")
    assert bring(folder, lake).findings == 1
    assert rows(lake, USAGE_TABLE, columns=COLUMNS)[0] == (
        0,
        "node-a",
        "user",
        None,
        Decimal("1.75"),
        7,
        0,
        0,
        "2026-10-01",
    )
    ((_, day, kind, detail),) = rows(lake, FINDINGS)
    assert (day, kind) == ("2026-10-01", "unknown-hub")
    assert "hub gone" in detail


def test_files_that_are_not_there_are_findings(folder: Path, lake: Lake) -> None:
    (folder / "nodes.csv").unlink()
    (folder / "activity.csv").unlink()
    bring(folder, lake)
    assert [kind for _, _, kind, _ in rows(lake, FINDINGS)] == ["file-absent", "file-absent"]


FAULTS = {
    "number": ("prod,1.5,6", "prod,1.5e,6", "usage.csv:2: cpu_core_hours: '1.5e' is not a number"),
    "nan": ("prod,1.5,6", "prod,nan,6", "usage.csv:2: cpu_core_hours: 'nan' is not a number"),
    "negative": ("prod,1.5,6", "prod,1.5,-6", "usage.csv:2: memory_gib_hours: -6 is negative; usage can't be"),
    "time": ("2026-10-01T00:00:00Z", "1 October", "usage.csv:2: hour: '1 October' is not a time"),
    "hour": ("T00:00:00Z", "T00:30:00Z", "usage.csv:2: hour: 2026-10-01T00:30:00Z is not the start of an hour in UTC"),
    "empty": (",,0.25", ",,", "usage.csv:3: cpu_core_hours: is empty (write 0 for none)"),
    "no cluster": ("Z,leap,node-a", "Z,,node-a", "usage.csv:2: cluster: is empty"),
    "twice": (",,0.25", ",prod,0.25", "usage.csv:3: hour: says again what line 2 says: remove one"),
    "renamed": (
        "gpu_hours,",
        "gpus,",
        "usage.csv:1: gpu_hours (is 'gpus' it?): no such column; the header must have hour, cluster, node, ",
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), FAULTS.values(), ids=FAULTS)
def test_a_fault_names_file_line_and_column(old: str, new: str, expected: str, folder: Path, lake: Lake) -> None:
    edit(folder, old, new)
    (fault,) = faults(folder, lake)
    assert fault.startswith(expected)


def test_activity_has_days_and_months_only(folder: Path, lake: Lake) -> None:
    edit(folder, "2026-10-01,", "2026-13-01,", file="activity.csv")
    edit(folder, "2026-10,leap,prod,40", "October,leap,prod,4.5", file="activity.csv")
    assert faults(folder, lake) == [
        "activity.csv:2: period: '2026-13-01' is neither YYYY-MM-DD nor YYYY-MM",
        "activity.csv:3: period: 'October' is neither YYYY-MM-DD nor YYYY-MM",
        "activity.csv:3: active_users: '4.5' is not a whole number",
    ]


def test_all_faults_are_said_at_once_up_to_a_number(folder: Path, lake: Lake) -> None:
    (folder / "usage.csv").write_text(USAGE + "2026-10-01T00:00:00Z,leap,x,nb,user,prod,a,b,c,-1\n" * 30)
    edit(folder, "provider_id,", "", file="nodes.csv")
    found = faults(folder, lake)
    assert len(found) == 21
    assert re.fullmatch(r"… and \d+ more", found[-1])


@pytest.mark.parametrize("end", [-1, -200])
def test_a_file_cut_off_is_an_error(end: int, folder: Path, lake: Lake) -> None:
    path = folder / "usage.parquet"
    pq.write_table(pacsv.read_csv(folder / "usage.csv"), path)
    (folder / "usage.csv").unlink()
    path.write_bytes(path.read_bytes()[:end])
    (fault,) = faults(folder, lake)
    assert fault.startswith("usage.parquet: cannot be read, it may be cut off: ")


def test_a_row_cut_off_is_an_error(folder: Path, lake: Lake) -> None:
    (folder / "usage.csv").write_text(USAGE[:-20])
    (fault,) = faults(folder, lake)
    assert fault == "usage.csv:7: has 4 columns instead of 10: is the file cut off?"


def test_a_folder_without_usage_is_an_error(folder: Path, lake: Lake) -> None:
    (folder / "usage.csv").unlink()
    with pytest.raises(UsageFileError, match=r"has no usage\.csv, usage\.csv\.gz or usage\.parquet"):
        bring(folder, lake)
    with pytest.raises(UsageFileError, match=r"no such folder: usage\.path"):
        bring(folder / "nowhere", lake)


def test_parquet_rows_are_numbered(folder: Path, lake: Lake) -> None:
    data = pacsv.read_csv(folder / "usage.csv")
    index = data.schema.get_field_index("cpu_core_hours")
    (folder / "usage.csv").unlink()
    pq.write_table(
        data.set_column(index, "cpu_core_hours", pa.array([1.0, -2.0, 0, 0, 0, 0])), folder / "usage.parquet"
    )
    assert faults(folder, lake) == ["usage.parquet:2: cpu_core_hours: -2.0 is negative; usage can't be"]


def test_the_example_of_the_documentation_is_read(lake: Lake, tmp_path: Path) -> None:
    page = Path("docs/usage-files.md").read_text(encoding="utf-8")
    files = re.findall(r"`(\w+\.csv)`[^`]*```csv\n(.*?)```", page, re.DOTALL)
    assert [name for name, _ in files] == ["usage.csv", "nodes.csv", "activity.csv"]
    for name, text in files:
        (tmp_path / name).write_text(text)
    result = bring(tmp_path, lake)
    assert (result.days, result.findings) == (("2026-10-01",), 0)
    assert result.rows == sum(len(text.strip().splitlines()) - 1 for _, text in files)
    for table in (USAGE_TABLE, NODES, ACTIVITY):
        for field in table.schema:
            assert field.name in ("day", "month") or f"| `{field.name}` |" in page
