"""Google's own FOCUS export in BigQuery (gcp_billing_export_focus_…): FOCUS 1.2 columns, and Google's with x_ before them.

It is a preview: columns may come and go, so only those without which there is no bill are required.
The schema: https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/focus-export
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.bigquery_export import KEY_VALUE, NUMBER, RECORD, TEXT, TIME, USAGE, Column, Form

if TYPE_CHECKING:
    from google.cloud.bigquery import Table

PAIR = (Column("Key", TEXT), Column("Value", TEXT))
CREDITS = "struct(type varchar, id varchar, fullname varchar, name varchar)[]"

REQUIRED: tuple[Column, ...] = (
    *(Column(name, NUMBER) for name in ("BilledCost", "ContractedCost", "EffectiveCost", "ListCost")),
    *(Column(name, TEXT) for name in ("BillingAccountId", "BillingCurrency", "ChargeCategory", "ServiceName")),
    *(
        Column(name, TIME)
        for name in ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd")
    ),
    Column("x_ExportTime", TIME),
)
OPTIONAL_TEXT = (
    "AvailabilityZone", "BillingAccountName", "BillingAccountType", "CapacityReservationId", "CapacityReservationStatus",
    "ChargeClass", "ChargeDescription", "ChargeFrequency", "CommitmentDiscountCategory", "CommitmentDiscountId",
    "CommitmentDiscountName", "CommitmentDiscountStatus", "CommitmentDiscountType", "CommitmentDiscountUnit", "ConsumedUnit",
    "HostProviderName", "InvoiceId", "InvoiceIssuerName", "PricingCategory", "PricingCurrency", "PricingUnit", "ProviderName",
    "PublisherName", "RegionId", "RegionName", "ResourceId", "ResourceName", "ResourceType", "ServiceCategory",
    "ServiceProviderName", "ServiceSubcategory", "SkuId", "SkuMeter", "SkuPriceId", "SubAccountId", "SubAccountName",
    "SubAccountType", "x_ConsumptionModelDescription", "x_SubscriptionInstanceId",
)  # fmt: skip
OPTIONAL_NUMBERS = (
    "CommitmentDiscountQuantity", "ConsumedQuantity", "ContractedUnitPrice", "ListUnitPrice",
    "PricingCurrencyContractedUnitPrice", "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice", "PricingQuantity",
    "x_CurrencyConversionRate",
)  # fmt: skip
COLUMNS: tuple[Column, ...] = (
    *REQUIRED,
    *(Column(name, TEXT, "varchar") for name in OPTIONAL_TEXT),
    *(Column(name, NUMBER, "double") for name in OPTIONAL_NUMBERS),
    *(
        Column(name, RECORD, KEY_VALUE, PAIR)
        for name in ("Tags", "x_Labels", "x_Tags", "x_SystemLabels", "x_ProjectLabels")
    ),
    Column(
        "x_Credits",
        RECORD,
        CREDITS,
        (Column("Type", TEXT), Column("Id", TEXT), Column("FullName", TEXT), Column("Name", TEXT)),
    ),
)
FOCUS = Form(
    COLUMNS, "x_ExportTime", "focus_months", "focus_rows", ("services", "regions", "focus_native"), "focus_check"
)


def form_of(table: Table) -> Form:
    """Tell which kind of export `table` is, by its columns: FOCUS has a BilledCost."""
    return FOCUS if any(field.name.lower() == "billedcost" for field in table.schema) else USAGE
