"""A lake in a bucket and bills in a bucket, against an S3 of our own: the same as in a folder."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from analytics import focus
from analytics.engine import connect
from analytics.focus import FocusError
from analytics.lake import Lake, LakeError
from analytics.tables import ACTIVITY, CHARGES
from terraform.fleet import FocusBilling, Labels
from tests.bill import line, write_csv, write_parquet
from tests.test_analytics_lake import MONTH, activity, seen

if TYPE_CHECKING:
    from pathlib import Path

    from analytics.charges import Delivery
    from tests.fixtures_s3 import Bucket

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def lake(bucket: Bucket) -> Lake:
    return Lake(f"{bucket.url}/lake", storage_options=bucket.environment)


def test_partitions_are_replaced_and_versions_kept(lake: Lake) -> None:
    with connect(threads=1) as con:
        assert lake.version(ACTIVITY) is None
        lake.attach(con, ACTIVITY)
        assert con.execute("from activity").fetchall() == []
        both = f"{activity('a', users=1)} union all {activity('b/ ü', users=2)}"
        lake.replace(ACTIVITY, con, both, scope=[MONTH], metadata={"why": "first"})
        assert lake.replace(ACTIVITY, con, activity("a", users=3), scope=[{"cluster": "a"}]) == 2
        assert seen(lake, con) == [("a", 3), ("b/ ü", 2)]
        assert seen(lake, con, where={"cluster": "b/ ü"}) == [("b/ ü", 2)]
        assert seen(lake, con, version=1) == [("a", 1), ("b/ ü", 2)]
        assert lake.metadata(ACTIVITY, version=1) == {"why": "first"}
        assert [commit.version for commit in lake.history(ACTIVITY)] == [0, 1, 2]


def _write_often(url: str, options: dict[str, str], number: int) -> None:
    lake = Lake(url, storage_options=options)
    with connect(memory_limit="200MB", threads=1) as con:
        for turn in range(4):
            query = activity(f"{number} {turn}", hubs=2)
            try:
                lake.replace(ACTIVITY, con, query, scope=[MONTH])
            except LakeError as error:
                if "<!doctype html>" not in str(error):
                    raise
                lake.replace(
                    ACTIVITY, con, query, scope=[MONTH]
                )  # now and then moto stumbles over two requests at once


def test_writers_at_once_come_one_after_the_other(lake: Lake) -> None:
    context = multiprocessing.get_context("spawn")
    arguments = lake.url, lake.storage_options
    writers = [context.Process(target=_write_often, args=(*arguments, number)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * 4
    newest = lake.version(ACTIVITY)
    assert newest is not None
    assert newest >= 16
    with connect(threads=1) as con:
        for version in range(1, newest + 1):
            rows = seen(lake, con, version=version)
            assert len(rows) == 2
            assert len(set(rows)) == 1


def test_a_bucket_that_is_not_there_is_said(bucket: Bucket) -> None:
    lake = Lake("s3://there-is-none/lake", storage_options=bucket.environment)
    with pytest.raises(LakeError, match=r"s3://there-is-none/lake/activity: .*see that it exists"):
        lake.version(ACTIVITY)
    with connect(threads=1) as con, pytest.raises(LakeError, match="see that it exists"):
        lake.replace(ACTIVITY, con, activity(), scope=[MONTH])


def test_bills_in_a_bucket_are_charges_in_a_bucket(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    lake = Lake(f"{bucket.url}/lake")

    def ingest(path: str) -> tuple[Delivery, ...]:
        source = FocusBilling(f"{bucket.url}/{path}", name="bills")
        return focus.ingest(
            source, labels=Labels(), lake=lake, sources=[source.id], months=None, now=NOW, talk=lambda _: None
        )

    bucket.put("bills/2026/a.csv.gz", write_csv(tmp_path / "a.csv.gz", [line(cost="1")]).read_bytes())
    bucket.put("bills/2026/b.parquet", write_parquet(tmp_path / "b.parquet", [line(cost="2")]).read_bytes())
    bucket.put("bills/2026/manifest.json", b"{}")
    assert [each.rows for each in ingest("bills")] == [2]
    assert ingest("bills") == ()
    assert [each.rows for each in ingest("bills/*/b.parquet")] == [1]
    with connect(threads=1) as con:
        lake.attach(con, CHARGES)
        assert con.execute("select BilledCost from charges").fetchall() == [(Decimal(2),)]
    with pytest.raises(FocusError, match="no such object; correct"):
        ingest("none/*.csv")
