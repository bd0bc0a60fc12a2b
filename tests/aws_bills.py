"""AWS's bills as AWS writes them: line items as CUR 2.0 and legacy reports, CSV and Parquet, and how they are delivered to S3."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.fixtures_aws import Bucket

PAYER = "012345678901"
REEF = "111122223333"
SCALE = Decimal("1e-12")
PLAN = f"arn:aws:savingsplans::{PAYER}:savingsplan/aaaa"
RESERVATION = f"arn:aws:ec2:us-west-2:{PAYER}:reserved-instances/bbbb"

# The columns of CUR 2.0 that a bill of these tests has, what the legacy report calls them, and a line's values.
COLUMNS: dict[str, tuple[str, str]] = {
    "identity_line_item_id": ("identity/LineItemId", "q1"),
    "bill_invoice_id": ("bill/InvoiceId", "EUINREEF26"),
    "bill_invoicing_entity": ("bill/InvoicingEntity", "Amazon Web Services EMEA SARL"),
    "bill_billing_entity": ("bill/BillingEntity", "AWS"),
    "bill_bill_type": ("bill/BillType", "Anniversary"),
    "bill_payer_account_id": ("bill/PayerAccountId", PAYER),
    "bill_billing_period_start_date": ("bill/BillingPeriodStartDate", "2026-10-01T00:00:00Z"),
    "bill_billing_period_end_date": ("bill/BillingPeriodEndDate", "2026-11-01T00:00:00Z"),
    "line_item_usage_account_id": ("lineItem/UsageAccountId", REEF),
    "line_item_legal_entity": ("lineItem/LegalEntity", "Amazon Web Services EMEA SARL"),
    "line_item_line_item_type": ("lineItem/LineItemType", "Usage"),
    "line_item_usage_start_date": ("lineItem/UsageStartDate", "2026-10-05T10:00:00Z"),
    "line_item_usage_end_date": ("lineItem/UsageEndDate", "2026-10-05T11:00:00Z"),
    "line_item_product_code": ("lineItem/ProductCode", "AmazonEC2"),
    "line_item_usage_type": ("lineItem/UsageType", "USW2-BoxUsage:r5.xlarge"),
    "line_item_availability_zone": ("lineItem/AvailabilityZone", "us-west-2b"),
    "line_item_resource_id": ("lineItem/ResourceId", "i-0123456789abcdef0"),
    "line_item_usage_amount": ("lineItem/UsageAmount", "1"),
    "line_item_currency_code": ("lineItem/CurrencyCode", "USD"),
    "line_item_unblended_rate": ("lineItem/UnblendedRate", "0.252"),
    "line_item_unblended_cost": ("lineItem/UnblendedCost", "0.252"),
    "line_item_line_item_description": (
        "lineItem/LineItemDescription",
        "$0.252 per On Demand Linux r5.xlarge Instance Hour",
    ),
    "line_item_tax_type": ("lineItem/TaxType", ""),
    "line_item_user_identifier": ("lineItem/UserIdentifier", "quillon@reef.example.org"),
    "product_region_code": ("product/regionCode", "us-west-2"),
    "product_sku": ("product/sku", "7XQ5G9YPJTWPVDT3"),
    "pricing_rate_code": ("pricing/RateCode", "7XQ5G9YPJTWPVDT3.JRTCKXETXF.6YS6EN2CT7"),
    "pricing_unit": ("pricing/unit", "Hrs"),
    "pricing_public_on_demand_cost": ("pricing/publicOnDemandCost", "0.252"),
    "pricing_public_on_demand_rate": ("pricing/publicOnDemandRate", "0.252"),
    "reservation_reservation_a_r_n": ("reservation/ReservationARN", ""),
    "reservation_effective_cost": ("reservation/EffectiveCost", ""),
    "reservation_unused_amortized_upfront_fee_for_billing_period": (
        "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod",
        "",
    ),
    "reservation_unused_recurring_fee": ("reservation/UnusedRecurringFee", ""),
    "savings_plan_savings_plan_a_r_n": ("savingsPlan/SavingsPlanARN", ""),
    "savings_plan_savings_plan_effective_cost": ("savingsPlan/SavingsPlanEffectiveCost", ""),
    "savings_plan_total_commitment_to_date": ("savingsPlan/TotalCommitmentToDate", ""),
    "savings_plan_used_commitment": ("savingsPlan/UsedCommitment", ""),
    "split_line_item_parent_resource_id": ("splitLineItem/ParentResourceId", ""),
    "split_line_item_split_cost": ("splitLineItem/SplitCost", ""),
    "split_line_item_unused_cost": ("splitLineItem/UnusedCost", ""),
}
# Columns of an account with private discounts.
NET: dict[str, tuple[str, str]] = {
    "line_item_net_unblended_cost": ("lineItem/NetUnblendedCost", ""),
    "savings_plan_net_savings_plan_effective_cost": ("savingsPlan/NetSavingsPlanEffectiveCost", ""),
    "reservation_net_effective_cost": ("reservation/NetEffectiveCost", ""),
    "split_line_item_net_split_cost": ("splitLineItem/NetSplitCost", ""),
    "split_line_item_net_unused_cost": ("splitLineItem/NetUnusedCost", ""),
}
DOUBLES = frozenset(
    name
    for name in [*COLUMNS, *NET]
    if name.endswith(("_cost", "_amount", "_fee", "_period", "_to_date", "_commitment")) and "_rate" not in name
)
TIMES = frozenset(name for name in COLUMNS if name.endswith("_date") and "commitment" not in name)
Line = dict[str, Any]  # values by CUR 2.0's column names; `tags` and `product` are mappings
Write = Callable[[Sequence[Line]], bytes]


def line(cost: str | None = None, **changes: Any) -> Line:
    """Return a line item of an hour of a machine, with `changes` by the end of a column's name."""
    made: Line = {name: value for name, (_, value) in COLUMNS.items()}
    made |= {"tags": {"user:2i2c:hub-name": "prod"}, "product": {"product_name": "Amazon Elastic Compute Cloud"}}
    if cost is not None:
        made |= {"line_item_unblended_cost": cost, "line_item_unblended_rate": cost}
        made |= {"pricing_public_on_demand_cost": cost, "pricing_public_on_demand_rate": cost}
    for key, value in changes.items():
        known = [name for name in [*COLUMNS, *NET, "tags", "product"] if name == key or name.endswith(f"_{key}")]
        made[min(known, key=len) if known else key] = value
    return made


