"""Which version of FOCUS a file is of, and what becomes of one that isn't known."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analytics import focus
from analytics.focus_files import FocusError
from analytics.focus_versions import VERSIONS, VersionError, columns, foreign, known, recognise
from analytics.lake import Lake
from analytics.tables import CHARGES, FOCUS_COLUMNS
from terraform.fleet import FocusBilling, Labels
from tests.bill import line

if TYPE_CHECKING:
    from pathlib import Path

COUNTS = {"1.0": 43, "1.1": 50, "1.2": 57, "1.3": 65, "1.4": 65}


def test_every_version_has_its_columns() -> None:
    assert {version: len(columns(version)) for version in VERSIONS} == COUNTS
    assert tuple(columns("1.4")) == FOCUS_COLUMNS
    assert {
        name for name, column in columns("1.4").items() if not column.allows_nulls and column.level == "mandatory"
    } == {field.name for field in CHARGES.schema if field.name in FOCUS_COLUMNS and not field.nullable}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_version_is_recognised_by_its_columns(version: str) -> None:
    assert recognise(columns(version)) == version
    mandatory = [name for name, column in columns(version).items() if column.level == "mandatory"]
    assert VERSIONS.index(recognise(mandatory)) <= VERSIONS.index("1.4")
    assert recognise([*columns(version), "x_Anything"]) == version


def test_what_the_file_says_of_itself_goes_before() -> None:
    assert recognise(columns("1.2"), {"FocusVersion": "1.1", "pandas": "{}"}) == "1.1"
    assert recognise(columns("1.2"), {"x_focus_version": "v1.0.0"}) == "1.0"


@pytest.mark.parametrize("text", ["2.0", "1.5", "0.5", "latest", ""])
def test_an_unknown_version_is_named(text: str) -> None:
    with pytest.raises(VersionError, match=r"1\.0, 1\.1, 1\.2, 1\.3 and 1\.4 are"):
        known(text)


def test_columns_of_nobody_are_foreign() -> None:
    assert foreign([*columns("1.2"), *columns("1.4"), "x_Mine", "Provider"]) == ("Provider",)


def test_ingest_says_the_version_and_refuses_an_unknown_one(tmp_path: Path) -> None:
    row = line() | {"Provider": "Google"}
    table = pa.table({name: [value] for name, value in row.items()})
    for version in ("1.4", "3.1"):
        (tmp_path / version).mkdir()
        pq.write_table(table.replace_schema_metadata({"FocusVersion": version}), tmp_path / version / "bill.parquet")
    lake = Lake(str(tmp_path / "lake"))
    heard: list[str] = []

    def ingest(version: str) -> object:
        source = FocusBilling(str(tmp_path / version), name="bill")
        now = datetime(2026, 11, 20, tzinfo=UTC)
        return focus.ingest(
            source, labels=Labels(), lake=lake, sources={source.id}, months=None, now=now, talk=heard.append
        )

    ingest("1.4")
    assert "focus:bill: FOCUS 1.4" in heard
    assert "focus:bill: left out, as FOCUS doesn't know them: Provider" in heard
    before = lake.version(CHARGES)
    with pytest.raises(FocusError, match=r"bill\.parquet: FOCUS '3\.1' is not known here"):
        ingest("3.1")
    assert lake.version(CHARGES) == before
