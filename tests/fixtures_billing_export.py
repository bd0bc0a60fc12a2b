"""A Google Cloud billing export as Google makes it: the whole nested schema, and a small fleet's two months."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from google.cloud import bigquery
from google.cloud.bigquery import SchemaField as Field

from analytics.bigquery_export import COLUMNS, NUMBER, TEXT, TIME

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from analytics.bigquery_export import Column

ACCOUNT = "01ABCD-234567-89EFGH"
SCALE = Decimal("1e-12")
Line = dict[str, Any]

ODD_LABELS = (
    ("hub-name", "staging"),
    ("quote", 'a "quoted" \\ value'),
    ("ünïcode", "naïve – ☁"),
    ("empty", ""),
    ("apostrophe", "it's; drop table charges --"),
)
CREDITS = (
    ("COMMITTED_USAGE_DISCOUNT", "Committed Usage Discount: CPU"),
    ("COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE", "Spend-based committed use discount"),
    ("FEE_UTILIZATION_OFFSET", "Fee utilization offset"),
    ("SUSTAINED_USAGE_DISCOUNT", "Sustained Usage Discount"),
    ("DISCOUNT", "Spending-based discount"),
    ("FREE_TIER", "Free tier"),
    ("SUBSCRIPTION_BENEFIT", "Subscription benefit"),
    ("RESELLER_MARGIN", "Reseller margin"),
    ("PROMOTION", "Research credits 2026"),
    ("CREDIT_TYPE_UNSPECIFIED", "Goodwill"),
)
SKUS = (
    ("6F81-5844-456A", "Compute Engine", "2E27-4F75-95CD", "E2 Instance Core running in Iowa", "seconds", "hour"),
    ("6F81-5844-456A", "Compute Engine", "8A1B-0C2D-3E4F", "Spot N2 Instance Ram", "byte-seconds", "gibibyte hour"),
    ("95FF-2EF5-5EA1", "Cloud Storage", "E5F0-6A5D-7BAD", "Standard Storage US", "byte-seconds", "gibibyte month"),
    ("5490-F7B7-8DF6", "Cloud Logging", "143F-A1B0-E0BE", "Log Storage cost", "bytes", "gibibyte"),
)  # fmt: skip


def schema(*, number: str = "FLOAT", detailed: bool = True) -> list[Field]:
    """Return the export's schema, its amounts as `number` (FLOAT or NUMERIC)."""

    def text(*names: str) -> list[Field]:
        return [Field(name, "STRING") for name in names]

    def pairs(name: str, *more: Field) -> Field:
        return Field(name, "RECORD", mode="REPEATED", fields=[*text("key", "value"), *more])

    def record(name: str, *fields: Field, mode: str = "NULLABLE") -> Field:
        return Field(name, "RECORD", mode=mode, fields=fields)

    columns = [
        *text("billing_account_id"),
        record("service", *text("id", "description")),
        record("sku", *text("id", "description")),
        Field("usage_start_time", "TIMESTAMP"),
        Field("usage_end_time", "TIMESTAMP"),
        record(
            "project",
            *text("id", "number", "name"),
            pairs("labels"),
            *text("ancestry_numbers"),
            record("ancestors", *text("resource_name", "display_name"), mode="REPEATED"),
        ),
        pairs("labels"),
        pairs("system_labels"),
        record("location", *text("location", "country", "region", "zone")),
        pairs("tags", Field("inherited", "BOOLEAN"), *text("namespace")),
        *text("transaction_type", "seller_name"),
        Field("export_time", "TIMESTAMP"),
        Field("cost", number),
        *text("currency"),
        Field("currency_conversion_rate", "FLOAT"),
        record(
            "usage",
            Field("amount", "FLOAT"),
            *text("unit"),
            Field("amount_in_pricing_units", "FLOAT"),
            *text("pricing_unit"),
        ),
        record("credits", *text("name"), Field("amount", number), *text("full_name", "id", "type"), mode="REPEATED"),
        record("invoice", *text("month", "publisher_type")),
        *text("cost_type"),
        record("adjustment_info", *text("id", "description", "mode", "type")),
        Field("cost_at_list", number),
        Field("cost_at_effective_price_default", "NUMERIC"),
        Field("cost_at_list_consumption_model", "NUMERIC"),
        record("consumption_model", *text("id", "description")),
        record(
            "price",
            *(Field(name, "NUMERIC") for name in ("list_price", "effective_price_default", "effective_price")),
            Field("list_price_consumption_model", "NUMERIC"),
            Field("tier_start_amount", "NUMERIC"),
            *text("unit"),
            Field("pricing_unit_quantity", "NUMERIC"),
        ),
    ]
    if detailed:
        columns += [record("resource", *text("name", "global_name")), record("subscription", *text("instance_id"))]
    return columns


