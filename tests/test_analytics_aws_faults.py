"""AWS bills that can't be read: what is said, and that nothing is written."""

from __future__ import annotations

import gzip
import io
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

from analytics.aws import AwsBillingError
from analytics.aws_s3 import DENIED, explain
from analytics.focus import FocusError
from analytics.tables import CHARGES
from terraform.fleet import AwsBilling
from tests.aws_bills import deliver_legacy, deliver_modern, legacy_csv, line, modern_parquet, total
from tests.test_analytics_aws import LINES, SEPTEMBER, Bill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.aws_bills import Write
    from tests.fixtures_aws import Aws, Bucket

GOOD = modern_parquet(LINES)
MANIFEST = "exports/reef/metadata/BILLING_PERIOD=2026-10/reef-Manifest.json"
FILE = "exports/reef/data/BILLING_PERIOD=2026-10/reef-00001.csv.gz"


@pytest.fixture
def bill(aws_bucket: Bucket, tmp_path: Path) -> Bill:
    return Bill(aws_bucket, tmp_path)


@contextmanager
def refused(bill: Bill, said: str, error: type[Exception] = AwsBillingError) -> Iterator[None]:
    """Expect an error that says `said`, and the lake to stay as it is."""
    before = bill.lake.version(CHARGES)
    with pytest.raises(error) as caught:
        yield
    assert said in str(caught.value), str(caught.value)
    assert bill.lake.version(CHARGES) == before


def change(write: Write, **changes: str) -> bytes:
    """Return a bill whose second line differs."""
    return write([LINES[0], line(**changes)])


def without(name: str) -> bytes:
    return legacy_csv([{key: value for key, value in each.items() if key != name} for each in LINES])


def cells(content: bytes, change: Callable[[list[str]], list[str]]) -> bytes:
    return gzip.compress("\n".join(change(gzip.decompress(content).decode().splitlines())).encode())


