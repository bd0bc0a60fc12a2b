-- allocations.sql: one row per day × hub × component × rule × basis × charge category × currency (and account, cluster, community).
-- The community is the one the hub belonged to on that day. Rows of no money at all are left out: they add nothing.
with everything as (
    select
        borne.bucket_id, borne.day, buckets.cluster, buckets.community, borne.hub, borne.basis,
        case when borne.part = 'gpu' and buckets.component = 'compute' then 'gpu' else buckets.component end as component,
        borne.billed_cost, borne.effective_cost
    from borne
    inner join buckets using (bucket_id)
    union all
    select
        related.bucket_id, related.day, related.cluster, related.community, related.hub, related.basis, buckets.component,
        related.billed_cost, related.effective_cost
    from related
    inner join buckets using (bucket_id)
),
weighed as (
    select *, cast(abs(billed_cost) + abs(effective_cost) as decimal(24, 6)) as weight
    from everything
    where billed_cost <> 0 or effective_cost <> 0
)
select
    buckets.billing_period,
    weighed.day,
    buckets.issuer,
    buckets.billing_account,
    nullif(weighed.cluster, '') as cluster,
    coalesce(memberships.community, nullif(weighed.community, '')) as community,
    nullif(weighed.hub, '') as hub,
    weighed.component,
    buckets.rule,
    weighed.basis,
    buckets.charge_category,
    buckets.currency,
    sum(weighed.billed_cost) as billed_cost,
    sum(weighed.effective_cost) as effective_cost,
    cast(case
        when sum(weighed.weight) > 0 then
            cast(sum(weighed.weight * coverages.coverage) as double) / cast(sum(weighed.weight) as double)
        else min(coverages.coverage)
    end as decimal(9, 6)) as coverage
from weighed
inner join buckets on weighed.bucket_id = buckets.bucket_id
inner join coverages on weighed.bucket_id = coverages.bucket_id and weighed.day = coverages.day
left join fleet_memberships as memberships
    on weighed.cluster = memberships.cluster and weighed.hub = memberships.hub
    and weighed.day >= coalesce(memberships.start_day, date '0001-01-01')
    and weighed.day < coalesce(memberships.end_day, date '9999-12-31')
group by all
having sum(weighed.billed_cost) <> 0 or sum(weighed.effective_cost) <> 0
