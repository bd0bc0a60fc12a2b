-- rows.sql: one row per origin × who bears it, in the columns of FOCUS 1.4 and ours.
-- What an issuer leaves out and FOCUS wants is filled with what says the same: a name with its identifier, a pricing currency with the
-- billing currency. A type of resource that differs within an origin is no type of its, so its resource isn't named either.
with named as (
    select
        cells.*, bearers.cluster, bearers.hub, bearers.basis, bearers.component, bearers.ratio,
        coalesce(memberships.community, nullif(bearers.community, '')) as payer,
        not (bearers.bearers = 1 and bearers.basis in ('direct', 'unattributed')) as is_split
    from cells
    inner join bearers on cells.bucket_id = bearers.bucket_id and cells.day = bearers.day and cells.place = bearers.place
    left join fleet_memberships as memberships
        on bearers.cluster = memberships.cluster and bearers.hub = memberships.hub
        and bearers.day >= coalesce(memberships.start_day, date '0001-01-01')
        and bearers.day < coalesce(memberships.end_day, date '9999-12-31')
),
told as (
    select
        *,
        case when basis <> 'unattributed' then concat_ws('/', nullif(cluster, ''), coalesce(nullif(hub, ''), payer, 'operator')) end as bearer,
        cast(to_json(map_from_entries(list_filter([
            {'key': 'hub-name', 'value': nullif(hub, '')},
            {'key': 'cluster-name', 'value': nullif(cluster, '')},
            {'key': 'community', 'value': payer}
        ], lambda tag: tag.value is not null))) as varchar) as bearer_tags
    from named
)
select
    case when is_split then cast(to_json({
        'Elements': [{'AllocatedRatio': ratio, 'UsageUnit': null, 'UsageQuantity': null}],
        'x_Rule': buckets.rule,
        'x_Basis': told.basis
    }) as varchar) end as AllocatedMethodDetails,
    case when is_split then 'hubledger/' || buckets.rule end as AllocatedMethodId,
    case when is_split then bearer || case when told.component <> buckets.component then '/' || told.component else '' end || '/' || told.basis end
        as AllocatedResourceId,
    case when is_split and bearer is not null then coalesce(nullif(told.hub, ''), bearer) end as AllocatedResourceName,
    case when is_split then bearer_tags end as AllocatedTags,
    AvailabilityZone,
    told.billed_cost as BilledCost,
    buckets.billing_account as BillingAccountId,
    coalesce(BillingAccountName, buckets.billing_account) as BillingAccountName,
    coalesce(BillingAccountType, 'Billing Account') as BillingAccountType,
    buckets.currency as BillingCurrency,
    BillingPeriodEnd, BillingPeriodStart, CapacityReservationId, CapacityReservationStatus,
    buckets.charge_category as ChargeCategory,
    ChargeClass,
    coalesce(ChargeDescription, upper(buckets.component[1]) || buckets.component[2:] || ', several charges') as ChargeDescription,
    ChargeFrequency, ChargePeriodEnd, ChargePeriodStart,
    CommitmentDiscountCategory, CommitmentDiscountId, CommitmentDiscountName,
    told.commitment_quantity as CommitmentDiscountQuantity,
    CommitmentDiscountStatus, CommitmentDiscountType, CommitmentDiscountUnit,
    cast(null as varchar) as CommitmentProgramEligibilityDetails,
    told.consumed_quantity as ConsumedQuantity,
    consumed.said as ConsumedUnit,
    cast(null as varchar) as ContractApplied,
    told.contracted_cost as ContractedCost,
    ContractedUnitPrice,
    told.effective_cost as EffectiveCost,
    coalesce(HostProviderName, origins.ServiceProviderName) as HostProviderName,
    InvoiceDetailId, InvoiceId,
    buckets.issuer as InvoiceIssuerName,
    told.list_cost as ListCost,
    ListUnitPrice, PricingCategory,
    coalesce(PricingCurrency, buckets.currency) as PricingCurrency,
    coalesce(PricingCurrencyContractedUnitPrice, if(coalesce(PricingCurrency, buckets.currency) = buckets.currency, ContractedUnitPrice, null))
        as PricingCurrencyContractedUnitPrice,
    coalesce(told.pricing_cost, if(coalesce(PricingCurrency, buckets.currency) = buckets.currency, told.effective_cost, null))
        as PricingCurrencyEffectiveCost,
    coalesce(PricingCurrencyListUnitPrice, if(coalesce(PricingCurrency, buckets.currency) = buckets.currency, ListUnitPrice, null))
        as PricingCurrencyListUnitPrice,
    told.pricing_quantity as PricingQuantity,
    priced.said as PricingUnit,
    RegionId, RegionName,
    if(ResourceType is null, null, ResourceId) as ResourceId,
    if(ResourceType is null or ResourceId is null, null, ResourceName) as ResourceName,
    if(ResourceId is null, null, ResourceType) as ResourceType,
    services.service_category as ServiceCategory,
    buckets.service as ServiceName,
    origins.ServiceProviderName,
    if(services.service_category = buckets.service_category and ServiceSubcategory is not null, ServiceSubcategory,
        'Other (' || services.service_category || ')') as ServiceSubcategory,
    SkuId,
    if(SkuId is null, null, coalesce(SkuMeter, ChargeDescription, SkuId)) as SkuMeter,
    SkuPriceDetails, SkuPriceId,
    nullif(buckets.sub_account, '') as SubAccountId,
    if(buckets.sub_account = '', null, coalesce(SubAccountName, buckets.sub_account)) as SubAccountName,
    if(buckets.sub_account = '', null, coalesce(SubAccountType, 'Sub Account')) as SubAccountType,
    {tags} as Tags,
    nullif(told.cluster, '') as x_Cluster,
    nullif(told.hub, '') as x_Hub,
    payer as x_Community,
    told.component as x_Component,
    buckets.rule as x_Rule,
    told.basis as x_Basis,
    case when is_split then buckets.billing_period || '/' || origins.origin_id end as x_SplitOriginId,
    case when is_split then origins.billed_cost end as x_SplitOriginCost
from told
inner join origins on told.origin_id = origins.origin_id
inner join buckets on told.bucket_id = buckets.bucket_id
left join units as priced on origins.PricingUnit = priced.unit
left join units as consumed on origins.ConsumedUnit = consumed.unit
inner join services on origins.ServiceProviderName = services.ServiceProviderName and buckets.service = services.service
order by origins.ChargePeriodStart, origins.origin_id, told.place