def line(
    cost: str, *, month: str = "202610", exported: datetime = datetime(2026, 10, 3, 8, tzinfo=UTC), **more: Any
) -> Line:
    """Return a line of usage that costs `cost`; `more` replaces its columns."""
    start = more.pop("start", datetime(2026, 10, 2, 13, tzinfo=UTC))
    return {
        "billing_account_id": ACCOUNT,
        "invoice": {"month": month, "publisher_type": "GOOGLE"},
        "cost_type": "regular",
        "service": {"id": "6F81-5844-456A", "description": "Compute Engine"},
        "sku": {"id": "2E27-4F75-95CD", "description": "E2 Instance Core running in Iowa"},
        "usage_start_time": start.isoformat(),
        "usage_end_time": (start + timedelta(hours=1)).isoformat(),
        "project": {"id": "reef-prod", "number": "123456789012", "name": "Reef", "labels": [], "ancestors": []},
        "labels": [],
        "system_labels": [],
        "location": {"location": "us-central1-b", "country": "US", "region": "us-central1", "zone": "us-central1-b"},
        "tags": [],
        "transaction_type": "GOOGLE",
        "export_time": exported.isoformat(),
        "cost": cost,
        "currency": "EUR",
        "currency_conversion_rate": 0.9173,
        "usage": {"amount": 3600.0, "unit": "seconds", "amount_in_pricing_units": 1.0, "pricing_unit": "hour"},
        "credits": [],
        "cost_at_list": cost,
        "price": {"list_price": "0.031611", "effective_price": "0.030", "tier_start_amount": "0", "unit": "hour"},
        "resource": {
            "name": "gke-reef-user-0a1b2c3d-x7k2",
            "global_name": "//compute.googleapis.com/projects/123456789012/zones/us-central1-b/instances/4711",
        },
    } | more  # fmt: skip


def credit(kind: str, amount: str, *, name: str | None = None) -> Line:
    """Return a credit of type `kind`."""
    return {"type": kind, "amount": amount, "id": kind.lower(), "full_name": name, "name": name or kind}


def fleet_lines(seed: int = 20261001) -> list[Line]:
    """Return some 200 lines of September's and October's invoices: every kind of line and of credit that there is."""
    dice = random.Random(seed)

    def amount(places: int = 6) -> str:
        return f"{dice.uniform(0.0001, 40):.{places}f}"

    lines: list[Line] = []
    for number in range(170):
        month, first = (
            ("202609", datetime(2026, 9, 1, 7, tzinfo=UTC))
            if number % 2
            else ("202610", datetime(2026, 10, 1, 7, tzinfo=UTC))
        )
        start = first + timedelta(hours=dice.randrange(24 * 28))
        service_id, service, sku_id, sku, unit, pricing_unit = SKUS[number % len(SKUS)]
        lines.append(
            line(
                amount(dice.choice((2, 6, 9))),
                month=month,
                exported=start + timedelta(hours=9),
                start=start,
                service={"id": service_id, "description": service},
                sku={"id": sku_id, "description": sku},
                usage={
                    "amount": dice.uniform(0, 1e15),
                    "unit": unit,
                    "amount_in_pricing_units": 1.5,
                    "pricing_unit": pricing_unit,
                },
                labels=[{"key": key, "value": value} for key, value in dice.sample(ODD_LABELS, k=number % 4)],
                credits=[
                    credit(*CREDITS[(number + i) % len(CREDITS)][:1], f"-{dice.uniform(0, 0.01):.6f}")
                    for i in range(number % 3)
                ],
            )
        )
    lines += [line(amount(), credits=[credit(kind, "-0.000001", name=name)]) for kind, name in CREDITS]
    vat: Line = {"sku": {"id": "tax", "description": "VAT"}, "cost_type": "tax"}
    nobody: Line = {"project": None, "resource": None, "location": None}
    negation: Line = {"id": "a1", "type": "USAGE_CORRECTION", "mode": "COMPLETE_NEGATION_WITH_REMONETIZATION"}
    goodwill: Line = {"id": "a2", "type": "GOODWILL", "description": "Goodwill for the outage"}
    fee: Line = {"id": "C0", "description": "Commitment v1: E2 Cpu in Americas for 1 Year"}
    september = datetime(2026, 9, 4, 10, tzinfo=UTC)
    lines += [
        line("0.75", start=datetime(2026, 9, 30, 23, tzinfo=UTC)),  # reported too late for September's invoice
        line("-10.0", start=september, adjustment_info=negation),  # September's wrong charge taken back,
        line("5.0", start=september, adjustment_info=negation),  # and the right one made
        line("-3.20", cost_type="adjustment", adjustment_info=goodwill),
        line("19.345", **vat),
        line("0.01", **vat, **nobody),
        line("-0.000001", cost_type="rounding_error", usage=None, price=None, **nobody),
        line("12.5", sku=fee, subscription={"instance_id": "s-1"}),
        line("8.0", transaction_type="THIRD_PARTY_RESELLER", seller_name="Dask Cloud Inc."),
        line("0.1"),
        line("0.1"),  # the same line twice is two lines
        line("0.2", month="202609", exported=datetime(2026, 9, 2, tzinfo=UTC)),
    ]
    return lines


