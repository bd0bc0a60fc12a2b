"""The lake's tables: their columns, types and partitions, as Arrow schemas.

The `charges` columns are the Cost and Usage dataset of FOCUS 1.4 (https://focus.finops.org) followed by our `x_` columns.
Money is DECIMAL(38,12), usage DECIMAL(18,6), times are UTC.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

MONEY = pa.decimal128(38, 12)
USAGE = pa.decimal128(18, 6)
TIME = pa.timestamp("us", tz="UTC")
TEXT = pa.string()

_FOCUS_DECIMALS = frozenset(
    {
        "BilledCost",
        "CommitmentDiscountQuantity",
        "ConsumedQuantity",
        "ContractedCost",
        "ContractedUnitPrice",
        "EffectiveCost",
        "ListCost",
        "ListUnitPrice",
        "PricingCurrencyContractedUnitPrice",
        "PricingCurrencyEffectiveCost",
        "PricingCurrencyListUnitPrice",
        "PricingQuantity",
    }
)
_FOCUS_TIMES = frozenset({"BillingPeriodEnd", "BillingPeriodStart", "ChargePeriodEnd", "ChargePeriodStart"})
_FOCUS_REQUIRED = frozenset(
    {
        "BilledCost",
        "BillingAccountId",
        "BillingCurrency",
        "BillingPeriodEnd",
        "BillingPeriodStart",
        "ChargeCategory",
        "ChargePeriodEnd",
        "ChargePeriodStart",
        "ContractedCost",
        "EffectiveCost",
        "InvoiceIssuerName",
        "ListCost",
        "ServiceCategory",
        "ServiceName",
        "ServiceProviderName",
    }
)

FOCUS_COLUMNS: tuple[str, ...] = (
    "AllocatedMethodDetails",
    "AllocatedMethodId",
    "AllocatedResourceId",
    "AllocatedResourceName",
    "AllocatedTags",
    "AvailabilityZone",
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingAccountType",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "CapacityReservationId",
    "CapacityReservationStatus",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "CommitmentDiscountCategory",
    "CommitmentDiscountId",
    "CommitmentDiscountName",
    "CommitmentDiscountQuantity",
    "CommitmentDiscountStatus",
    "CommitmentDiscountType",
    "CommitmentDiscountUnit",
    "CommitmentProgramEligibilityDetails",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractApplied",
    "ContractedCost",
    "ContractedUnitPrice",
    "EffectiveCost",
    "HostProviderName",
    "InvoiceDetailId",
    "InvoiceId",
    "InvoiceIssuerName",
    "ListCost",
    "ListUnitPrice",
    "PricingCategory",
    "PricingCurrency",
    "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost",
    "PricingCurrencyListUnitPrice",
    "PricingQuantity",
    "PricingUnit",
    "RegionId",
    "RegionName",
    "ResourceId",
    "ResourceName",
    "ResourceType",
    "ServiceCategory",
    "ServiceName",
    "ServiceProviderName",
    "ServiceSubcategory",
    "SkuId",
    "SkuMeter",
    "SkuPriceDetails",
    "SkuPriceId",
    "SubAccountId",
    "SubAccountName",
    "SubAccountType",
    "Tags",
)


def _focus_field(name: str) -> pa.Field:
    kind = MONEY if name in _FOCUS_DECIMALS else TIME if name in _FOCUS_TIMES else TEXT
    return pa.field(name, kind, nullable=name not in _FOCUS_REQUIRED)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the lake: its name, Arrow schema and partition columns (all of them text columns of the schema)."""

    name: str
    schema: pa.Schema
    partition_by: tuple[str, ...]


CHARGES = Table(
    "charges",
    pa.schema(
        [_focus_field(name) for name in FOCUS_COLUMNS]
        + [
            pa.field("x_BillingPeriod", TEXT, nullable=False),  # YYYY-MM by the issuer's own rule
            pa.field("x_Source", TEXT, nullable=False),  # the fleet's billing source that delivered the row
            pa.field("x_DeliveryId", TEXT, nullable=False),  # joins `deliveries`
            pa.field("x_Cluster", TEXT),  # the cloud's or fleet's cluster name, from tags
            pa.field("x_Hub", TEXT),  # the hub label's value
            pa.field("x_Namespace", TEXT),  # the Kubernetes namespace, from tags
            pa.field("x_Node", TEXT),  # machine: last part of its provider id, lower case
            pa.field("x_Pool", TEXT),  # node pool
            pa.field("x_Purpose", TEXT),  # core | user | dask | home-nfs | …, from tags
            pa.field("x_Component", TEXT, nullable=False),  # components.csv
            pa.field("x_Part", TEXT),  # cpu | memory | gpu where the cloud bills them apart
            pa.field("x_StorageGibHours", USAGE),  # size × time of a storage charge, where its unit says so
        ]
    ),
    ("InvoiceIssuerName", "BillingAccountId", "x_BillingPeriod", "x_Source"),
)

USAGE_TABLE = Table(
    "usage",
    pa.schema(
        [
            pa.field("hour", TIME, nullable=False),
            pa.field("cluster", TEXT, nullable=False),
            pa.field("node", TEXT),  # null for storage
            pa.field("pool", TEXT),
            pa.field("purpose", TEXT),  # node purpose; home-nfs or pv for storage
            pa.field("hub", TEXT),  # null where nobody's
            pa.field("cpu_core_hours", USAGE, nullable=False),
            pa.field("memory_gib_hours", USAGE, nullable=False),
            pa.field("gpu_hours", USAGE, nullable=False),
            pa.field("storage_gib_hours", USAGE, nullable=False),
            pa.field("day", TEXT, nullable=False),  # YYYY-MM-DD, UTC
        ]
    ),
    ("cluster", "day"),
)

