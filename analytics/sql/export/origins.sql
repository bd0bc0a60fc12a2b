-- origins.sql: one row per bucket × day × what is paid for (a price of a SKU, under a commitment or not, somewhere, on an invoice):
-- the charges that are split together, as one. A cost that its price and quantity give but for rounding is made to be their product.
with grouped as (
    select
        routes.bucket_id,
        cast(charges.ChargePeriodStart as date) as day,
        charges.BillingAccountName, charges.BillingAccountType, charges.SubAccountName, charges.SubAccountType,
        charges.ServiceProviderName, charges.HostProviderName, charges.InvoiceId, charges.InvoiceDetailId,
        charges.ServiceSubcategory, charges.SkuId, charges.SkuMeter, charges.SkuPriceId, charges.SkuPriceDetails,
        charges.ChargeClass, charges.ChargeFrequency, charges.PricingCategory, charges.PricingUnit, charges.ConsumedUnit,
        charges.ListUnitPrice, charges.ContractedUnitPrice,
        charges.PricingCurrency, charges.PricingCurrencyListUnitPrice, charges.PricingCurrencyContractedUnitPrice,
        charges.CommitmentDiscountCategory, charges.CommitmentDiscountId, charges.CommitmentDiscountName,
        charges.CommitmentDiscountStatus, charges.CommitmentDiscountType, charges.CommitmentDiscountUnit,
        charges.CapacityReservationId, charges.CapacityReservationStatus, charges.RegionId, charges.RegionName,
        count(*) as charges,
        min(charges.ChargePeriodStart) as ChargePeriodStart, max(charges.ChargePeriodEnd) as ChargePeriodEnd,
        min(charges.BillingPeriodStart) as BillingPeriodStart, max(charges.BillingPeriodEnd) as BillingPeriodEnd,
        {same},
        sum(charges.BilledCost) as billed_cost, sum(charges.EffectiveCost) as effective_cost,
        sum(charges.ListCost) as list_cost, sum(charges.ContractedCost) as contracted_cost,
        sum(charges.PricingQuantity) as pricing_quantity, sum(charges.ConsumedQuantity) as consumed_quantity,
        sum(charges.CommitmentDiscountQuantity) as commitment_quantity, sum(charges.PricingCurrencyEffectiveCost) as pricing_cost
    from kinded as charges
    inner join routes on charges.kind_id = routes.kind_id
    group by all
)
select
    * replace (
        {list} as list_cost,
        {contracted} as contracted_cost
    ),
    row_number() over (order by bucket_id, day, abs(billed_cost) + abs(effective_cost) desc, grouped) as origin_id,
    row_number() over (partition by bucket_id, day order by abs(billed_cost) + abs(effective_cost) desc, grouped) = 1 as is_main
from grouped
