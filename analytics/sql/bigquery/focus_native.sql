-- focus_native.sql: one row per row of Google's FOCUS export, in the columns of FOCUS 1.4.
-- BilledCost and EffectiveCost are Google's: with every credit in them, also grants, which x_Credits only explains. What the export
-- doesn't have (service categories, issuer, type of account) is as in the mapping of the detailed export.
-- Of two values of a key the row's own label wins, then a tag, then a system label, then the project's label.
select
  cast(null as varchar) as AllocatedMethodDetails,
  cast(null as varchar) as AllocatedMethodId,
  cast(null as varchar) as AllocatedResourceId,
  cast(null as varchar) as AllocatedResourceName,
  cast(null as varchar) as AllocatedTags,
  AvailabilityZone,
  money(coalesce(BilledCost, 0)) as BilledCost,
  BillingAccountId,
  BillingAccountName,
  coalesce(BillingAccountType, 'Billing Account') as BillingAccountType,
  BillingCurrency,
  BillingPeriodEnd,
  BillingPeriodStart,
  CapacityReservationId,
  CapacityReservationStatus,
  ChargeCategory,
  ChargeClass,
  ChargeDescription,
  coalesce(
    ChargeFrequency, case ChargeCategory when 'Usage' then 'Usage-Based' when 'Purchase' then 'Recurring' else 'One-Time' end
  ) as ChargeFrequency,
  if(ChargePeriodEnd > ChargePeriodStart, ChargePeriodEnd, ChargePeriodStart + interval 1 hour) as ChargePeriodEnd,
  ChargePeriodStart,
  case when commitment_id is not null then coalesce(CommitmentDiscountCategory, case when usage_based then 'Usage' else 'Spend' end) end
    as CommitmentDiscountCategory,
  commitment_id as CommitmentDiscountId,
  case when commitment_id is not null then coalesce(CommitmentDiscountName, commitment.fullname, commitment.name) end
    as CommitmentDiscountName,
  quantity(CommitmentDiscountQuantity) as CommitmentDiscountQuantity,
  case when commitment_id is not null and ChargeCategory = 'Usage' then coalesce(CommitmentDiscountStatus, 'Used') end
    as CommitmentDiscountStatus,
  case when commitment_id is not null then coalesce(CommitmentDiscountType, 'Committed use discount') end as CommitmentDiscountType,
  CommitmentDiscountUnit,
  cast(null as varchar) as CommitmentProgramEligibilityDetails,
  quantity(ConsumedQuantity) as ConsumedQuantity,
  ConsumedUnit,
  cast(null as varchar) as ContractApplied,
  money(coalesce(ContractedCost, BilledCost, 0)) as ContractedCost,
  quantity(ContractedUnitPrice) as ContractedUnitPrice,
  money(coalesce(EffectiveCost, BilledCost, 0)) as EffectiveCost,
  coalesce(HostProviderName, PublisherName, 'Google Cloud') as HostProviderName,
  cast(null as varchar) as InvoiceDetailId,
  InvoiceId,
  coalesce(InvoiceIssuerName, 'Google Cloud') as InvoiceIssuerName,
  money(coalesce(ListCost, BilledCost, 0)) as ListCost,
  quantity(ListUnitPrice) as ListUnitPrice,
  PricingCategory,
  PricingCurrency,
  quantity(PricingCurrencyContractedUnitPrice) as PricingCurrencyContractedUnitPrice,
  quantity(PricingCurrencyEffectiveCost) as PricingCurrencyEffectiveCost,
  quantity(PricingCurrencyListUnitPrice) as PricingCurrencyListUnitPrice,
  quantity(PricingQuantity) as PricingQuantity,
  PricingUnit,
  RegionId,
  coalesce(RegionName, regions.name, RegionId) as RegionName,
  ResourceId,
  ResourceName,
  coalesce(ResourceType, nullif(regexp_extract(ResourceId, '([^/]+)/[^/]+$', 1), '')) as ResourceType,
  coalesce(export.ServiceCategory, services.service_category, 'Other') as ServiceCategory,
  coalesce(ServiceName, 'Google Cloud') as ServiceName,
  coalesce(ServiceProviderName, ProviderName, 'Google Cloud') as ServiceProviderName,
  coalesce(ServiceSubcategory, if(export.ServiceCategory is null, services.service_subcategory, null)) as ServiceSubcategory,
  SkuId,
  SkuMeter,
  case
    when SkuPriceId is not null
      then cast(
        json_object(
          'x_ConsumptionModel', x_ConsumptionModelDescription,
          'x_CurrencyConversionRate', cast(x_CurrencyConversionRate as varchar)
        )
        as varchar
      )
  end as SkuPriceDetails,
  SkuPriceId,
  SubAccountId,
  SubAccountName,
  case when SubAccountId is not null then coalesce(SubAccountType, 'Project') end as SubAccountType,
  flat_json(
    list_transform(
      list_concat(
        coalesce(x_Labels, []), coalesce(x_Tags, []), coalesce(x_SystemLabels, []), coalesce(x_ProjectLabels, []), coalesce(Tags, [])
      ),
      lambda pair: struct_pack(key := pair.key, value := pair.value)
    )
  ) as Tags,
  strftime(timezone('UTC', BillingPeriodStart) + interval 15 day, '%Y-%m') as x_BillingPeriod,
  cast(getvariable('final') as boolean) as x_Final
from (
  select
    *,
    coalesce(CommitmentDiscountId, x_SubscriptionInstanceId, commitment.id) as commitment_id,
    coalesce(upper(commitment.type) = 'COMMITTED_USAGE_DISCOUNT', false) as usage_based
  from (select *, [c for c in x_Credits if is_commitment(c.type)][1] as commitment from export)
) as export
left join services on services.service = lower(ServiceName)
left join regions on regions.id = RegionId