NODES = Table(
    "nodes",
    pa.schema(
        [
            pa.field("hour", TIME, nullable=False),
            pa.field("cluster", TEXT, nullable=False),
            pa.field("node", TEXT, nullable=False),
            pa.field("provider_id", TEXT),
            pa.field("pool", TEXT),
            pa.field("purpose", TEXT),
            pa.field("cpu_core_hours", USAGE, nullable=False),  # capacity, as are the next two
            pa.field("memory_gib_hours", USAGE, nullable=False),
            pa.field("gpu_hours", USAGE, nullable=False),
            pa.field("day", TEXT, nullable=False),
        ]
    ),
    ("cluster", "day"),
)

ACTIVITY = Table(
    "activity",
    pa.schema(
        [
            pa.field("period", TEXT, nullable=False),  # YYYY-MM-DD or YYYY-MM
            pa.field("cluster", TEXT, nullable=False),
            pa.field("hub", TEXT, nullable=False),
            pa.field("active_users", pa.int64(), nullable=False),
            pa.field("server_hours", USAGE, nullable=False),
            pa.field("month", TEXT, nullable=False),  # YYYY-MM
        ]
    ),
    ("cluster", "month"),
)

ALLOCATIONS = Table(
    "allocations",
    pa.schema(
        [
            pa.field("billing_period", TEXT, nullable=False),
            pa.field("day", pa.date32(), nullable=False),
            pa.field("issuer", TEXT, nullable=False),
            pa.field("billing_account", TEXT, nullable=False),
            pa.field("cluster", TEXT),
            pa.field("community", TEXT),
            pa.field("hub", TEXT),
            pa.field("component", TEXT, nullable=False),
            pa.field("rule", TEXT, nullable=False),
            pa.field("basis", TEXT, nullable=False),
            pa.field("charge_category", TEXT, nullable=False),
            pa.field("currency", TEXT, nullable=False),
            pa.field("billed_cost", MONEY, nullable=False),
            pa.field("effective_cost", MONEY, nullable=False),
            pa.field("coverage", pa.decimal128(9, 6), nullable=False),
        ]
    ),
    ("billing_period",),
)

DELIVERIES = Table(
    "deliveries",
    pa.schema(
        [
            pa.field("delivery_id", TEXT, nullable=False),
            pa.field("source", TEXT, nullable=False),
            pa.field("issuer", TEXT, nullable=False),
            pa.field("billing_account", TEXT, nullable=False),
            pa.field("billing_period", TEXT, nullable=False),
            pa.field("object", TEXT, nullable=False),  # what was read: a path, a table
            pa.field("version", TEXT, nullable=False),  # its hash or newest export time: unchanged means nothing to do
            pa.field("rows", pa.int64(), nullable=False),
            pa.field("billed_cost", MONEY, nullable=False),
            pa.field("currency", TEXT, nullable=False),
            pa.field("final", pa.bool_(), nullable=False),  # the issuer has said so
            pa.field("seen_at", TIME, nullable=False),
            pa.field("superseded_at", TIME),  # null: in force, its rows are those in `charges`
        ]
    ),
    ("source", "billing_period"),
)

INVOICE_TOTALS = Table(
    "invoice_totals",
    pa.schema(
        [
            pa.field("entry", TEXT, nullable=False),
            pa.field("billing_period", TEXT, nullable=False),
            pa.field("issuer", TEXT, nullable=False),
            pa.field("billing_account", TEXT, nullable=False),
            pa.field("invoice", TEXT, nullable=False),  # its number; '' for all of the account's month
            pa.field("amount", MONEY),  # as the invoice states it; null takes an earlier entry back
            pa.field("currency", TEXT, nullable=False),
            pa.field("note", TEXT, nullable=False),
            pa.field("stated_at", TIME, nullable=False),
        ]
    ),
    ("billing_period", "entry"),
)

REPLAYS = Table(
    "replays",
    pa.schema(
        [
            pa.field("billing_period", TEXT, nullable=False),
            pa.field("idle", TEXT, nullable=False),  # the policy: terraform.fleet.IdlePolicy, for all clusters
            pa.field("shared", TEXT, nullable=False),  # SharedPolicy
            pa.field("cluster", TEXT),
            pa.field("community", TEXT),
            pa.field("hub", TEXT),
            pa.field("basis", TEXT, nullable=False),
            pa.field("currency", TEXT, nullable=False),
            pa.field("billed_cost", MONEY, nullable=False),
            pa.field("effective_cost", MONEY, nullable=False),
        ]
    ),
    ("billing_period",),
)

FINDINGS = Table(
    "findings",
    pa.schema(
        [
            pa.field("cluster", TEXT, nullable=False),
            pa.field("day", TEXT, nullable=False),
            pa.field("kind", TEXT, nullable=False),  # metric-absent | duplicate-series | prometheus-warning | …
            pa.field("detail", TEXT, nullable=False),
        ]
    ),
    ("cluster", "day"),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (CHARGES, USAGE_TABLE, NODES, ACTIVITY, ALLOCATIONS, DELIVERIES, INVOICE_TOTALS, FINDINGS, REPLAYS)
}
