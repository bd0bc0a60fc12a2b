-- allocations.sql: one row per day × hub × component × rule × basis × charge category × currency (and account, cluster, community): the result.
-- The community is the one the hub belonged to on that day. Rows of no money at all are left out: they add nothing.
with covered as (
    select bucket_id, day, case when sum(weighed) > 0 then cast(sum(covered) as double) / cast(sum(weighed) as double) else 1 end as coverage
    from expected
    group by bucket_id, day
),
everything as (
    select
        borne.bucket_id, borne.day, buckets.cluster, buckets.community, borne.hub, borne.basis,
        case when borne.part = 'gpu' and buckets.component = 'compute' then 'gpu' else buckets.component end as component,
        borne.billed_cost, borne.effective_cost
    from borne
    inner join buckets using (bucket_id)
    union all
    select related.bucket_id, related.day, related.cluster, related.community, related.hub, related.basis, buckets.component, related.billed_cost, related.effective_cost
    from related
    inner join buckets using (bucket_id)
)
select
    buckets.billing_period,
    everything.day,
    buckets.issuer,
    buckets.billing_account,
    nullif(everything.cluster, '') as cluster,
    coalesce(memberships.community, nullif(everything.community, '')) as community,
    nullif(everything.hub, '') as hub,
    everything.component,
    buckets.rule,
    everything.basis,
    buckets.charge_category,
    buckets.currency,
    sum(everything.billed_cost) as billed_cost,
    sum(everything.effective_cost) as effective_cost,
    cast(min(covered.coverage) as decimal(9, 6)) as coverage
from everything
inner join buckets on everything.bucket_id = buckets.bucket_id
inner join covered on everything.bucket_id = covered.bucket_id and everything.day = covered.day
left join fleet_memberships as memberships
    on everything.cluster = memberships.cluster and everything.hub = memberships.hub
    and everything.day >= coalesce(memberships.start_day, date '0001-01-01')
    and everything.day < coalesce(memberships.end_day, date '9999-12-31')
group by all
having sum(everything.billed_cost) <> 0 or sum(everything.effective_cost) <> 0