def total(lines: Iterable[Line], month: str) -> Decimal:
    """Add up a month's costs and credits, apart from any engine: each amount by its own text, to twelve places."""
    chosen = [entry for entry in lines if entry["invoice"]["month"] == month]
    amounts = [amount for entry in chosen for amount in (entry["cost"], *(c["amount"] for c in entry["credits"]))]
    return sum((Decimal(amount).quantize(SCALE, ROUND_HALF_UP) for amount in amounts), Decimal(0))


def load(
    client: bigquery.Client, table: str, lines: list[Line], *, number: str = "FLOAT", detailed: bool = True
) -> None:
    """Append `lines` to `table`, partitioned by day, making it and its dataset where they aren't there."""
    columns = schema(number=number, detailed=detailed)
    names = {column.name for column in columns}
    client.create_dataset(table.rsplit(".", 1)[0], exists_ok=True)
    target = bigquery.Table(table, schema=columns)
    target.time_partitioning = bigquery.TimePartitioning(field="export_time")
    client.create_table(target, exists_ok=True)
    rows = [{name: value for name, value in entry.items() if name in names} for entry in lines]
    client.load_table_from_json(rows, table, job_config=bigquery.LoadJobConfig(schema=columns)).result()


def stage(lines: Sequence[Line], file: Path, *, number: str = "FLOAT") -> Path:
    """Write `lines` to a Parquet file in the columns that BigQuery's answer to rows.sql has."""
    pairs = pa.list_(pa.struct({"key": pa.string(), "value": pa.string()}))
    amount, convert = (pa.float64(), float) if number == "FLOAT" else (pa.decimal128(38, 9), _numeric)
    given = pa.list_(pa.struct({**dict.fromkeys(("type", "name", "full_name", "id"), pa.string()), "amount": amount}))

    def value(entry: Any, column: Column) -> Any:
        for step in column.path.split("."):
            entry = (entry or {}).get(step)
        if column.name == "credits":
            return [{**part, "amount": convert(part["amount"])} for part in entry]
        if column.parts:
            return entry or []
        if column.types is TIME:
            return entry and datetime.fromisoformat(entry)
        return entry if entry is None or column.types is not NUMBER else convert(entry)

    arrays = {}
    for column in COLUMNS:
        scalar = {TEXT: pa.string(), TIME: pa.timestamp("us", "UTC"), NUMBER: amount}.get(column.types)
        kind = scalar or (given if column.name == "credits" else pairs)
        arrays[column.name] = pa.array([value(entry, column) for entry in lines], kind)
    pq.write_table(pa.table(arrays), file)
    return file


def _numeric(amount: Any) -> Decimal:
    return Decimal(str(amount))
