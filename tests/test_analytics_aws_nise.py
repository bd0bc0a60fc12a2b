"""Bills that koku-nise made, which knows AWS's reports by itself, from a bucket into a lake: totals, two months, a restatement."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

import pytest

from tests.aws_bills import SCALE, deliver_legacy
from tests.test_analytics_aws import Bill

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures_aws import Bucket
    from tests.fixtures_nise import Nise

HOUR = """\
      - EC2Generator:
          start_date: 2026-09-29
          end_date: 2026-10-02
          resource_id: {id}
          product_sku: VEAJHRNKTJQQ
          region: us-west-2a
          tags: {{"resourceTags/user:2i2c:hub-name": {hub}}}
          instance_type: {{inst_type: r5.xlarge, physical_cores: 2, vcpu: 4, memory: 32 GiB, storage: EBS, family: Memory,
            cost: {cost}, rate: {cost}, saving: {saving}, {more}}}
"""
STATIC = """\
---
generators:
{machines}
      - EBSGenerator:
          start_date: 2026-09-29
          end_date: 2026-10-02
          resource_id: 12345678
          tags: {{"resourceTags/user:2i2c:hub-name": prod}}
      - S3Generator:
          start_date: 2026-09-29
          end_date: 2026-10-02
      - DataTransferGenerator:
          start_date: 2026-09-29
          end_date: 2026-10-02
accounts:
  payer: 999999999999
  user: [111122223333]
  currency_code: USD
"""
MACHINES = (
    ("11111111", "prod", "0.252", "null", ""),
    ("22222222", "prod", "0.252", "0.18", ""),
    ("33333333", "staging", "0.252", "null", "negation: true"),
    ("44444444", "staging", "0.6", "null", "reserved_instance: true"),
    ("55555555", "prod", "10", "null", "recurring_fee: true"),
    ("66666666", "prod", "1200", "null", "upfront_fee: true"),
)


@pytest.fixture(scope="module")
def reports(nise: Nise, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the report of each month, as nise wrote it."""
    static = tmp_path_factory.mktemp("nise") / "static.yml"
    machines = "".join(HOUR.format(id=i, hub=h, cost=c, saving=s, more=m) for i, h, c, s, m in MACHINES)
    static.write_text(STATIC.format(machines=machines).replace("      - ", "  - "))
    folder = nise("aws", "-s", "2026-09-29", "-e", "2026-10-02", "-w", "--static-report-file", str(static))
    names = {"2026-09": "September-2026", "2026-10": "October-2026"}
    return {month: next(folder.glob(f"{name}*.csv")) for month, name in names.items()}


def totals(report: Path) -> tuple[Decimal, dict[str, Decimal], set[str]]:
    """Add a report up, apart from any engine: all of it, by hub, and which types its line items have."""
    everything, hubs, types = Decimal(0), defaultdict[str, Decimal](Decimal), set()
    with report.open(newline="") as file:
        for row in csv.DictReader(file):
            cost = Decimal(row["lineItem/UnblendedCost"]).quantize(SCALE, ROUND_HALF_UP)
            everything += cost
            hubs[row.get("resourceTags/user:2i2c:hub-name") or ""] += cost
            types.add(row["lineItem/LineItemType"])
    return everything, dict(hubs), types


def deliver(bill: Bill, reports: dict[str, Path], *months: str, parts: int = 1) -> None:
    for month in months:
        head, *rows = reports[month].read_text().splitlines(keepends=True)
        files = [gzip.compress((head + "".join(rows[part::parts])).encode(), 1) for part in range(parts)]
        deliver_legacy(bill.bucket, files, month=month)


def test_a_nise_bill_comes_out_to_the_last_digit(aws_bucket: Bucket, reports: dict[str, Path], tmp_path: Path) -> None:
    bill = Bill(aws_bucket, tmp_path)
    deliver(bill, reports, "2026-10", "2026-09", parts=2)

    bill.ingest()

    expected = {month: totals(report) for month, report in reports.items()}
    assert bill.billed() == {month: whole for month, (whole, _, _) in expected.items()}
    assert expected["2026-09"][2] == {
        *("Usage", "SavingsPlanCoveredUsage", "SavingsPlanNegation"),
        *("DiscountedUsage", "SavingsPlanRecurringFee", "SavingsPlanUpfrontFee"),
    }
    hubs = "select coalesce(x_Hub, ''), sum(BilledCost) from charges where x_BillingPeriod = '2026-09' group by all"
    assert {hub: cost for hub, cost in bill.query(hubs)} == expected["2026-09"][1]  # noqa: C416
    assert bill.ingest() == ()


def test_a_nise_bill_is_provisional_until_it_is_finalized(
    aws_bucket: Bucket, reports: dict[str, Path], tmp_path: Path
) -> None:
    bill = Bill(aws_bucket, tmp_path)
    deliver(bill, reports, "2026-10")
    assert [each.final for each in bill.ingest()] == [False]

    final = tmp_path / "final.csv"
    with reports["2026-10"].open(newline="") as source, final.open("w", newline="") as target:
        rows = csv.DictReader(source)
        writer = csv.DictWriter(target, rows.fieldnames or ())
        writer.writeheader()
        writer.writerows(row | {"bill/InvoiceId": "987654321"} for row in rows)
    deliver(bill, {"2026-10": final}, "2026-10")
    (delivery,) = bill.ingest()
    assert delivery.final
    assert bill.billed() == {"2026-10": totals(final)[0]}


def test_a_restated_nise_bill_replaces_its_month_alone(
    aws_bucket: Bucket, reports: dict[str, Path], tmp_path: Path
) -> None:
    bill = Bill(aws_bucket, tmp_path)
    deliver(bill, reports, "2026-09", "2026-10")
    bill.ingest()
    restated = tmp_path / "restated.csv"
    lines = reports["2026-10"].read_text().splitlines(keepends=True)
    restated.write_text("".join(lines[: len(lines) // 2]))
    deliver(bill, {"2026-10": restated}, "2026-10")

    assert [each.billing_period for each in bill.ingest()] == ["2026-10"]

    assert bill.billed() == {"2026-09": totals(reports["2026-09"])[0], "2026-10": totals(restated)[0]}
    assert bill.query("select min(ChargePeriodStart) from charges where x_BillingPeriod = '2026-10'") == [
        (datetime(2026, 10, 1, tzinfo=UTC),)
    ]
