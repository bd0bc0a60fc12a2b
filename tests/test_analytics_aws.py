"""AWS's bills from S3 into a lake: what is read, what is written, and when nothing is."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from analytics import engine
from analytics.aws import ingest
from analytics.focus_rules import Level
from analytics.ingest import ingest as ingest_fleet
from analytics.lake import Lake
from analytics.tables import CHARGES
from analytics.validate import validate_month
from terraform.fleet import AwsBilling, Labels
from terraform.fleet_files import load
from tests.aws_bills import (
    PAYER,
    WRITERS,
    Write,
    deliver_legacy,
    deliver_modern,
    legacy_csv,
    line,
    modern_csv,
    modern_parquet,
    total,
)
from tests.fixtures_fleet import write
from tests.test_analytics_aws_lines import KINDS, pods

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from analytics.charges import Delivery
    from tests.fixtures_aws import Bucket

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SEPTEMBER = {
    "billing_period_start_date": "2026-09-01T00:00:00Z",
    "billing_period_end_date": "2026-10-01T00:00:00Z",
    "usage_start_date": "2026-09-05T10:00:00Z",
    "usage_end_date": "2026-09-05T11:00:00Z",
}


class Bill:
    """A bill in a bucket, and a lake that it goes into."""

    def __init__(self, bucket: Bucket, folder: Path, prefix: str = "exports/reef") -> None:
        self.bucket = bucket
        self.source = AwsBilling(f"s3://{bucket.name}/{prefix}", endpoint=bucket.aws.url)
        self.lake = Lake(str(folder / "lake"))
        self.heard: list[str] = []

    def ingest(
        self, *, months: Collection[str] | None = None, talk: Callable[[str], None] | None = None
    ) -> tuple[Delivery, ...]:
        self.heard.clear()
        return ingest(
            self.source,
            labels=Labels(),
            lake=self.lake,
            sources={self.source.id},
            months=months,
            now=NOW,
            talk=talk or self.heard.append,
        )

    def query(self, sql: str) -> list[tuple[object, ...]]:
        with engine.connect() as con:
            self.lake.attach(con, CHARGES)
            return con.execute(sql).fetchall()

    def billed(self) -> dict[object, object]:
        return dict(self.query("select x_BillingPeriod, sum(BilledCost) from charges group by all order by all"))  # type: ignore[arg-type]

    def read(self) -> list[str]:
        """Return the periods that the last `ingest` read."""
        return [text.split(": ")[1] for text in self.heard if ": reading " in text]


@pytest.fixture
def bill(aws_bucket: Bucket, tmp_path: Path) -> Bill:
    return Bill(aws_bucket, tmp_path)


LINES = [
    line("0.252"),
    line("0.1", resource_id="vol-0123", usage_type="USW2-EBS:VolumeUsage.gp3", unit="GB-Mo"),
    line("0.0000000001", product_code="AmazonS3", product={"product_name": "Amazon Simple Storage Service"}, tags={}),
    line("-3.25", line_item_type="Credit", description="Research credits", resource_id="", usage_type=""),
    line("4.75", line_item_type="Tax", tax_type="VAT", description="VAT", resource_id=""),
    line("29", line_item_type="Fee", product_code="OCBPremiumSupport", product={}, resource_id="", tags={}),
]


@pytest.mark.parametrize("name", WRITERS)
def test_a_bill_arrives_in_the_lake_to_the_last_digit(bill: Bill, name: str) -> None:
    write = WRITERS[name]
    if name == "legacy.csv.gz":
        deliver_legacy(bill.bucket, [write(LINES[:3]), write(LINES[3:])])
    else:
        deliver_modern(bill.bucket, [write(LINES[:3]), write(LINES[3:])], suffix=name.split(".", 1)[1])

    (delivery,) = bill.ingest()

    assert delivery.billed_cost == total(LINES) == Decimal("30.8520000001")
    assert (delivery.issuer, delivery.billing_account) == ("Amazon Web Services EMEA SARL", PAYER)
    assert (delivery.billing_period, delivery.currency, delivery.rows) == ("2026-10", "USD", 6)
    assert delivery.final
    assert bill.query(
        "select ServiceName, ChargeCategory, x_Component, x_Hub, x_Node, BilledCost from charges order by BilledCost"
    ) == [
        ("Amazon Elastic Compute Cloud", "Credit", "credit", "prod", None, Decimal("-3.25")),
        ("Amazon Simple Storage Service", "Usage", "object storage", None, "i-0123456789abcdef0", Decimal("1e-10")),
        ("Amazon Elastic Compute Cloud", "Usage", "compute", "prod", None, Decimal("0.1")),
        ("Amazon Elastic Compute Cloud", "Usage", "compute", "prod", "i-0123456789abcdef0", Decimal("0.252")),
        ("Amazon Elastic Compute Cloud", "Tax", "tax", "prod", None, Decimal("4.75")),
        ("AWS Support", "Purchase", "support", None, None, Decimal(29)),
    ]


def test_no_person_of_a_bill_reaches_the_lake(bill: Bill) -> None:
    tags = {"user:2i2c:hub-name": "prod", "user:owner": "quillon", "userAttribute/email": "quillon@reef.example.org"}
    deliver_modern(bill.bucket, [modern_parquet([line(tags=tags)])])
    bill.ingest()
    (kept,) = bill.query("select Tags from charges")
    assert kept == ('{"2i2c:hub-name":"prod"}',)
    found = [file for file in bill.lake.folder.rglob("*") if file.is_file() and b"quillon" in file.read_bytes()]  # type: ignore[union-attr]
    assert found == []


def test_what_did_not_change_is_not_read_again(bill: Bill) -> None:
    deliver_modern(bill.bucket, [modern_parquet([line(**SEPTEMBER)])], month="2026-09")
    deliver_modern(bill.bucket, [modern_parquet(LINES)])
    assert len(bill.ingest()) == 2
    version = bill.lake.version(CHARGES)

    assert bill.ingest() == ()

    assert bill.read() == []
    assert bill.lake.version(CHARGES) == version


def test_a_restated_period_is_read_again_and_no_other(bill: Bill) -> None:
    deliver_modern(bill.bucket, [modern_parquet([line(**SEPTEMBER)])], month="2026-09")
    deliver_modern(bill.bucket, [modern_parquet(LINES)])
    bill.ingest()

    restated = [*LINES, line("1.5")]
    deliver_modern(bill.bucket, [modern_parquet(restated)])
    (delivery,) = bill.ingest()

    assert bill.read() == ["2026-10"]
    assert delivery.billed_cost == total(restated)
    assert bill.billed() == {"2026-09": Decimal("0.252"), "2026-10": total(restated)}


def test_only_the_months_asked_for_are_read(bill: Bill) -> None:
    deliver_modern(bill.bucket, [modern_parquet([line(**SEPTEMBER)])], month="2026-09")
    deliver_modern(bill.bucket, [modern_parquet(LINES)])
    assert [each.billing_period for each in bill.ingest(months=["2026-09"])] == ["2026-09"]
    assert [each.billing_period for each in bill.ingest()] == ["2026-10"]


@pytest.mark.parametrize("newest", [0, 1])
def test_of_deliveries_in_folders_of_their_own_the_newest_counts_in_whatever_order_they_came(
    bill: Bill, newest: int
) -> None:
    runs = ["2026-10-05T02:31:53.911Z-aaaa", "2026-10-06T02:31:53.911Z-0000"]
    for run in runs if newest else reversed(runs):
        deliver_modern(bill.bucket, [modern_csv([line(run[8:10])])], run=run, suffix="csv.gz")
    bill.ingest()
    assert bill.billed() == {"2026-10": Decimal(6)}


def test_of_a_legacy_report_s_deliveries_the_one_its_month_s_manifest_names_counts(bill: Bill) -> None:
    deliver_legacy(bill.bucket, [legacy_csv([line("5")])], assembly="ffff")
    deliver_legacy(bill.bucket, [legacy_csv([line("6")])], assembly="0000")
    bill.ingest()
    assert bill.billed() == {"2026-10": Decimal(6)}


def test_a_delivery_cut_off_in_the_middle_leaves_the_one_before(bill: Bill) -> None:
    deliver_modern(bill.bucket, [modern_parquet([line("5")])], run="2026-10-05T02:31:53Z-aaaa")
    bill.ingest()
    files = [modern_parquet([line("6")]), modern_parquet([line("7")])]
    deliver_modern(bill.bucket, files, run="2026-10-06T02:31:53Z-bbbb", leave_out=1)
    assert bill.ingest() == ()
    assert "not complete" in bill.heard[0]
    assert bill.billed() == {"2026-10": Decimal(5)}


def test_files_without_a_manifest_are_the_newest_folder_s(bill: Bill) -> None:
    below = "exports/reef/data/BILLING_PERIOD=2026-10"
    bill.bucket.put(f"{below}/2026-10-06T02:31:53Z-bbbb/reef-00001.snappy.parquet", modern_parquet([line("6")]))
    bill.bucket.put(f"{below}/2026-10-06T02:31:53Z-bbbb/reef-00002.snappy.parquet", modern_parquet([line("7")]))
    bill.bucket.put(f"{below}/2026-10-05T02:31:53Z-aaaa/reef-00001.snappy.parquet", modern_parquet([line("5")]))
    bill.ingest()
    assert bill.billed() == {"2026-10": Decimal(13)}


def test_athena_s_folders_of_a_legacy_report_are_read_and_its_status_is_not(bill: Bill) -> None:
    bill.bucket.put("exports/reef/reef/year=2026/month=10/reef-00001.snappy.parquet", WRITERS["legacy.parquet"](LINES))
    bill.bucket.put("exports/reef/cost_and_usage_data_status/part-0.parquet", b"PAR1")
    bill.ingest()
    assert bill.billed() == {"2026-10": total(LINES)}


def test_two_periods_in_one_file_each_replace_their_own(bill: Bill) -> None:
    both = [*LINES, line("2", **SEPTEMBER)]
    bill.bucket.put("exports/reef/bill.csv.gz", legacy_csv(both))
    assert len(bill.ingest()) == 2
    assert bill.billed() == {"2026-09": Decimal(2), "2026-10": total(LINES)}
    assert bill.ingest() == ()


def test_an_object_that_is_there_twice_counts_once(bill: Bill) -> None:
    content = modern_parquet(LINES)
    bill.bucket.put("exports/reef/data/BILLING_PERIOD=2026-10/reef-00001.snappy.parquet", content)
    bill.bucket.put("exports/reef/data/BILLING_PERIOD=2026-10/reef-00001 (1).snappy.parquet", content)
    bill.ingest()
    assert bill.billed() == {"2026-10": total(LINES)}
    assert any("is a copy of" in text for text in bill.heard)


def test_the_same_line_twice_is_two_lines(bill: Bill) -> None:
    deliver_modern(bill.bucket, [modern_parquet([line("0.1"), line("0.1")])])
    bill.ingest()
    assert bill.billed() == {"2026-10": Decimal("0.2")}


def test_a_bill_without_an_invoice_is_provisional(bill: Bill) -> None:
    deliver_modern(bill.bucket, [modern_parquet([line("1"), line("2", invoice_id="")])])
    (delivery,) = bill.ingest()
    assert not delivery.final


@pytest.mark.parametrize("write", [legacy_csv, modern_parquet])
def test_a_usage_after_the_period_s_end_stays_in_its_period(bill: Bill, write: Write) -> None:
    late = line("3", usage_start_date="2026-11-01T00:00:00Z", usage_end_date="2026-11-01T01:00:00Z")
    bill.bucket.put(f"exports/reef/20261001-20261101/a.{'csv.gz' if write is legacy_csv else 'parquet'}", write([late]))
    bill.ingest()
    assert bill.query("select x_BillingPeriod, ChargePeriodStart from charges") == [
        ("2026-10", datetime(2026, 11, 1, tzinfo=UTC))
    ]


def test_a_source_that_is_no_more_gives_way(bill: Bill) -> None:
    deliver_modern(bill.bucket, [modern_parquet(LINES)])
    bill.ingest()
    moved = Bill(bill.bucket, bill.lake.folder.parent, "exports/moved")  # type: ignore[union-attr]
    deliver_modern(bill.bucket, [modern_parquet(LINES)], export="exports/moved")
    moved.ingest()
    assert moved.billed() == {"2026-10": total(LINES)}


def test_the_charges_of_a_month_conform_to_focus(bill: Bill) -> None:
    lines = [each for each in KINDS.values() if each["line_item_line_item_type"] != "LoyaltyBonus"]
    deliver_modern(bill.bucket, [modern_parquet([*lines, line("0.3"), *pods({"prod": "0.3"})])])
    bill.ingest()
    found = validate_month(bill.lake, "2026-10")
    broken = [violation for violation in found.violations if violation.rule.level is Level.MUST]
    assert [(each.rule.id, each.rule.requirement) for each in broken] == []


def test_a_fleet_s_aws_bill_is_ingested_beside_its_others(bill: Bill, tmp_path: Path) -> None:
    deliver_modern(bill.bucket, [modern_parquet(LINES)])
    cluster = f"""\
name: reef
provider: aws
aws: {{clusterName: reef-eks, account_id: "111122223333"}}
hubs: [{{name: prod}}]
billing:
  - {{source: aws, path: "{bill.source.path}/", endpoint: "{bill.bucket.aws.url}"}}
  - {{source: aws, path: "s3://{bill.bucket.name}/nothing", endpoint: "{bill.bucket.aws.url}"}}
"""
    fleet = load(write(tmp_path / "fleet", {"clusters/reef/cluster.yaml": cluster}))
    done = ingest_fleet(fleet, bill.lake, clusters=None, months=None, now=NOW, watch=Quiet())
    assert [each.billed_cost for each in done.deliveries] == [total(LINES)]
    (failure,) = done.failures
    assert failure.startswith(f"aws:s3://{bill.bucket.name}/nothing: ")
    assert "no manifest and no .csv.gz" in failure


class Quiet:
    """Watches an ingest and says nothing."""

    def begin(self, source: str) -> Callable[[str], None]:
        return lambda text: None

    def end(self, source: str, outcome: str) -> None:
        pass
