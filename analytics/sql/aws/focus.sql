-- focus.sql: one row per charge, in the columns of FOCUS 1.4, those of AWS's own FOCUS export where both say the same.
select
    cast(null as varchar) as AllocatedMethodDetails,
    cast(null as varchar) as AllocatedMethodId,
    cast(null as varchar) as AllocatedResourceId,
    cast(null as varchar) as AllocatedResourceName,
    cast(null as varchar) as AllocatedTags,
    zone as AvailabilityZone,
    billed as BilledCost,
    payer as BillingAccountId,
    payer_name as BillingAccountName,
    'Payer Account' as BillingAccountType,
    currency as BillingCurrency,
    period_end as BillingPeriodEnd,
    period_start as BillingPeriodStart,
    cast(null as varchar) as CapacityReservationId,
    cast(null as varchar) as CapacityReservationStatus,
    category as ChargeCategory,
    if(is_correction, 'Correction', null) as ChargeClass,
    if(unused, 'Unused: ' || coalesce(description, line_type), coalesce(description, usage_type, line_type)) as ChargeDescription,
    case
        when category = 'Usage' then 'Usage-Based'
        when line_type in ('RIFee', 'SavingsPlanRecurringFee') then 'Recurring'
        else 'One-Time'
    end as ChargeFrequency,
    end_time as ChargePeriodEnd,
    start_time as ChargePeriodStart,
    case when plan is not null then 'Spend' when reservation is not null then 'Usage' end as CommitmentDiscountCategory,
    coalesce(plan, reservation) as CommitmentDiscountId,
    cast(null as varchar) as CommitmentDiscountName,
    case
        when not is_priced then null
        when plan is not null then if(category = 'Purchase', billed, effective)
        when reservation is not null then quantity
    end as CommitmentDiscountQuantity,
    case
        when unused then 'Unused'
        when category = 'Usage' and coalesce(plan, reservation) is not null then 'Used'
    end as CommitmentDiscountStatus,
    case when plan is not null then 'Savings Plan' when reservation is not null then 'Reserved Instance' end as CommitmentDiscountType,
    case
        when not is_priced then null
        when plan is not null then currency
        when reservation is not null then coalesce(unit, 'Units')
    end as CommitmentDiscountUnit,
    cast(null as varchar) as CommitmentProgramEligibilityDetails,
    if(is_priced and category = 'Usage' and not unused, quantity, null) as ConsumedQuantity,
    if(is_priced and category = 'Usage' and not unused, coalesce(unit, 'Units'), null) as ConsumedUnit,
    cast(null as varchar) as ContractApplied,
    if(is_priced, times(contracted_price, quantity), billed) as ContractedCost,
    contracted_price as ContractedUnitPrice,
    effective as EffectiveCost,
    'AWS' as HostProviderName,
    cast(null as varchar) as InvoiceDetailId,
    invoice as InvoiceId,
    coalesce(invoicing_entity, 'Amazon Web Services, Inc.') as InvoiceIssuerName,
    if(is_priced, times(list_price, quantity), billed) as ListCost,
    list_price as ListUnitPrice,
    if(unused, 'Committed', pricing_category) as PricingCategory,
    currency as PricingCurrency,
    contracted_price as PricingCurrencyContractedUnitPrice,
    effective as PricingCurrencyEffectiveCost,
    list_price as PricingCurrencyListUnitPrice,
    if(is_priced, quantity, null) as PricingQuantity,
    if(is_priced, coalesce(unit, 'Units'), null) as PricingUnit,
    region as RegionId,
    coalesce(region_name, region) as RegionName,
    resource as ResourceId,
    cast(null as varchar) as ResourceName,
    resource_type as ResourceType,
    coalesce(service_category, 'Other') as ServiceCategory,
    service as ServiceName,
    provider as ServiceProviderName,
    coalesce(service_subcategory, 'Other (Other)') as ServiceSubcategory,
    if(is_priced, coalesce(sku, product_code || ':' || coalesce(usage_type, line_type)), null) as SkuId,
    if(is_priced, coalesce(usage_type, line_type), null) as SkuMeter,
    cast(null as varchar) as SkuPriceDetails,
    if(is_priced, coalesce(rate_code, sku, product_code || ':' || coalesce(usage_type, line_type)), null) as SkuPriceId,
    account as SubAccountId,
    account_name as SubAccountName,
    'Linked Account' as SubAccountType,
    if(
        namespace is null,
        tags.flat,
        cast(json_merge_patch(coalesce(tags.flat, '{}'), json_object(getvariable('aws_namespace_key'), namespace)) as varchar)
    ) as Tags,
    case {months} end as x_BillingPeriod,
    invoice is not null as x_Final,
    text_key as x_TextKey,
    text_check as x_TextCheck,
    unused as x_Unused
from {entries} as entries
left join aws_tags as tags on entries.tags = tags.text
