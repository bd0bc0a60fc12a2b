-- explorer.sql: one row per day × account × service × kind of charge × hub of Cost Explorer's answers, in the columns of FOCUS 1.4.
-- It is coarse: no resource, no price, no invoice. A refund's category isn't known from it, so it is an adjustment.
select
    cast(null as varchar) as AllocatedMethodDetails,
    cast(null as varchar) as AllocatedMethodId,
    cast(null as varchar) as AllocatedResourceId,
    cast(null as varchar) as AllocatedResourceName,
    cast(null as varchar) as AllocatedTags,
    cast(null as varchar) as AvailabilityZone,
    billed as BilledCost,
    getvariable('explorer_account') as BillingAccountId,
    cast(null as varchar) as BillingAccountName,
    'Payer Account' as BillingAccountType,
    currency as BillingCurrency,
    cast(date_trunc('month', day) + interval 1 month as timestamptz) as BillingPeriodEnd,
    cast(date_trunc('month', day) as timestamptz) as BillingPeriodStart,
    cast(null as varchar) as CapacityReservationId,
    cast(null as varchar) as CapacityReservationStatus,
    category as ChargeCategory,
    if(contains(kind, 'refund'), 'Correction', null) as ChargeClass,
    'Cost Explorer, daily, ' || record_type as ChargeDescription,
    case when category = 'Usage' then 'Usage-Based' when contains(kind, 'recurring') then 'Recurring' else 'One-Time' end as ChargeFrequency,
    cast(day + interval 1 day as timestamptz) as ChargePeriodEnd,
    cast(day as timestamptz) as ChargePeriodStart,
    cast(null as varchar) as CommitmentDiscountCategory,
    cast(null as varchar) as CommitmentDiscountId,
    cast(null as varchar) as CommitmentDiscountName,
    cast(null as decimal(38, 12)) as CommitmentDiscountQuantity,
    cast(null as varchar) as CommitmentDiscountStatus,
    cast(null as varchar) as CommitmentDiscountType,
    cast(null as varchar) as CommitmentDiscountUnit,
    cast(null as varchar) as CommitmentProgramEligibilityDetails,
    cast(null as decimal(38, 12)) as ConsumedQuantity,
    cast(null as varchar) as ConsumedUnit,
    cast(null as varchar) as ContractApplied,
    billed as ContractedCost,
    cast(null as decimal(38, 12)) as ContractedUnitPrice,
    effective as EffectiveCost,
    'AWS' as HostProviderName,
    cast(null as varchar) as InvoiceDetailId,
    cast(null as varchar) as InvoiceId,
    'Amazon Web Services, Inc.' as InvoiceIssuerName,
    billed as ListCost,
    cast(null as decimal(38, 12)) as ListUnitPrice,
    cast(null as varchar) as PricingCategory,
    currency as PricingCurrency,
    cast(null as decimal(38, 12)) as PricingCurrencyContractedUnitPrice,
    effective as PricingCurrencyEffectiveCost,
    cast(null as decimal(38, 12)) as PricingCurrencyListUnitPrice,
    cast(null as decimal(38, 12)) as PricingQuantity,
    cast(null as varchar) as PricingUnit,
    cast(null as varchar) as RegionId,
    cast(null as varchar) as RegionName,
    cast(null as varchar) as ResourceId,
    cast(null as varchar) as ResourceName,
    cast(null as varchar) as ResourceType,
    coalesce(service_category, 'Other') as ServiceCategory,
    service as ServiceName,
    'AWS' as ServiceProviderName,
    coalesce(service_subcategory, 'Other (' || coalesce(service_category, 'Other') || ')') as ServiceSubcategory,
    cast(null as varchar) as SkuId,
    cast(null as varchar) as SkuMeter,
    cast(null as varchar) as SkuPriceDetails,
    cast(null as varchar) as SkuPriceId,
    account as SubAccountId,
    account_name as SubAccountName,
    'Linked Account' as SubAccountType,
    if(hub is null, '{}', cast(json_object(getvariable('explorer_tag'), hub) as varchar)) as Tags,
    strftime(day, '%Y-%m') as x_BillingPeriod,
    not estimated as x_Final
from (
    select
        *,
        case
            when contains(kind, 'tax') then 'Tax'
            when contains(kind, 'credit') then 'Credit'
            when contains(kind, 'refund') then 'Adjustment'
            when contains(kind, 'discount') and not contains(kind, 'usage') then 'Usage'
            when contains(kind, 'usage') or contains(kind, 'negation') then 'Usage'
            when contains(kind, 'fee') or contains(kind, 'outofcycle') then 'Purchase'
            else 'Adjustment'
        end as category
    from (select *, regexp_replace(lower(record_type), '[^a-z]', '', 'g') as kind from explorer_rows)
) as costs
left join (
    select service_name, any_value(service_category) as service_category, any_value(service_subcategory) as service_subcategory
    from aws_services
    group by all
) as services
    on services.service_name = case when service like 'EC2 - %' or service like '% - Compute' then 'Amazon Elastic Compute Cloud' else service end
