-- focus.sql: one row per charge, in the columns of FOCUS 1.4, those of AWS's own FOCUS export where both say the same.
-- List and contracted cost are the unit price × the quantity where AWS gives a price; for fees, taxes and credits they are what
-- was billed. A contract's own discount is in the net price of usage; a commitment's (plan, reservation) is not.
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
    utc(period_end) as BillingPeriodEnd,
    utc(period_start) as BillingPeriodStart,
    cast(null as varchar) as CapacityReservationId,
    cast(null as varchar) as CapacityReservationStatus,
    category as ChargeCategory,
    case when line_type = 'Refund' or bill_type = 'Refund' then 'Correction' end as ChargeClass,
    coalesce(description, usage_type, line_type) || if(unused, ' (unused)', '') as ChargeDescription,
    case
        when category = 'Usage' then 'Usage-Based'
        when line_type in ('RIFee', 'SavingsPlanRecurringFee') then 'Recurring'
        else 'One-Time'
    end as ChargeFrequency,
    utc(if(end_time > start_time, end_time, start_time + interval 1 hour)) as ChargePeriodEnd,
    utc(start_time) as ChargePeriodStart,
    case when plan is not null then 'Spend' when reservation is not null then 'Usage' end as CommitmentDiscountCategory,
    commitment as CommitmentDiscountId,
    cast(null as varchar) as CommitmentDiscountName,
    case when plan is not null then if(category = 'Purchase', billed, effective) when priced = 'DiscountedUsage' then amount end
        as CommitmentDiscountQuantity,
    case when unused then 'Unused' when priced in ('DiscountedUsage', 'SavingsPlanCoveredUsage') and commitment is not null then 'Used' end
        as CommitmentDiscountStatus,
    case when plan is not null then 'Savings Plan' when reservation is not null then 'Reserved Instance' end as CommitmentDiscountType,
    case when plan is not null then currency when priced = 'DiscountedUsage' and amount is not null and reservation is not null then unit end
        as CommitmentDiscountUnit,
    cast(null as varchar) as CommitmentProgramEligibilityDetails,
    case when priced is not null then amount end as ConsumedQuantity,
    case when priced is not null and amount is not null then coalesce(unit, 'Units') end as ConsumedUnit,
    cast(null as varchar) as ContractApplied,
    case when unused then 0 when contracted_price is not null then times(contracted_price, quantity) else billed end as ContractedCost,
    contracted_price as ContractedUnitPrice,
    effective as EffectiveCost,
    'AWS' as HostProviderName,
    cast(null as varchar) as InvoiceDetailId,
    invoice as InvoiceId,
    coalesce(invoicing_entity, 'Amazon Web Services, Inc.') as InvoiceIssuerName,
    case
        when list_price is not null then times(list_price, quantity)
        when priced is not null then coalesce(list_cost, cost)
        when category = 'Usage' then 0
        else billed
    end as ListCost,
    list_price as ListUnitPrice,
    case
        when unused then 'Committed'
        when category = 'Purchase' then if(commitment is null, 'Standard', 'Committed')
        when priced is null then null
        when commitment is not null then 'Committed'
        when contains(usage_type, 'SpotUsage') or purchase_option ilike 'spot%' then 'Dynamic'
        else 'Standard'
    end as PricingCategory,
    currency as PricingCurrency,
    contracted_price as PricingCurrencyContractedUnitPrice,
    effective as PricingCurrencyEffectiveCost,
    list_price as PricingCurrencyListUnitPrice,
    quantity as PricingQuantity,
    case when quantity is not null then coalesce(unit, 'Units') end as PricingUnit,
    region as RegionId,
    coalesce(regions.name, region) as RegionName,
    resource as ResourceId,
    cast(null as varchar) as ResourceName,
    resource_type as ResourceType,
    coalesce(service_category, 'Other') as ServiceCategory,
    coalesce(product_name, service_name, product_code) as ServiceName,
    if(billing_entity = 'AWS Marketplace', coalesce(legal_entity, 'AWS Marketplace'), 'AWS') as ServiceProviderName,
    coalesce(service_subcategory, 'Other (' || coalesce(service_category, 'Other') || ')') as ServiceSubcategory,
    case when category <> 'Tax' then sku end as SkuId,
    case when category in ('Usage', 'Purchase') then usage_type end as SkuMeter,
    cast(null as varchar) as SkuPriceDetails,
    case when category in ('Usage', 'Purchase') then rate_code end as SkuPriceId,
    account as SubAccountId,
    account_name as SubAccountName,
    'Linked Account' as SubAccountType,
    if(namespace is null, tags.flat, cast(json_merge_patch(coalesce(tags.flat, '{}'), json_object(getvariable('aws_namespace_key'), namespace)) as varchar))
        as Tags,
    strftime(period_start, '%Y-%m') as x_BillingPeriod,
    invoice is not null as x_Final
from (
    select
        *,
        case
            when category = 'Purchase' then cast(1 as decimal(38, 12))
            when priced is not null then amount
        end as quantity,
        case
            when category = 'Purchase' and billed >= 0 then billed
            when priced is not null and amount is not null then list_rate
        end as list_price,
        case
            when category = 'Purchase' and billed >= 0 then billed
            when priced is null or amount is null then null
            when priced <> 'Usage' then list_rate
            when abs(times(unblended_rate, amount) - cost) < 0.000001 then unblended_rate
            when amount > 0 and cost >= 0 then cast(cast(cost as double) / cast(amount as double) as decimal(38, 12))
        end as contracted_price,
        coalesce(plan, reservation) as commitment,
        case
            when resource is null then null
            when starts_with(resource, 'i-') then 'Instance'
            when starts_with(resource, 'vol-') then 'Volume'
            when starts_with(resource, 'arn:') then coalesce(nullif(split_part(split_part(resource, ':', 6), '/', 1), ''), split_part(resource, ':', 3))
            when product_code = 'AmazonS3' then 'Bucket'
            else product_code
        end as resource_type
    from aws_entries
) as entries
left join aws_services as services on entries.product_code = services.code
left join aws_regions as regions on entries.region = regions.id
left join aws_tags as tags on entries.tags = tags.text
