"""The columns of FOCUS that a vendor's bill may be mapped to, as a pydantic model; those without a default must be."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from terraform.fleet_fields import Ours, fault
from terraform.mapping_origins import CategoryOrigin, NumberOrigin, TextOrigin, TimeOrigin


class ColumnsFile(Ours):
    """FOCUS column → source column, {constant: …} or what else it is made of."""

    BilledCost: NumberOrigin
    """What the invoice says."""
    BillingAccountId: TextOrigin
    """Who is billed: the customer's number with the vendor."""
    BillingCurrency: TextOrigin
    """The currency, as in EUR."""
    ChargeCategory: CategoryOrigin
    """Usage, Purchase, Tax, Credit or Adjustment."""
    InvoiceIssuerName: TextOrigin
    """Who sends the bill."""
    ServiceName: TextOrigin
    """The service, as the vendor calls it."""
    AvailabilityZone: TextOrigin | None = None
    """The zone."""
    BillingAccountName: TextOrigin | None = None
    """The customer's name."""
    BillingPeriodEnd: TimeOrigin | None = None
    """The end of the billing period."""
    BillingPeriodStart: TimeOrigin | None = None
    """The start of the billing period; by default the month of 'period', or of ChargePeriodStart."""
    ChargeClass: TextOrigin | None = None
    """Correction, where it corrects an earlier invoice."""
    ChargeDescription: TextOrigin | None = None
    """What the line says."""
    ChargeFrequency: TextOrigin | None = None
    """One-Time, Recurring or Usage-Based."""
    ChargePeriodEnd: TimeOrigin | None = None
    """The end of what is charged; by default the billing period's."""
    ChargePeriodStart: TimeOrigin | None = None
    """The start of what is charged; by default the billing period's."""
    ConsumedQuantity: NumberOrigin | None = None
    """How much was used."""
    ConsumedUnit: TextOrigin | None = None
    """The unit of it, as in Hours."""
    ContractedCost: NumberOrigin | None = None
    """The cost at contracted prices; by default what is billed."""
    ContractedUnitPrice: NumberOrigin | None = None
    """The contracted price of a unit."""
    EffectiveCost: NumberOrigin | None = None
    """The cost with prepaid purchases spread over their term; by default what is billed."""
    HostProviderName: TextOrigin | None = None
    """Whose machines it ran on."""
    InvoiceDetailId: TextOrigin | None = None
    """The line's number on the invoice."""
    InvoiceId: TextOrigin | None = None
    """The invoice's number; a line that has one is final."""
    ListCost: NumberOrigin | None = None
    """The cost at list prices; by default what is billed."""
    ListUnitPrice: NumberOrigin | None = None
    """The list price of a unit."""
    PricingCategory: TextOrigin | None = None
    """Standard, Dynamic, Committed or Other."""
    PricingQuantity: NumberOrigin | None = None
    """How many units are priced."""
    PricingUnit: TextOrigin | None = None
    """The unit that has the price."""
    RegionId: TextOrigin | None = None
    """The region's id."""
    RegionName: TextOrigin | None = None
    """The region's name."""
    ResourceId: TextOrigin | None = None
    """The id of what was used."""
    ResourceName: TextOrigin | None = None
    """The name of what was used."""
    ResourceType: TextOrigin | None = None
    """What kind of thing was used."""
    ServiceCategory: TextOrigin | None = None
    """FOCUS's category of the service, as in Compute; by default Other."""
    ServiceProviderName: TextOrigin | None = None
    """Who offers the service; by default who sends the bill."""
    ServiceSubcategory: TextOrigin | None = None
    """FOCUS's subcategory of the service."""
    SkuId: TextOrigin | None = None
    """The id of what has the price."""
    SkuMeter: TextOrigin | None = None
    """What is metered."""
    SkuPriceId: TextOrigin | None = None
    """The id of the price."""
    SubAccountId: TextOrigin | None = None
    """The project or account that used it."""
    SubAccountName: TextOrigin | None = None
    """Its name."""
    SubAccountType: TextOrigin | None = None
    """What kind of account it is."""

    @model_validator(mode="after")
    def _whole_periods(self) -> Self:
        for period in ("BillingPeriod", "ChargePeriod"):
            start, end = getattr(self, f"{period}Start"), getattr(self, f"{period}End")
            if (start is None) != (end is None):
                raise fault(f"{period}Start and {period}End belong together: give both, or none of them")
        return self
