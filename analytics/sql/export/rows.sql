-- rows.sql: one row per origin × who bears it, in FOCUS 1.4 columns: what each bears of each cost, and as what part of its origin.
-- Parts of an origin add up to it in every cost, and their ratios to 1, exactly: what rounding leaves is the largest part's.
with parts as (
    select
        everything.*,
        origins.* exclude (bucket_id, day, billed_cost, effective_cost),
        case
            when origins.effective_cost <> 0 then cast(everything.effective_cost as double) / cast(origins.effective_cost as double)
            when origins.billed_cost <> 0 then cast(everything.billed_cost as double) / cast(origins.billed_cost as double)
            else 1.0 / count(*) over (partition by everything.bucket_id, everything.day)
        end as exact_ratio,
        count(*) over (partition by everything.bucket_id, everything.day) as bearers
    from (
        select bucket_id, day, cluster, community, hub, basis, component,
            sum(billed_cost) as billed_cost, sum(effective_cost) as effective_cost
        from everything
        group by all
        having sum(billed_cost) <> 0 or sum(effective_cost) <> 0
    ) as everything
    inner join origins on everything.bucket_id = origins.bucket_id and everything.day = origins.day
),
rounded as (
    select
        *,
        cast(exact_ratio as decimal(18, 12)) as part_ratio,
        cast(cast(list_cost as double) * exact_ratio as decimal(38, 12)) as part_list,
        cast(cast(contracted_cost as double) * exact_ratio as decimal(38, 12)) as part_contracted,
        row_number() over (
            partition by bucket_id, day order by abs(billed_cost) + abs(effective_cost) desc, hub, basis, component, cluster, community
        ) as place
    from parts
),
sums as (
    select bucket_id, day, sum(part_ratio) as ratio, sum(part_list) as list_cost, sum(part_contracted) as contracted_cost
    from rounded
    group by bucket_id, day
),
settled as (
    select
        rounded.*,
        rounded.part_ratio + case when place = 1 then 1 - sums.ratio else 0 end as ratio,
        rounded.part_list + case when place = 1 then rounded.list_cost - sums.list_cost else 0 end as list_part,
        rounded.part_contracted + case when place = 1 then rounded.contracted_cost - sums.contracted_cost else 0 end as contracted_part,
        coalesce(memberships.community, nullif(rounded.community, '')) as payer,
        not (rounded.bearers = 1 and rounded.basis = 'direct') as is_split
    from rounded
    inner join sums on rounded.bucket_id = sums.bucket_id and rounded.day = sums.day
    left join fleet_memberships as memberships
        on rounded.cluster = memberships.cluster and rounded.hub = memberships.hub
        and rounded.day >= coalesce(memberships.start_day, date '0001-01-01')
        and rounded.day < coalesce(memberships.end_day, date '9999-12-31')
),
named as (
    select
        *,
        case
            when hub <> '' then cluster || '/' || hub
            when basis = 'unattributed' then 'unattributed'
            when payer is not null then payer
            else 'operator'
        end as bearer
    from settled
)
select
    case when is_split then to_json({
        'Elements': [{'AllocatedRatio': ratio, 'UsageUnit': null, 'UsageQuantity': null}],
        'x_Rule': buckets.rule,
        'x_Basis': named.basis
    }) end as AllocatedMethodDetails,
    case when is_split then 'hubledger/' || buckets.rule || '/' || named.basis end as AllocatedMethodId,
    case when is_split then bearer end as AllocatedResourceId,
    case when is_split then coalesce(nullif(named.hub, ''), bearer) end as AllocatedResourceName,
    case when is_split then to_json(map_from_entries(list_filter([
        {'key': 'hub-name', 'value': nullif(named.hub, '')},
        {'key': 'cluster-name', 'value': nullif(named.cluster, '')},
        {'key': 'community', 'value': payer}
    ], lambda tag: tag.value is not null))) end as AllocatedTags,
    named.billed_cost as BilledCost,
    buckets.billing_account as BillingAccountId,
    billing_account_name as BillingAccountName,
    billing_account_type as BillingAccountType,
    buckets.currency as BillingCurrency,
    billing_period_end as BillingPeriodEnd,
    billing_period_start as BillingPeriodStart,
    buckets.charge_category as ChargeCategory,
    charge_class as ChargeClass,
    upper(named.component[1]) || named.component[2:] || ', ' || named.basis || ', by rule ' || buckets.rule as ChargeDescription,
    charge_frequency as ChargeFrequency,
    period_end as ChargePeriodEnd,
    period_start as ChargePeriodStart,
    contracted_part as ContractedCost,
    named.effective_cost as EffectiveCost,
    coalesce(host_provider, service_provider) as HostProviderName,
    invoice_id as InvoiceId,
    buckets.issuer as InvoiceIssuerName,
    list_part as ListCost,
    nullif(region_id, '') as RegionId,
    nullif(region_name, '') as RegionName,
    buckets.service_category as ServiceCategory,
    buckets.service as ServiceName,
    service_provider as ServiceProviderName,
    nullif(buckets.sub_account, '') as SubAccountId,
    sub_account_name as SubAccountName,
    sub_account_type as SubAccountType,
    to_json(map_from_entries(list_filter([
        {'key': 'hub-name', 'value': nullif(named.hub, '')},
        {'key': 'cluster-name', 'value': nullif(named.cluster, '')},
        {'key': 'community', 'value': payer}
    ], lambda tag: tag.value is not null))) as Tags,
    nullif(named.cluster, '') as x_Cluster,
    nullif(named.hub, '') as x_Hub,
    payer as x_Community,
    named.component as x_Component,
    buckets.rule as x_Rule,
    named.basis as x_Basis
from named
inner join buckets on named.bucket_id = buckets.bucket_id
order by ChargePeriodStart, InvoiceIssuerName, BillingAccountId, AllocatedResourceId, x_Component, x_Rule, x_Basis, ServiceName, ChargeCategory
