"""A month's export conforms to FOCUS, by our rules and by others', and its parts are the whole."""

from __future__ import annotations

import json
import re
import shutil
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import jsonschema
import pyarrow.parquet as pq
import pytest

from analytics.focus_versions import columns
from analytics.validate import validate_files
from examples.demo import MONTHS
from tests.fixtures_focus import REPOSITORY, rule_bugs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures_demo import Demo
    from tests.fixtures_focus import Toolkit, Validator

COSTS = ("BilledCost", "EffectiveCost")
TOTALS = ", ".join(f"sum(cast({name} as decimal(38, 12)))" for name in COSTS)
SCHEMA = {  # of AllocatedMethodDetails, after the specification's
    "type": "object",
    "required": ["Elements"],
    "properties": {
        "Elements": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["AllocatedRatio"],
                "properties": {
                    "AllocatedRatio": {"type": "number", "minimum": 0, "maximum": 1},
                    "UsageUnit": {"type": ["string", "null"]},
                    "UsageQuantity": {"type": ["number", "null"]},
                },
                "additionalProperties": False,
            },
        }
    },
    "patternProperties": {"^x_[A-Z][a-zA-Z0-9]*$": {}},
    "additionalProperties": False,
}


@pytest.fixture(scope="session")
def exports(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """Return the demo's months in Parquet: (month, version) → file; and as CSV under (month, "csv")."""
    folder = tmp_path_factory.mktemp("exports")
    files = {}
    for month in MONTHS:
        for version, suffix in (("1.4", "parquet"), ("1.2", "parquet"), ("csv", "csv")):
            files[month, version] = folder / f"{month}-{version}.{suffix}"
            option = ["--focus-version", version] if version != "csv" else []
            demo.run("costs", "export", "--month", month, "--to", str(files[month, version]), *option)
    return files


@pytest.mark.slow
@pytest.mark.parametrize("version", ["1.4", "1.2", "csv"])
@pytest.mark.parametrize("month", MONTHS)
def test_the_export_conforms(exports: dict[tuple[str, str], Path], month: str, version: str) -> None:
    found = validate_files(str(exports[month, version]))
    assert found.version == version.replace("csv", "1.4")
    assert found.violations == ()


@pytest.mark.slow
@pytest.mark.parametrize("month", MONTHS)
def test_the_foundations_validator_finds_only_its_own_bugs(
    focus_validator: Validator, exports: dict[tuple[str, str], Path], month: str
) -> None:
    judged = focus_validator.judge(exports[month, "1.2"])
    assert judged.total == 578
    assert judged.failed == set(rule_bugs())


def test_the_bugs_are_told_with_their_references() -> None:
    page = (REPOSITORY / "docs" / "focus.md").read_text(encoding="utf-8")
    for rule, reference in rule_bugs().items():
        assert re.fullmatch(r"(FOCUS_Spec|focus_validator)#\d+", reference)
        assert rule in page
        assert reference in page


@pytest.mark.slow
@pytest.mark.parametrize("month", MONTHS)
def test_the_toolkit_finds_nothing(focus_toolkit: Toolkit, exports: dict[tuple[str, str], Path], month: str) -> None:
    assert focus_toolkit.lint(exports[month, "csv"]) == (set(), set())


@pytest.mark.parametrize("version", ["1.4", "1.2"])
def test_every_column_of_the_version_is_there(exports: dict[tuple[str, str], Path], version: str) -> None:
    file = pq.ParquetFile(exports[MONTHS[-1], version])
    names = file.schema_arrow.names
    assert names[: len(columns(version))] == sorted(columns(version))
    assert all(re.fullmatch(r"x_[A-Z][A-Za-z]+", name) for name in names[len(columns(version)) :])
    assert file.metadata.metadata[b"FocusVersion"] == version.encode()


@pytest.mark.parametrize("month", MONTHS)
def test_the_parts_of_a_charge_are_the_charge(demo: Demo, exports: dict[tuple[str, str], Path], month: str) -> None:
    with duckdb.connect() as con:
        con.execute(f"create view exported as from '{exports[month, '1.4']}'")
        assert con.execute(
            "select count(*) from (select x_SplitOriginId from exported where x_SplitOriginId is not null group by all"
            " having sum(BilledCost) <> any_value(x_SplitOriginCost) or count(distinct x_SplitOriginCost) > 1 or"
            " sum(cast(AllocatedMethodDetails ->> '$.Elements[0].AllocatedRatio' as decimal(18, 12))) <> 1)"
        ).fetchall() == [(0,)]
        found = con.execute(f"select {TOTALS} from exported").fetchall()
        for column, total in zip(("billed_cost", "effective_cost"), found[0], strict=True):
            rows = [row[column] for row in demo.totals if row["billing_period"] == month]
            assert (
                total
                == con.execute(f"select sum(cast(unnest as decimal(38, 12))) from unnest({rows})").fetchall()[0][0]
            )


def test_exports_of_months_go_together(exports: dict[tuple[str, str], Path], tmp_path: Path) -> None:
    for month in MONTHS:
        shutil.copy(exports[month, "1.4"], tmp_path / f"{month}.parquet")
    found = validate_files(str(tmp_path))
    assert (found.files, found.violations) == (len(MONTHS), ())


def test_hubs_bear_what_the_report_says(demo: Demo, exports: dict[tuple[str, str], Path]) -> None:
    with duckdb.connect() as con:
        found = con.execute(
            "select coalesce(x_Cluster, ''), coalesce(x_Hub, ''), x_Component, x_Basis, sum(BilledCost)"
            f" from '{exports[MONTHS[-1], '1.4']}' group by all having sum(BilledCost) <> 0"
        ).fetchall()
    told: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for row in demo.report()["rows"]:
        told[tuple(row[key] or "" for key in ("cluster", "hub", "component", "basis"))] += Decimal(row["cost"])
    assert {tuple(keys): cost for *keys, cost in found} == {keys: cost for keys, cost in told.items() if cost}


def test_details_of_a_split_follow_the_schema(exports: dict[tuple[str, str], Path]) -> None:
    with duckdb.connect() as con:
        found = con.execute(
            f"select distinct AllocatedMethodDetails::json from '{exports[MONTHS[-1], '1.4']}' where AllocatedMethodId is not null"
        ).fetchall()
    assert len(found) > 100
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for (details,) in found:
        validator.validate(json.loads(details))


def test_the_old_view_has_the_bearer_in_its_tags(exports: dict[tuple[str, str], Path]) -> None:
    with duckdb.connect() as con:
        rows, tagged = con.execute(
            "select count(*), count(*) filter (where Tags ->> '$.\"hub-name\"' = x_Hub and Tags ->> '$.\"cluster-name\"' = x_Cluster)"
            f" from '{exports[MONTHS[-1], '1.2']}' where x_Hub is not null"
        ).fetchall()[0]
        same = con.execute(f"select count(*) from '{exports[MONTHS[-1], '1.4']}' where x_Hub is not null").fetchall()
    assert [(rows,)] == [(tagged,)] == same


def test_another_version_gets_the_remedy(demo: Demo, tmp_path: Path) -> None:
    failed = demo.run(
        "costs", "export", "--month", MONTHS[0], "--to", str(tmp_path / "x.csv"), "--focus-version", "1.0", check=False
    )
    assert (failed.returncode, list(tmp_path.iterdir())) == (1, [])
    assert "choose 1.4 or 1.2" in failed.stderr