FILES: dict[str, tuple[bytes, str]] = {
    "a missing column": (without("line_item_usage_account_id"), "column line_item_usage_account_id is missing"),
    "a renamed column": (
        cells(
            legacy_csv(LINES), lambda rows: [rows[0].replace("lineItem/CurrencyCode", "lineItem/Currency"), *rows[1:]]
        ),
        "column line_item_currency_code is missing (is line_item_currency it?)",
    ),
    "a missing cost": (without("line_item_unblended_cost"), "column line_item_unblended_cost is missing"),
    "a plan's column": (
        legacy_csv(
            [
                {k: v for k, v in line(line_item_type="SavingsPlanCoveredUsage").items() if "effective_cost" not in k},
            ]
        ),
        "column savings_plan_savings_plan_effective_cost is missing, which SavingsPlanCoveredUsage lines need",
    ),
    "text for money": (
        change(legacy_csv, unblended_cost="n/a"),
        f"{FILE}, row 2: lineItem/UnblendedCost: 'n/a' is not a number",
    ),
    "too much money": (
        change(legacy_csv, unblended_cost="1e27"),
        "row 2: lineItem/UnblendedCost: '1e27' is not a number",
    ),
    "no number": (change(legacy_csv, unblended_cost="NaN"), "lineItem/UnblendedCost: 'NaN' is not a number"),
    "text for a time": (
        change(legacy_csv, usage_start_date="yesterday"),
        "row 2: lineItem/UsageStartDate: 'yesterday' is not a time",
    ),
    "a cut gzip": (legacy_csv(LINES * 500)[:-900], "ended before the end-of-stream marker"),
    "no gzip": (b"PAR1 and more", "is damaged"),
    "a row cut short": (cells(legacy_csv(LINES), lambda rows: [*rows[:-1], rows[-1][:200]]), "line 7: "),
    "an empty file": (gzip.compress(b""), "is missing"),
    "another currency": (change(legacy_csv, currency_code="EUR"), "is billed in EUR and USD"),
    "no account": (change(legacy_csv, payer_account_id=""), "BillingAccountId is missing"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_is_named_and_nothing_is_written(bill: Bill, name: str) -> None:
    deliver_modern(bill.bucket, [legacy_csv(LINES)], suffix="csv.gz")
    bill.ingest()
    content, said = FILES[name]
    deliver_modern(bill.bucket, [content], suffix="csv.gz")
    with refused(bill, said, Exception if "account" in name else AwsBillingError):
        bill.ingest()
    assert bill.billed() == {"2026-10": total(LINES)}


def test_a_changed_column_type_is_told(bill: Bill) -> None:
    table = pq.read_table(io.BytesIO(GOOD))
    place = table.schema.get_field_index("line_item_unblended_cost")
    for kind, said in ((pa.bool_(), "column line_item_unblended_cost is BOOLEAN, not a number"),):
        out = io.BytesIO()
        pq.write_table(table.set_column(place, "line_item_unblended_cost", table.column(place).cast(kind)), out)
        deliver_modern(bill.bucket, [out.getvalue()])
        with refused(bill, said):
            bill.ingest()


@pytest.mark.parametrize(("content", "said"), [(GOOD[: len(GOOD) // 2], "damaged"), (b"PAR1", "damaged")])
def test_a_cut_parquet_is_told(bill: Bill, content: bytes, said: str) -> None:
    (key,) = deliver_modern(bill.bucket, [content])
    with refused(bill, f"{bill.bucket.name}/{key}: "):
        bill.ingest()


def test_a_manifest_that_names_no_file_replaces_nothing(bill: Bill) -> None:
    deliver_modern(bill.bucket, [GOOD])
    bill.ingest()
    bill.bucket.put(MANIFEST, json.dumps({"dataFiles": []}).encode())
    with refused(bill, "an empty manifest"):
        bill.ingest()


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"{", "not a manifest"), (b"[]", "not a manifest"), (b'{"dataFiles": ["s3://other/x.parquet"]}', "bucket other")],
)
def test_a_manifest_that_is_none_is_told(bill: Bill, content: bytes, said: str) -> None:
    bill.bucket.put(MANIFEST, content)
    with refused(bill, said):
        bill.ingest()


def test_a_manifest_that_names_what_is_not_there_is_told(bill: Bill) -> None:
    deliver_modern(bill.bucket, [GOOD, modern_parquet([line("7")])], leave_out=1)
    with refused(bill, "reef-00002.snappy.parquet, not there: the delivery is not complete"):
        bill.ingest()


def test_files_that_can_t_be_read_are_told(bill: Bill) -> None:
    deliver_modern(bill.bucket, [GOOD], suffix="zip")
    with refused(bill, "Parquet or gzipped CSV"):
        bill.ingest()


def test_two_exports_below_one_prefix_are_told(bill: Bill) -> None:
    deliver_modern(bill.bucket, [GOOD], export="exports/reef/one")
    deliver_modern(bill.bucket, [GOOD], export="exports/reef/two")
    with refused(bill, "2 exports lie below it"):
        bill.ingest()


def test_nothing_below_the_prefix_is_told(bill: Bill) -> None:
    bill.bucket.put("exports/reef-other/a.parquet", GOOD)
    with refused(bill, "no manifest and no .csv.gz or .parquet file below it"):
        bill.ingest()


def test_a_folder_with_rows_of_a_month_that_has_its_own_is_told(bill: Bill) -> None:
    deliver_modern(bill.bucket, [modern_parquet([line(**SEPTEMBER)])], month="2026-09")
    deliver_modern(bill.bucket, [modern_parquet([line(), line(**SEPTEMBER)])])
    with pytest.raises(AwsBillingError, match="the files of 2026-10 have rows of 2026-09 too"):
        bill.ingest()
    assert list(bill.billed()) == ["2026-09"]


@pytest.mark.parametrize("changed", [True, False])
def test_an_object_that_changes_or_goes_while_it_is_read_is_told(bill: Bill, changed: bool) -> None:
    (key,) = deliver_legacy(bill.bucket, [legacy_csv(LINES)])

    def talk(text: str) -> None:
        if "reading" in text:
            bill.bucket.put(key, legacy_csv([line("9")])) if changed else bill.bucket.delete(key)

    with refused(bill, "changed since the bucket was listed" if changed else "gone since the bucket was listed"):
        bill.ingest(talk=talk)
    if changed:
        bill.ingest()
        assert bill.billed() == {"2026-10": 9}


def test_a_bucket_that_is_not_there_is_told(bill: Bill) -> None:
    bill.source = AwsBilling("s3://no-such-bucket-of-reef/exports", endpoint=bill.bucket.aws.url)
    with refused(bill, "no such bucket. Correct the source's path"):
        bill.ingest()


def test_missing_credentials_are_told(bill: Bill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with refused(bill, "there are no AWS credentials here"):
        bill.ingest()


def test_an_unknown_profile_is_told(bill: Bill) -> None:
    bill.source = AwsBilling(bill.source.path, profile="reef", endpoint=bill.source.endpoint)
    with refused(bill, "The config profile (reef) could not be found"):
        bill.ingest()


def test_nobody_listening_is_told(bill: Bill) -> None:
    bill.source = AwsBilling(bill.source.path, endpoint="http://127.0.0.1:9")
    with refused(bill, "AWS could not be reached"):
        bill.ingest()


def test_access_denied_names_action_and_place(bill: Bill, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver_modern(bill.bucket, [GOOD])
    iam = aws.client("iam")
    name = bill.bucket.name
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    aws.authorize(after=0)
    try:
        with refused(bill, f"access denied: s3:ListBucket on bucket {name} is not allowed"):
            bill.ingest()
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREEF")
        with refused(bill, "AWS did not accept the credentials"):
            bill.ingest()
    finally:
        aws.authorize(after=float("inf"))


@pytest.mark.parametrize("code", sorted(DENIED))
def test_every_way_to_deny_is_understood(code: str) -> None:
    error = ClientError({"Error": {"Code": code, "Message": "no"}}, "GetObject")
    assert "s3:GetObject on s3://b/k is not allowed" in explain(error, "s3://b/k", "s3:GetObject", "s3://b/k")


def test_a_focus_export_that_is_none_is_told(bill: Bill) -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({"BilledCost": [1.0], "ChargePeriodStart": ["2026-10-01"], "Cost": [1.0]}), out)
    deliver_modern(bill.bucket, [out.getvalue()])
    with refused(bill, "FOCUS", FocusError):
        bill.ingest()


def test_a_focus_export_beside_a_report_is_told(bill: Bill) -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({"BilledCost": [1.0], "ChargePeriodStart": ["2026-10-01"]}), out)
    deliver_modern(bill.bucket, [GOOD, out.getvalue()])
    with refused(bill, "together they would count twice"):
        bill.ingest()