def columns(lines: Iterable[Line]) -> list[str]:
    return list(dict.fromkeys(name for each in lines for name in each if name not in ("tags", "product")))


def legacy_name(name: str) -> str:
    return (COLUMNS | NET).get(name, (name, ""))[0]


def legacy_csv(lines: Sequence[Line]) -> bytes:
    """Write a legacy report's CSV: a column a tag, times with Z, empty where there is nothing."""
    names = columns(lines)
    tags = sorted({key for each in lines for key in each["tags"]})
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        [*(legacy_name(name) for name in names), "product/ProductName", *(f"resourceTags/{t}" for t in tags)]
    )
    for each in lines:
        product = each["product"].get("product_name", "")
        writer.writerow(
            [*(each.get(name, "") for name in names), product, *(each["tags"].get(tag, "") for tag in tags)]
        )
    return gzip.compress(out.getvalue().encode(), mtime=0)


def modern_csv(lines: Sequence[Line]) -> bytes:
    """Write CUR 2.0's CSV: maps as JSON, tags under the names that Athena gives them."""
    names = columns(lines)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow([*names, "product", "resource_tags"])
    for each in lines:
        tags = {athena(key): value for key, value in each["tags"].items()}
        writer.writerow([*(each.get(name, "") for name in names), json.dumps(each["product"]), json.dumps(tags)])
    return gzip.compress(out.getvalue().encode(), mtime=0)


def modern_parquet(lines: Sequence[Line]) -> bytes:
    """Write CUR 2.0's Parquet: doubles, timestamps, maps."""
    text = pa.map_(pa.string(), pa.string())
    arrays = _arrays(lines)
    arrays["product"] = pa.array([list(each["product"].items()) for each in lines], text)
    tags = [[(athena(key), value) for key, value in each["tags"].items()] for each in lines]
    arrays["resource_tags"] = pa.array(tags, text)
    return _parquet(arrays)


