"""The validator on small files and on the example's month: what it finds, where, and how it tells."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analytics.focus_versions import VERSIONS, columns
from analytics.lake import Lake
from analytics.show_validation import summary, validation_text
from analytics.validate import ValidationError, validate_files, validate_month
from examples.demo import MONTHS
from tests.bill import line, write_csv
from tests.fixtures_demo import hubledger

if TYPE_CHECKING:
    from pathlib import Path

    from analytics.validate import Validation
    from tests.bill import Line
    from tests.fixtures_demo import Demo

PRICED = {
    "ChargeFrequency": "Usage-Based", "ChargeDescription": "A core", "ContractedUnitPrice": "2", "ListUnitPrice": "2",
    "PricingCategory": "Standard", "PricingQuantity": "0.5", "PricingUnit": "Hours", "SkuId": "core", "SkuPriceId": "core/1",
    "ServiceSubcategory": "Virtual Machines", "SubAccountName": "Project A", "BillingAccountName": "Payer", "ChargeClass": "",
    "AvailabilityZone": "", "AllocatedMethodDetails": "",
}  # fmt: skip


def right(**changes: str) -> Line:
    """Return a line that conforms to FOCUS 1.4, but for `changes`."""
    return line(**PRICED) | changes


def told(found: Validation, level: str = "must") -> list[tuple[str, int, list[int | None]]]:
    """Return of each broken rule its name, how many rows break it, and the rows that are told."""
    return [
        (each.rule.id, each.count, [place.row for place in each.places])
        for each in found.violations
        if each.rule.level == level
    ]


def typed(path: Path, lines: list[Line], **kinds: pa.DataType) -> Path:
    """Write lines as Parquet, of the types that FOCUS wants, but for `kinds`."""
    known = columns("1.4")
    arrays = {}
    for name in lines[0]:
        kind = {"decimal": pa.decimal128(20, 6), "price": pa.decimal128(20, 6), "time": pa.timestamp("us", "UTC")}.get(
            known[name].kind if name in known else "", pa.string()
        )
        values = pa.array([each[name] or None for each in lines], pa.string())
        arrays[name] = values.cast(kinds.get(name, kind))
    pq.write_table(pa.table(arrays), path)
    return path


def test_a_row_that_is_wrong_is_named_with_what_is_required(tmp_path: Path) -> None:
    file = write_csv(
        tmp_path / "bill.csv", [right(), right(ListCost="7"), right(), right(ListCost="8", ChargeClass="Correction")]
    )
    found = validate_files(str(file))
    (violation,) = found.violations
    assert (violation.rule.id, violation.rule.reference, violation.count) == (
        "ListCost-product",
        "CAU-ListCost-C-011",
        2,
    )
    assert violation.rule.requirement == "is ListUnitPrice × PricingQuantity"
    assert [(place.file, place.row, dict(place.values)) for place in violation.places] == [
        (str(file), 2, {"ListCost": "7", "ListUnitPrice": "2", "PricingQuantity": "0.5"}),
        (str(file), 4, {"ListCost": "8", "ListUnitPrice": "2", "PricingQuantity": "0.5"}),
    ]
    assert not found.conforms
    assert summary(found).endswith("4 rows: 1 rule broken")


def test_until_1_2_a_correction_needs_no_product(tmp_path: Path) -> None:
    old = right(ListCost="8", ChargeClass="Correction", ProviderName="Google", PublisherName="Google")
    for name in ("ServiceProviderName", "HostProviderName", "AllocatedMethodDetails"):
        old.pop(name)
    file = write_csv(tmp_path / "bill.csv", [old])
    assert told(validate_files(str(file), version="1.2")) == []
    assert told(validate_files(str(file), version="1.0")) == [("column-unknown", 1, [None])]  # ServiceSubcategory


def test_what_differs_by_rounding_alone_is_right(tmp_path: Path) -> None:
    prices = {
        "ListUnitPrice": "0.031611",
        "PricingQuantity": "1000000.000001",
        "ContractedUnitPrice": "0",
        "ContractedCost": "0",
    }
    rows = [right(**prices, ListCost=cost) for cost in ("31611.00003", "31611.0001")]
    assert told(validate_files(str(write_csv(tmp_path / "bill.csv", rows)))) == [("ListCost-product", 1, [2])]


def test_numbers_beyond_the_engine_s_are_no_numbers(tmp_path: Path) -> None:
    rows = [right(BilledCost=cost) for cost in ("1E-7", "1e400", "NaN", "-0.50", "1_000")]
    assert told(validate_files(str(write_csv(tmp_path / "bill.csv", rows)))) == [("BilledCost-format", 3, [2, 3, 5])]


def test_only_the_first_rows_are_told(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "bill.csv", [right(BillingCurrency="XQX")] * 1000)
    assert told(validate_files(str(file), most=3)) == [("BillingCurrency-values", 1000, [1, 2, 3])]
    assert len(validation_text(validate_files(str(file), most=2), "csv").splitlines()) == 3


def test_several_files_are_one_dataset(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", [right(), right(SkuId="ram")])
    write_csv(tmp_path / "b.csv.gz", [right(), right(BilledCost="")])
    found = validate_files(str(tmp_path))
    assert (found.files, found.rows) == (2, 4)
    assert [
        (v.rule.id, [(p.file[-8:], p.row, p.values[v.rule.columns[0]]) for p in v.places]) for v in found.violations
    ] == [
        ("BilledCost-null", [("b.csv.gz", 2, None)]),
        ("SkuPriceId-parent", [(str(tmp_path / "a.csv")[-8:], 2, "core/1: ram")]),
    ]
    assert validate_files(str(tmp_path / "a*")).files == 1


def test_parquet_has_types(tmp_path: Path) -> None:
    file = typed(tmp_path / "bill.parquet", [right(), right(ListCost="7")])
    assert told(validate_files(str(file))) == [("ListCost-product", 1, [2])]
    odd = typed(
        tmp_path / "odd.parquet",
        [right()],
        BilledCost=pa.string(),
        ChargePeriodStart=pa.string(),
        EffectiveCost=pa.float64(),
    )
    assert told(validate_files(str(odd))) == [("BilledCost-type", 1, [None]), ("ChargePeriodStart-type", 1, [None])]


def test_tags_may_be_maps(tmp_path: Path) -> None:
    table = pq.read_table(typed(tmp_path / "plain.parquet", [right(), right()]))
    tags = pa.array([[("hub-name", "reef")], None], pa.map_(pa.string(), pa.string()))
    pq.write_table(table.append_column("Tags", tags), tmp_path / "bill.parquet")
    assert told(validate_files(str(tmp_path / "bill.parquet"))) == []


def test_columns_are_asked_for_by_version(tmp_path: Path) -> None:
    row = right(Provider="Google", x_mine="1")
    row.pop("ServiceName")
    row.pop("ServiceSubcategory")
    found = validate_files(str(write_csv(tmp_path / "bill.csv", [row])), version="1.4")
    assert told(found) == [("ServiceName-present", 1, [None]), ("column-unknown", 1, [None])]
    assert told(found, "should") == [("ServiceSubcategory-present", 1, [None])]


def test_what_an_issuer_does_not_support_is_not_asked_of_it(tmp_path: Path) -> None:
    plain = right(
        InvoiceIssuerName="University",
        SkuPriceId="",
        ListUnitPrice="",
        ContractedUnitPrice="",
        PricingCategory="",
        SkuId="",
    )
    assert told(validate_files(str(write_csv(tmp_path / "a.csv", [right(), plain])))) == []
    partly = right(SkuPriceId="", ListUnitPrice="", ContractedUnitPrice="", PricingCategory="", SkuId="")
    broken = told(validate_files(str(write_csv(tmp_path / "b.csv", [right(), partly]))))
    assert {rule for rule, _, rows in broken if rows == [2]} == {
        "SkuId-given", "SkuPriceId-given", "ListUnitPrice-given", "ContractedUnitPrice-given", "PricingCategory-given",
        "PricingQuantity-no-sku",
    }  # fmt: skip


@pytest.mark.parametrize("month", MONTHS)
def test_the_example_s_charges_conform(demo: Demo, month: str) -> None:
    found = validate_month(Lake(str(demo.lake)), month)
    assert (found.version, told(found)) == ("1.4", [])
    assert found.rows == sum(int(row["rows"]) for row in demo.totals if row["billing_period"] == month)


def test_a_charge_is_found_in_the_lake_s_file(demo: Demo) -> None:
    found = validate_month(Lake(str(demo.lake)), MONTHS[0], most=1)
    style = next(each for each in found.violations if each.rule.id == "PricingUnit-style")  # as the issuer writes it
    place = style.places[0]
    assert pq.read_table(place.file)["PricingUnit"][(place.row or 0) - 1].as_py() == place.values["PricingUnit"]


def test_the_command_fails_only_on_what_must_hold(tmp_path: Path) -> None:
    good = write_csv(tmp_path / "good.csv", [right(ChargeDescription="")])
    done = hubledger("costs", "validate", str(good), fleet=tmp_path, lake=tmp_path / "lake")
    assert "ChargeDescription-given (should)" in done.stdout
    assert "conforms to FOCUS 1.4, 1 recommendation not followed" in done.stdout

    bad = write_csv(tmp_path / "bad.csv", [right(BilledCost="a lot")])
    failed = hubledger(
        "costs", "validate", str(bad), "--format", "json", fleet=tmp_path, lake=tmp_path / "lake", check=False
    )
    assert failed.returncode == 1
    said = json.loads(failed.stdout)
    assert (said["conforms"], said["version"], said["rows"]) == (False, "1.4", 1)
    assert said["violations"][0]["value"] == "a lot"

    table = hubledger(
        "costs", "validate", str(bad), "--format", "csv", fleet=tmp_path, lake=tmp_path / "lake", check=False
    )
    (row,) = csv.DictReader(io.StringIO(table.stdout))
    assert (row["rule"], row["level"], row["row"], row["column"], row["value"]) == (
        "BilledCost-format", "must", "1", "BilledCost", "a lot",
    )  # fmt: skip
    assert row["reference"] == "NumericFormat"


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("none.csv", None, "no such file"),
        ("bill.txt", "a,b\n", "not a FOCUS file's name"),
        ("empty.csv", "", "empty"),
        ("twice.csv", "BilledCost,BilledCost\n1,2\n", "two columns are named BilledCost"),
        ("ragged.csv", "BilledCost,ListCost\n1,2\n1,2,3\n", "line 3"),
        ("bill.parquet", "not Parquet", "the file is damaged or not what its name says"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, content: str | None, text: str) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(ValidationError, match=text) as caught:
        validate_files(str(tmp_path / name))
    assert name in str(caught.value)


def test_files_of_two_kinds_are_not_one_dataset(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", [right()])
    typed(tmp_path / "b.parquet", [right()])
    with pytest.raises(ValidationError, match="give files of one kind"):
        validate_files(str(tmp_path))


def test_a_month_without_charges_gets_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="hubledger costs ingest --month 2031-01"):
        validate_month(Lake(str(tmp_path / "lake")), "2031-01")


@pytest.mark.parametrize("version", VERSIONS)
def test_every_rule_of_every_version_runs(tmp_path: Path, version: str) -> None:
    row = dict.fromkeys(columns(version), "")
    found = validate_files(str(write_csv(tmp_path / "bill.csv", [row])), version=version)
    mandatory = {f"{name}-null" for name, column in columns(version).items() if not column.allows_nulls}
    assert {rule for rule, _, _ in told(found)} == mandatory
    assert found.rows == 1
