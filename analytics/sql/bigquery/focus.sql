-- focus.sql: one row per charge, in the columns of FOCUS 1.4.
-- Months begin at midnight in California, as in Google's own FOCUS view. EffectiveCost is the billed one, as there:
-- Google bills a commitment's fee hour by hour over its term, so it is spread over time as it is, and which usage it
-- covered the export doesn't say. A window of no length (a tax, an adjustment) becomes Google's shortest, an hour.
-- Prices and costs are in the billing currency; the pricing currency is the US dollar, at the rate of the line.
select
  cast(null as varchar) as AllocatedMethodDetails,
  cast(null as varchar) as AllocatedMethodId,
  cast(null as varchar) as AllocatedResourceId,
  cast(null as varchar) as AllocatedResourceName,
  cast(null as varchar) as AllocatedTags,
  location_zone as AvailabilityZone,
  billed as BilledCost,
  billing_account_id as BillingAccountId,
  cast(null as varchar) as BillingAccountName,
  'Billing Account' as BillingAccountType,
  currency as BillingCurrency,
  period_end as BillingPeriodEnd,
  period_start as BillingPeriodStart,
  cast(null as varchar) as CapacityReservationId,
  cast(null as varchar) as CapacityReservationStatus,
  category as ChargeCategory,
  charge_class as ChargeClass,
  charge_description as ChargeDescription,
  case category when 'Usage' then 'Usage-Based' when 'Purchase' then 'Recurring' else 'One-Time' end as ChargeFrequency,
  case
    when usage_end_time > coalesce(usage_start_time, period_start) then usage_end_time
    when usage_end_time is null and usage_start_time is null then period_end
    else coalesce(usage_start_time, period_start) + interval 1 hour
  end as ChargePeriodEnd,
  coalesce(usage_start_time, period_start) as ChargePeriodStart,
  case
    when commitment_id is null then null
    when commitment.type = 'COMMITTED_USAGE_DISCOUNT' then 'Usage'
    when commitment is null and sku_description not ilike '%dollar%' then 'Usage'
    else 'Spend'
  end as CommitmentDiscountCategory,
  commitment_id as CommitmentDiscountId,
  case
    when commitment_id is not null then coalesce(commitment.full_name, commitment.name, sku_description)
  end as CommitmentDiscountName,
  cast(null as decimal(38, 12)) as CommitmentDiscountQuantity,
  case when commitment_id is not null and category = 'Usage' then 'Used' end as CommitmentDiscountStatus,
  case when commitment_id is not null then 'Committed use discount' end as CommitmentDiscountType,
  cast(null as varchar) as CommitmentDiscountUnit,
  cast(null as varchar) as CommitmentProgramEligibilityDetails,
  case when category = 'Usage' then quantity(usage_amount) end as ConsumedQuantity,
  case when category = 'Usage' and quantity(usage_amount) is not null then usage_unit end as ConsumedUnit,
  cast(null as varchar) as ContractApplied,
  contracted as ContractedCost,
  case when is_priced then quantity(price_effective_price) end as ContractedUnitPrice,
  billed as EffectiveCost,
  'Google Cloud' as HostProviderName,
  cast(null as varchar) as InvoiceDetailId,
  cast(null as varchar) as InvoiceId,
  'Google Cloud' as InvoiceIssuerName,
  listed as ListCost,
  case when is_priced then quantity(price_list_price) end as ListUnitPrice,
  case
    when not is_priced then null
    when category = 'Purchase' or commitment_id is not null then 'Committed'
    when sku_description ilike 'spot %' or sku_description ilike '%preemptible%' then 'Dynamic'
    else 'Standard'
  end as PricingCategory,
  'USD' as PricingCurrency,
  case when is_priced then dollars(price_effective_price, rate) end as PricingCurrencyContractedUnitPrice,
  case when rate = 1 then billed else dollars(billed, rate) end as PricingCurrencyEffectiveCost,
  case when is_priced then dollars(price_list_price, rate) end as PricingCurrencyListUnitPrice,
  case when is_priced then quantity(usage_amount_in_pricing_units) end as PricingQuantity,
  case when is_priced and quantity(usage_amount_in_pricing_units) is not null then usage_pricing_unit end as PricingUnit,
  region_id as RegionId,
  coalesce(regions.name, region_id) as RegionName,
  resource_global_name as ResourceId,
  resource_name as ResourceName,
  regexp_extract(resource_global_name, '([^/]+)/[^/]+$', 1) as ResourceType,
  coalesce(service_category, 'Other') as ServiceCategory,
  coalesce(service_description, 'Google Cloud') as ServiceName,
  coalesce(if(transaction_type like 'THIRD_PARTY%', seller_name, null), 'Google Cloud') as ServiceProviderName,
  coalesce(service_subcategory, 'Other (' || coalesce(service_category, 'Other') || ')') as ServiceSubcategory,
  case when category <> 'Tax' then sku_id end as SkuId,
  case when is_priced then sku_description end as SkuMeter,
  case
    when is_priced
      then cast(
        json_object(
          'x_ConsumptionModel', consumption_model_description,
          'x_CurrencyConversionRate', cast(currency_conversion_rate as varchar)
        )
        as varchar
      )
  end as SkuPriceDetails,
  case
    when is_priced then sku_id || coalesce('/' || cast(quantity(price_tier_start_amount) as varchar), '')
  end as SkuPriceId,
  project_id as SubAccountId,
  project_name as SubAccountName,
  case when project_id is not null then 'Project' end as SubAccountType,
  all_tags as Tags,
  period as x_BillingPeriod,
  cast(getvariable('final') as boolean) as x_Final
from (
  select
    *,
    lower(service_description) as service_key,
    coalesce(location_region, location_location) as region_id,
    coalesce(subscription_instance_id, commitment.id) as commitment_id,
    nullif(coalesce(cast(currency_conversion_rate as double), if(currency = 'USD', 1, null)), 0) as rate
  from entries
)
left join services on services.service = service_key
left join regions on regions.id = region_id