def legacy_parquet(lines: Sequence[Line]) -> bytes:
    """Write a legacy report's Parquet: a column a tag, under the names that Athena gives them."""
    arrays = _arrays(lines)
    arrays["product_product_name"] = pa.array([each["product"].get("product_name", "") for each in lines])
    for tag in sorted({key for each in lines for key in each["tags"]}):
        arrays[f"resource_tags_{athena(tag)}"] = pa.array([each["tags"].get(tag) for each in lines])
    return _parquet(arrays)


def athena(key: str) -> str:
    """Return a tag's key as Athena writes it: `user:2i2c:hub-name` is `user_2i2c_hub_name`."""
    text = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)
    parts = "".join(letter if letter.isalnum() else "_" for letter in text).split("_")
    return "_".join(part for part in parts if part)


WRITERS: dict[str, Write] = {
    "legacy.csv.gz": legacy_csv,
    "legacy.parquet": legacy_parquet,
    "modern.csv.gz": modern_csv,
    "modern.parquet": modern_parquet,
}


def _arrays(lines: Sequence[Line]) -> dict[str, pa.Array]:
    arrays = {}
    for name in columns(lines):
        values = [each.get(name, "") for each in lines]
        if name in DOUBLES:
            arrays[name] = pa.array([float(value) if value else None for value in values], pa.float64())
        elif name in TIMES:
            times = [datetime.fromisoformat(value).astimezone(UTC).replace(tzinfo=None) for value in values]
            arrays[name] = pa.array(times, pa.timestamp("ms"))
        else:
            arrays[name] = pa.array(values, pa.string())
    return arrays


def _parquet(arrays: Mapping[str, pa.Array]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(dict(arrays)), out)
    return out.getvalue()


def total(lines: Iterable[Line]) -> Decimal:
    """Add up what lines cost, apart from any engine: each amount by its own text, to twelve places."""
    amounts = (each.get("line_item_net_unblended_cost") or each["line_item_unblended_cost"] or "0" for each in lines)
    return sum((Decimal(amount).quantize(SCALE, ROUND_HALF_UP) for amount in amounts), Decimal(0))


def deliver_modern(
    bucket: Bucket,
    files: Sequence[bytes],
    *,
    month: str = "2026-10",
    suffix: str = "snappy.parquet",
    run: str = "",
    export: str = "exports/reef",
    leave_out: int = 0,
) -> list[str]:
    """Put a delivery of Data Exports: overwritten, or in a folder of its own named `run`; its last files may be left out."""
    below = f"BILLING_PERIOD={month}/{run + '/' if run else ''}"
    name = export.rsplit("/", 1)[-1]
    keys = [f"{export}/data/{below}{name}-{number:05}.{suffix}" for number in range(1, len(files) + 1)]
    for key, content in list(zip(keys, files, strict=True))[: len(files) - leave_out]:
        bucket.put(key, content)
    manifest = {"executionId": run, "dataFiles": [f"s3://{bucket.name}/{key}" for key in keys], "columns": []}
    bucket.put(f"{export}/metadata/{below}{name}-Manifest.json", json.dumps(manifest).encode())
    return keys


def deliver_legacy(
    bucket: Bucket, files: Sequence[bytes], *, month: str = "2026-10", assembly: str = "", report: str = "exports/reef"
) -> list[str]:
    """Put a delivery of a legacy report: overwritten, or in a folder of its own named `assembly`."""
    year, number = map(int, month.split("-"))
    after = f"{year + number // 12}{number % 12 + 1:02}01"
    folder = f"{report}/{year}{number:02}01-{after}"
    name = report.rsplit("/", 1)[-1]
    below = f"{folder}/{assembly + '/' if assembly else ''}"
    keys = [bucket.put(f"{below}{name}-{at:05}.csv.gz", content) for at, content in enumerate(files, 1)]
    period = {"start": f"{year}{number:02}01T000000.000Z", "end": f"{after}T000000.000Z"}
    manifest = {"assemblyId": assembly, "bucket": bucket.name, "reportKeys": keys, "billingPeriod": period}
    for place in {below, f"{folder}/"}:
        bucket.put(f"{place}{name}-Manifest.json", json.dumps(manifest).encode())
    return keys
