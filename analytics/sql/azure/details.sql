-- details.sql: one row per charge of Cost Details, in columns of FOCUS 1.4; those that are not here are null.
-- The mapping is Microsoft's own: https://learn.microsoft.com/cloud-computing/finops/focus/convert
-- A period is final once its lines have an invoice; an enrolment's have none, and its month is closed within five days.
select
  AvailabilityZone,
  billed as BilledCost,
  account as BillingAccountId,
  if(has_profile, BillingProfileName, BillingAccountName) as BillingAccountName,
  if(has_profile, 'Billing Profile', 'Billing Account') as BillingAccountType,
  BillingCurrency,
  BillingPeriodEnd + interval 1 day as BillingPeriodEnd,
  BillingPeriodStart,
  category as ChargeCategory,
  if(kind = 'refund', 'Correction', null) as ChargeClass,
  coalesce(ProductName, MeterName, MeterCategory) as ChargeDescription,
  case regexp_replace(lower(Frequency), '[^a-z]', '', 'g')
    when 'onetime' then 'One-Time' when 'recurring' then 'Recurring' when 'usagebased' then 'Usage-Based'
  end as ChargeFrequency,
  Date + interval 1 day as ChargePeriodEnd,
  Date as ChargePeriodStart,
  if(commitment ilike '%/microsoft.billingbenefits/%' or model like 'savingsplan%', 'Spend', if(commitment is null, null, 'Usage')) as CommitmentDiscountCategory,
  commitment as CommitmentDiscountId,
  coalesce(BenefitName, ReservationName) as CommitmentDiscountName,
  if(commitment is null or category <> 'Usage', null, if(starts_with(kind, 'unused'), 'Unused', 'Used')) as CommitmentDiscountStatus,
  if(commitment ilike '%/microsoft.billingbenefits/%' or model like 'savingsplan%', 'Savings Plan', if(commitment is null, null, 'Reservation')) as CommitmentDiscountType,
  if(kind = 'usage', Quantity, null) as ConsumedQuantity,
  if(kind = 'usage' and Quantity is not null, unit_name(coalesce(UnitOfMeasure, '1')), null) as ConsumedUnit,
  if(is_priced, coalesce(product(contracted_price, priced), billed), billed) as ContractedCost,
  if(is_priced, contracted_price, null) as ContractedUnitPrice,
  effective as EffectiveCost,
  coalesce(PublisherName, 'Microsoft') as HostProviderName,
  InvoiceId,
  coalesce(PartnerName, 'Microsoft') as InvoiceIssuerName,
  if(is_priced, coalesce(product(list_price, priced), product(contracted_price, priced), billed), billed) as ListCost,
  if(is_priced, list_price, null) as ListUnitPrice,
  case when not is_priced then null when committed then 'Committed' when model = 'ondemand' then 'Standard' when model = 'spot' then 'Dynamic' end as PricingCategory,
  coalesce(PricingCurrency, BillingCurrency) as PricingCurrency,
  if(is_priced and rate is not null, UnitPrice, null) as PricingCurrencyContractedUnitPrice,
  case when rate = 1 then effective when rate <> 0 then product(effective, 1 / rate) end as PricingCurrencyEffectiveCost,
  if(is_priced and rate is not null, ListUnitPrice, null) as PricingCurrencyListUnitPrice,
  if(is_priced, priced, null) as PricingQuantity,
  if(is_priced and priced is not null, UnitOfMeasure, null) as PricingUnit,
  coalesce(regions.id, regexp_replace(lower(Region), '[^a-z0-9]', '', 'g')) as RegionId,
  coalesce(regions.name, Region) as RegionName,
  machine_of(ResourceId, AdditionalInfo) as ResourceId,
  coalesce(ResourceName, nullif(regexp_extract(ResourceId, '([^/]+)$', 1), '')) as ResourceName,
  nullif(regexp_extract(ResourceId, '(?i)/providers/(.*)/[^/]+$', 1), '') as ResourceType,
  coalesce(service_category, 'Other') as ServiceCategory,
  coalesce(MeterCategory, nullif(regexp_replace(ConsumedService, '(?i)^microsoft\.', ''), ''), ProductName, 'Microsoft Azure') as ServiceName,
  'Microsoft' as ServiceProviderName,
  coalesce(service_subcategory, 'Other (Other)') as ServiceSubcategory,
  if(category = 'Tax', null, coalesce(ProductId, PartNumber, MeterId)) as SkuId,
  if(is_priced, MeterName, null) as SkuMeter,
  if(is_priced and MeterId is not null and rate is not null, cast(json_object('x_BillingExchangeRate', rate) as varchar), null) as SkuPriceDetails,
  if(is_priced, MeterId, null) as SkuPriceId,
  subscription as SubAccountId,
  SubscriptionName as SubAccountName,
  if(subscription is null, null, 'Subscription') as SubAccountType,
  with_cluster(braced(Tags), azure_groups.cluster) as Tags,
  period(BillingPeriodStart, BillingPeriodEnd + interval 1 day) as x_BillingPeriod,
  InvoiceId is not null
    or (regexp_matches(account, '/billingAccounts/[0-9]+$') and made > BillingPeriodEnd + interval 6 day) as x_Final,
  x_File,
  x_Row,
  x_Span
from (
  select
    *,
    if(committed, coalesce(BenefitId, ReservationId), null) as commitment,
    product(Quantity, 1 / block(UnitOfMeasure)) as priced,
    if(UnitPrice = 0, null, product(UnitPrice, coalesce(rate, 1))) as contracted_price,
    if(ListUnitPrice = 0, null, product(ListUnitPrice, coalesce(rate, 1))) as list_price
  from azure_lines
)
left join azure_services as services on services.service = lower(MeterCategory)
left join azure_regions as regions on regions.written = lower(Region)
left join azure_groups
  on azure_groups.name = lower(coalesce(ResourceGroup, group_of(ResourceId)))
  and azure_groups.subscription_of is not distinct from lower(SubscriptionId)
