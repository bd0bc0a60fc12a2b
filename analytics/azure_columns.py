"""The columns of Microsoft's cost exports: FOCUS's own, and those of Cost Details in every spelling that agreements and versions have.

Cost Details differ in capitals and in names between Enterprise Agreement, Microsoft Customer Agreement and pay-as-you-go:
https://learn.microsoft.com/azure/cost-management-billing/dataset-schema/schema-index
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from analytics.engine import identifier, sql
from analytics.tables import CHARGES, FOCUS_COLUMNS, MONEY, TIME

if TYPE_CHECKING:
    from collections.abc import Sequence

MONEY_KIND, TIME_KIND, TEXT_KIND = "money", "time", "text"


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is read: our name, what it holds, Microsoft's names in lower case (the first that is there counts)."""

    name: str
    kind: str = TEXT_KIND
    names: tuple[str, ...] = ()
    required: bool = False

    def find(self, columns: Sequence[str]) -> str | None:
        """Return the file's own name of this column."""
        by_lower = {column.lower(): column for column in reversed(columns)}
        return next((by_lower[name] for name in self.names or (self.name.lower(),) if name in by_lower), None)


def _details(kind: str, *names: str) -> tuple[Column, ...]:
    return tuple(Column(name, kind) for name in names)


DETAILS: tuple[Column, ...] = (
    Column("BillingAccountId", names=("billingaccountid", "billingprofileid"), required=True),
    Column("BillingCurrency", names=("billingcurrencycode", "billingcurrency", "currency"), required=True),
    Column("ChargeType", required=True),
    Column("Cost", MONEY_KIND, ("costinbillingcurrency", "cost", "pretaxcost"), required=True),
    Column("Date", TIME_KIND, ("date", "usagedatetime", "usagedate"), required=True),
    Column("BillingPeriodStart", TIME_KIND, ("billingperiodstartdate",), required=True),
    Column("BillingPeriodEnd", TIME_KIND, ("billingperiodenddate",), required=True),
    Column("SubscriptionId", names=("subscriptionid", "subscriptionguid"), required=True),
    Column("ListUnitPrice", MONEY_KIND, ("paygprice",)),
    Column("PricingCurrencyCost", MONEY_KIND, ("costinpricingcurrency",)),
    Column("ExchangeRate", MONEY_KIND, ("exchangeratepricingtobilling", "exchangerate")),
    Column("MeterSubcategory", names=("metersubcategory",)),
    Column("ProductName", names=("productname", "product")),
    Column("Region", names=("resourcelocationnormalized", "resourcelocation", "location")),
    Column("ResourceGroup", names=("resourcegroup", "resourcegroupname")),
    Column("ResourceId", names=("resourceid", "instanceid", "instancename")),
    Column("Quantity", MONEY_KIND, ("quantity", "consumedquantity", "usagequantity")),
    Column("UnitOfMeasure", names=("unitofmeasure", "unit")),
    *_details(MONEY_KIND, "UnitPrice"),
    *_details(
        TEXT_KIND,
        *("AdditionalInfo", "AvailabilityZone", "BenefitId", "BenefitName", "BillingAccountName", "BillingProfileId"),
        *("BillingProfileName", "ConsumedService", "Frequency", "InvoiceId", "MeterCategory", "MeterId", "MeterName"),
        *(
            "PartNumber",
            "PartnerName",
            "PricingCurrency",
            "PricingModel",
            "ProductId",
            "PublisherName",
            "ReservationId",
        ),
        *("ReservationName", "ResourceName", "SubscriptionName", "Tags"),
    ),
)

# FOCUS 1.0 has some columns under names of Microsoft's own, and neither version has those that are left out here.
OLDER = {
    "InvoiceId": ("invoiceid", "x_invoiceid"),
    "PricingCurrency": ("pricingcurrency", "x_pricingcurrency"),
    "ServiceProviderName": ("serviceprovidername", "providername"),
    "HostProviderName": ("hostprovidername", "publishername"),
    "SkuMeter": ("skumeter", "x_skumetername"),
    "SkuPriceDetails": ("skupricedetails", "x_skudetails"),
}
FALLEN_BACK = frozenset({"ContractedCost", "ListCost"})  # an export for an Enterprise Agreement doesn't have them


def _focus(name: str) -> Column:
    field = CHARGES.schema.field(name)
    kind = MONEY_KIND if field.type == MONEY else TIME_KIND if field.type == TIME else TEXT_KIND
    return Column(name, kind, OLDER.get(name, ()), not field.nullable and name not in FALLEN_BACK)


FOCUS: tuple[Column, ...] = (
    *(_focus(name) for name in FOCUS_COLUMNS),
    Column("ExchangeRate", MONEY_KIND, ("x_billingexchangerate",)),
    Column("ResourceGroup", names=("x_resourcegroupname",)),
)


def is_focus(columns: Sequence[str]) -> bool:
    """Tell a FOCUS export from Cost Details."""
    lower = {column.lower() for column in columns}
    return {"billedcost", "chargecategory"} <= lower


def faults(columns: Sequence[str]) -> list[str]:
    """Return what keeps a file with these columns from being read; nothing if it can be."""
    if is_focus(columns) and "ChargeSubcategory" in columns:
        return [
            "it is of a FOCUS version before 1.0, which is not known here; have the export made in version 1.0r2 or 1.2"
        ]
    twice = sorted({name for name in columns if [each.lower() for each in columns].count(name.lower()) > 1})
    if twice and is_focus(columns):
        return [f"two columns are named {', '.join(twice)}"]
    known = FOCUS if is_focus(columns) else DETAILS
    missing = [column for column in known if column.required and column.find(columns) is None]
    told = []
    for column in missing:
        wanted = (column.names or (column.name.lower(),))[0]
        near = get_close_matches(wanted, [each.lower() for each in columns], n=1, cutoff=0.7)
        told.append(f"no column {column.name}" + (f" (is '{near[0]}' it?)" if near else ""))
    return told


def wanted(columns: Sequence[str]) -> set[str]:
    """Return those of a file's columns that are read."""
    known = FOCUS if is_focus(columns) else DETAILS
    return {found for column in known if (found := column.find(columns)) is not None}


def typed(column: Column, types: dict[str, str]) -> str:
    """Return the SQL that gives a column in the lake's type, from a file with columns of `types`."""
    found = column.find(list(types))
    if found is None:
        return {MONEY_KIND: "null::decimal(38, 12)", TIME_KIND: "null::timestamptz", TEXT_KIND: "null::varchar"}[
            column.kind
        ]
    name, kind = identifier(found), types[found]
    if column.kind == MONEY_KIND:
        if kind == "DOUBLE":
            return sql("ingest/decimal").replace("value", name)
        return f"cast({f'cast({name} as varchar)' if kind == 'FLOAT' else name} as decimal(38, 12))"
    if column.kind == TIME_KIND:
        return f"moment({name})" if kind == "VARCHAR" else f"cast({name} as timestamptz)"
    if column.name == "Tags":
        return name if kind == "VARCHAR" else f"cast(to_json({name}) as varchar)"
    return f"present(cast({name} as varchar))"
