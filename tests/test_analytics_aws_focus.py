"""AWS's own FOCUS exports, 1.0 and 1.2, from S3: maps, doubles, and the columns that AWS adds."""

from __future__ import annotations

import io
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.aws_bills import PAYER, REEF, deliver_modern
from tests.test_analytics_aws import Bill

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures_aws import Bucket

START, END = datetime(2026, 10, 1), datetime(2026, 11, 1)  # noqa: DTZ001 - as AWS writes them
ROW: dict[str, Any] = {
    "BilledCost": 0.252,
    "BillingAccountId": PAYER,
    "BillingAccountName": "Reef",
    "BillingCurrency": "USD",
    "BillingPeriodEnd": END,
    "BillingPeriodStart": START,
    "ChargeCategory": "Usage",
    "ChargeClass": None,
    "ChargeDescription": "$0.252 per On Demand Linux r5.xlarge Instance Hour",
    "ChargeFrequency": "Usage-Based",
    "ChargePeriodEnd": datetime(2026, 10, 5, 11),  # noqa: DTZ001
    "ChargePeriodStart": datetime(2026, 10, 5, 10),  # noqa: DTZ001
    "ContractedCost": 0.252,
    "EffectiveCost": 0.252,
    "InvoiceIssuerName": "Amazon Web Services, Inc.",
    "ListCost": 0.252,
    "ProviderName": "AWS",
    "PublisherName": "Amazon Web Services, Inc.",
    "RegionId": "us-west-2",
    "RegionName": "US West (Oregon)",
    "ResourceId": "i-0123456789abcdef0",
    "ResourceType": None,
    "ServiceCategory": "Compute",
    "ServiceName": "Amazon Elastic Compute Cloud",
    "SubAccountId": REEF,
    "Tags": [("user:2i2c:hub-name", "prod"), ("user:owner", "quillon")],
    "x_Discounts": [],
    "x_Operation": "RunInstances",
    "x_ServiceCode": "AmazonEC2",
    "x_UsageType": "USW2-BoxUsage:r5.xlarge",
}
VERSIONS = {
    "1.0": {},
    "1.2": {"InvoiceId": "EUINREEF26", "SubAccountType": "Linked Account", "ServiceSubcategory": "Virtual Machines"},
}


def export(*rows: dict[str, Any]) -> bytes:
    text = pa.map_(pa.string(), pa.string())
    arrays = {
        name: pa.array([row[name] for row in rows], text if name in ("Tags", "x_Discounts") else None)
        for name in rows[0]
    }
    out = io.BytesIO()
    pq.write_table(pa.table(arrays), out)
    return out.getvalue()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_focus_export_arrives_as_it_is(aws_bucket: Bucket, tmp_path: Path, version: str) -> None:
    bill = Bill(aws_bucket, tmp_path)
    row = ROW | VERSIONS[version]
    deliver_modern(aws_bucket, [export(row, row | {"BilledCost": 1e-10}), export(row)])

    (delivery,) = bill.ingest()

    assert delivery.billed_cost == Decimal("0.5040000001")
    assert delivery.final is (version == "1.2")
    assert bill.query("select distinct x_Hub, x_Node, x_Component, Tags from charges") == [
        ("prod", "i-0123456789abcdef0", "compute", '{"user:2i2c:hub-name":"prod"}')
    ]
    assert bill.ingest() == ()


def test_a_restated_focus_export_replaces_its_month(aws_bucket: Bucket, tmp_path: Path) -> None:
    bill = Bill(aws_bucket, tmp_path)
    deliver_modern(aws_bucket, [export(ROW, ROW)])
    bill.ingest()
    deliver_modern(aws_bucket, [export(ROW)])
    bill.ingest()
    assert bill.billed() == {"2026-10": Decimal("0.252")}
