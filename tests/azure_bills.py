"""Azure's exports as Microsoft writes them: files of Cost Details and of FOCUS, of one line or many."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SUBSCRIPTION = "6b1d42aa-0f7e-4c7f-9d20-3c51a8e9b704"
PROFILE = "4f9c0000-0000-4000-8000-000000000001:77aa0000-0000-4000-8000-000000000002_2019-05-31"
NODES = "MC_basalt_basalt_westeurope"
RESERVATION = "/providers/Microsoft.Capacity/reservationOrders/aa/reservations/bb"

# A Microsoft Customer Agreement's columns and, on the right, what an Enterprise Agreement calls them instead.
MCA: dict[str, str] = {
    "invoiceId": "G071834992",
    "billingAccountId": PROFILE,
    "billingAccountName": "Open Hubs Cooperative",
    "billingProfileId": "OHC1-EU",
    "billingProfileName": "Open Hubs Cooperative EU",
    "billingPeriodEndDate": "10/31/2026",
    "billingPeriodStartDate": "10/01/2026",
    "date": "10/05/2026",
    "consumedService": "Microsoft.Compute",
    "meterId": "bb8f0d9c-0000-4000-8000-000000000003",
    "meterName": "E8s v5",
    "meterCategory": "Virtual Machines",
    "meterSubCategory": "Virtual Machines ESv5 Series",
    "meterRegion": "EU West",
    "ProductId": "DZH318Z08M9W",
    "ProductName": "Virtual Machines ESv5 Series - E8s v5 - EU West",
    "SubscriptionId": SUBSCRIPTION,
    "subscriptionName": "basalt",
    "publisherType": "Azure",
    "publisherName": "Microsoft",
    "resourceGroupName": NODES,
    "ResourceId": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{NODES}/providers/"
    "Microsoft.Compute/virtualMachineScaleSets/aks-user-12345678-vmss",
    "resourceLocation": "westeurope",
    "effectivePrice": "0.6",
    "quantity": "24",
    "unitOfMeasure": "1 Hour",
    "chargeType": "Usage",
    "billingCurrency": "EUR",
    "pricingCurrency": "USD",
    "costInBillingCurrency": "13.24800000000001",
    "costInPricingCurrency": "14.4",
    "exchangeRatePricingToBilling": "0.92",
    "exchangeRateDate": "10/01/2026",
    "tags": '{"2i2c:hub-name": "prod"}',
    "PayGPrice": "0.64",
    "frequency": "UsageBased",
    "reservationId": "",
    "reservationName": "",
    "pricingModel": "OnDemand",
    "unitPrice": "0.6",
    "benefitId": "",
    "benefitName": "",
}
EA_NAMES = {
    "billingCurrency": "BillingCurrencyCode",
    "resourceGroupName": "ResourceGroup",
    "costInBillingCurrency": "CostInBillingCurrency",
}
EA_ABSENT = (
    *("invoiceId", "pricingCurrency", "costInPricingCurrency", "exchangeRatePricingToBilling", "exchangeRateDate"),
    "ProductId",
)

FOCUS: dict[str, str] = {
    "BilledCost": "13.248",
    "BillingAccountId": f"/providers/Microsoft.Billing/billingAccounts/{PROFILE}/billingProfiles/OHC1-EU",
    "BillingAccountName": "Open Hubs Cooperative EU",
    "BillingAccountType": "Billing Profile",
    "BillingCurrency": "EUR",
    "BillingPeriodEnd": "2026-11-01T00:00Z",
    "BillingPeriodStart": "2026-10-01T00:00Z",
    "ChargeCategory": "Usage",
    "ChargeClass": "",
    "ChargeDescription": "Virtual Machines ESv5 Series - E8s v5 - EU West",
    "ChargeFrequency": "Usage-Based",
    "ChargePeriodEnd": "2026-10-06T00:00Z",
    "ChargePeriodStart": "2026-10-05T00:00Z",
    "CommitmentDiscountId": "",
    "ConsumedQuantity": "24",
    "ConsumedUnit": "Hours",
    "ContractedCost": "13.248",
    "ContractedUnitPrice": "0.6",
    "EffectiveCost": "13.248",
    "InvoiceIssuerName": "Microsoft",
    "ListCost": "14.1312",
    "ListUnitPrice": "0.64",
    "PricingCategory": "Standard",
    "PricingQuantity": "24",
    "PricingUnit": "1 Hour",
    "ProviderName": "Microsoft",
    "PublisherName": "Microsoft",
    "RegionId": "westeurope",
    "RegionName": "West Europe",
    "ResourceId": MCA["ResourceId"].lower(),
    "ResourceName": "aks-user-12345678-vmss",
    "ResourceType": "Virtual machine scale set",
    "ServiceCategory": "Compute",
    "ServiceName": "Virtual Machines",
    "SkuId": "DZH318Z08M9W",
    "SkuPriceId": "DZH318Z08M9W_000N_EA",
    "SubAccountId": f"/subscriptions/{SUBSCRIPTION}",
    "SubAccountName": "basalt",
    "SubAccountType": "Subscription",
    "Tags": '{"2i2c:hub-name":"prod"}',
    "x_AccountId": "-2",
    "x_BillingExchangeRate": "0.92",
    "x_InvoiceId": "G071834992",
    "x_PricingCurrency": "USD",
    "x_ResourceGroupName": NODES.lower(),
    "x_SkuDetails": '{"ServiceType":"Standard_E8s_v5"}',
    "x_SkuMeterName": "E8s v5",
}
FOCUS_1_2_NAMES = {"x_InvoiceId": "InvoiceId", "x_PricingCurrency": "PricingCurrency", "x_SkuMeterName": "SkuMeter"}


def text(rows: Iterable[Mapping[str, str]]) -> str:
    """Return rows as CSV, with a header of the first one's keys."""
    listed = list(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, listed[0], lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(listed)
    return out.getvalue()


def details(*lines: Mapping[str, str]) -> str:
    """Return Cost Details of a Microsoft Customer Agreement; each line says where it differs from a day of a machine."""
    return text([MCA | dict(line) for line in lines])


def enrolment(*lines: Mapping[str, str]) -> str:
    """Return Cost Details of an Enterprise Agreement: other names, capitals, and no invoice."""
    rows = []
    for line in lines:
        row = MCA | {"billingAccountId": "8765432", "billingProfileId": "8765432"} | dict(line)
        named = {EA_NAMES.get(name, name): value for name, value in row.items() if name not in EA_ABSENT}
        rows.append({name[0].upper() + name[1:]: value for name, value in named.items()})
    return text(rows)


def focus(*lines: Mapping[str, str], newer: bool = False) -> str:
    """Return a FOCUS 1.0 export, or one of 1.2-preview."""
    rows = []
    for line in lines:
        row = FOCUS | dict(line)
        if newer:
            row = {FOCUS_1_2_NAMES.get(name, name): value for name, value in row.items()}
            row |= {"ServiceSubcategory": "Virtual Machines"}
        rows.append(row)
    return text(rows)


def as_parquet(text: str) -> bytes:
    """Write Parquet as exports do: numbers as DOUBLE, times as TIMESTAMP."""
    out = pa.BufferOutputStream()
    types = {name: pa.string() for name in ("x_AccountId", "Tags", "tags", "invoiceId", "billingProfileId")}
    options = pa_csv.ConvertOptions(column_types=types, strings_can_be_null=True)
    pq.write_table(pa_csv.read_csv(pa.BufferReader(text.encode()), convert_options=options), out, compression="snappy")
    return bytes(out.getvalue().to_pybytes())
