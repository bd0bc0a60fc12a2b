"""Google's FOCUS export as Google makes it: its table's columns, and lines of the detailed export as rows of it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from google.cloud import bigquery
from google.cloud.bigquery import SchemaField as Field

if TYPE_CHECKING:
    from tests.fixtures_billing_export import Line

CALIFORNIA = ZoneInfo("America/Los_Angeles")
TEXTS = (
    "AvailabilityZone", "BillingAccountId", "BillingCurrency", "ChargeCategory", "ChargeClass", "ChargeDescription", "ConsumedUnit",
    "PricingCategory", "PricingUnit", "ProviderName", "PublisherName", "RegionId", "RegionName", "ResourceId", "ResourceName",
    "ServiceName", "SkuId", "SkuPriceId", "SubAccountId", "SubAccountName", "x_CostType", "x_Location", "x_ServiceId",
    "PricingCurrency", "BillingAccountType", "x_SubscriptionInstanceId", "x_ConsumptionModelId", "x_ConsumptionModelDescription",
)  # fmt: skip
NUMBERS = (
    "BilledCost", "ConsumedQuantity", "ContractedCost", "ContractedUnitPrice", "ListCost", "ListUnitPrice", "PricingQuantity",
    "EffectiveCost", "PricingCurrencyContractedUnitPrice", "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice",
    "x_PriceEffectivePriceDefault", "x_PriceListPriceConsumptionModel", "x_CostAtEffectivePriceDefault", "x_CostAtListConsumptionModel",
)  # fmt: skip
TIMES = ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd", "x_ExportTime")
CATEGORIES = {"regular": "Usage", "tax": "Tax"}


def schema() -> list[Field]:
    """Return the columns of gcp_billing_export_focus_…"""

    def pairs(name: str, *more: Field) -> Field:
        return Field(name, "RECORD", mode="REPEATED", fields=[Field("Key", "STRING"), Field("Value", "STRING"), *more])

    texts = [Field(name, "STRING") for name in ("Name", "FullName", "Id", "Type")]
    ancestors = Field(
        "Ancestors", "RECORD", mode="REPEATED", fields=[Field("ResourceName", "STRING"), Field("DisplayName", "STRING")]
    )
    return [
        *(Field(name, "STRING") for name in TEXTS),
        *(Field(name, "NUMERIC") for name in NUMBERS),
        *(Field(name, "TIMESTAMP") for name in TIMES),
        Field("x_Credits", "RECORD", mode="REPEATED", fields=[*texts, Field("Amount", "NUMERIC")]),
        Field("x_CurrencyConversionRate", "FLOAT"),
        Field(
            "x_Project",
            "RECORD",
            fields=[*(Field(name, "STRING") for name in ("Id", "Number", "Name", "AncestryNumbers")), ancestors],
        ),
        *(pairs(name) for name in ("x_SystemLabels", "x_Labels", "x_ProjectLabels")),
        pairs("x_Tags", Field("x_Inherited", "BOOLEAN"), Field("x_Namespace", "STRING")),
    ]


def native(line: Line) -> dict[str, Any]:
    """Return the row of Google's FOCUS export that says what `line` says: a cost with every credit in it."""
    cost = Decimal(line["cost"]) + sum(Decimal(credit["amount"]) for credit in line["credits"])
    year, month = int(line["invoice"]["month"][:4]), int(line["invoice"]["month"][4:])
    project, resource, place = line["project"] or {}, line["resource"] or {}, line["location"] or {}
    usage, price = line["usage"] or {}, line["price"] or {}
    category = CATEGORIES.get(line["cost_type"], "Adjustment")
    priced = category == "Usage"
    return {
        "BillingAccountId": line["billing_account_id"],
        "BillingCurrency": line["currency"],
        "BillingPeriodStart": datetime(year, month, 1, tzinfo=CALIFORNIA).astimezone(UTC).isoformat(),
        "BillingPeriodEnd": datetime(year + month // 12, month % 12 + 1, 1, tzinfo=CALIFORNIA)
        .astimezone(UTC)
        .isoformat(),
        "BillingAccountType": "Billing Account",
        "ChargeCategory": category,
        "ChargeDescription": line["sku"]["description"],
        "ChargePeriodStart": line["usage_start_time"],
        "ChargePeriodEnd": line["usage_end_time"],
        **dict.fromkeys(("BilledCost", "EffectiveCost"), f"{cost:f}"),
        **dict.fromkeys(("ListCost", "ContractedCost"), line["cost"]),
        "ConsumedQuantity": f"{Decimal(str(usage['amount'])):.9f}" if priced and usage else None,
        "ConsumedUnit": usage.get("unit") if priced else None,
        "PricingQuantity": str(usage["amount_in_pricing_units"]) if priced and usage else None,
        "PricingUnit": usage.get("pricing_unit") if priced else None,
        "PricingCategory": "Standard" if priced else None,
        "ListUnitPrice": price.get("list_price") if priced else None,
        "ContractedUnitPrice": price.get("effective_price") if priced else None,
        "PricingCurrency": "USD",
        "ProviderName": "Google Cloud",
        "PublisherName": "Google Cloud",
        "RegionId": place.get("region"),
        "AvailabilityZone": place.get("zone"),
        "ResourceId": resource.get("global_name"),
        "ResourceName": resource.get("name"),
        "ServiceName": line["service"]["description"],
        "SkuId": line["sku"]["id"] if priced else None,
        "SkuPriceId": line["sku"]["id"] if priced else None,
        "SubAccountId": project.get("id"),
        "SubAccountName": project.get("name"),
        "x_CostType": line["cost_type"],
        "x_Credits": [
            {"Type": each["type"], "Id": each["id"], "Name": each["name"], "Amount": each["amount"]}
            for each in line["credits"]
        ],
        "x_CurrencyConversionRate": line["currency_conversion_rate"],
        "x_ExportTime": line["export_time"],
        "x_Labels": [{"Key": each["key"], "Value": each["value"]} for each in line["labels"]],
    }


def load(client: bigquery.Client, table: str, rows: list[dict[str, Any]], columns: list[Field] | None = None) -> None:
    """Append `rows` to `table`, partitioned by the day they came, making it and its dataset where they aren't there."""
    columns = columns or schema()
    client.create_dataset(table.rsplit(".", 1)[0], exists_ok=True)
    target = bigquery.Table(table, schema=columns)
    target.time_partitioning = bigquery.TimePartitioning(field="x_ExportTime")
    client.create_table(target, exists_ok=True)
    names = {column.name for column in columns}
    told = [{name: value for name, value in row.items() if name in names} for row in rows]
    client.load_table_from_json(told, table, job_config=bigquery.LoadJobConfig(schema=columns)).result()
