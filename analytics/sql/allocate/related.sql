-- related.sql: one row per bucket × day × who bears it: taxes, credits and adjustments that name nothing, spread by relations.sql; exact,
-- rounding's rest with the largest. What relates to nothing stays unattributed.
with owed as (
    select
        expected.bucket_id, expected.day, expected.billed_cost, expected.effective_cost, buckets.billing_period,
        buckets.issuer, buckets.billing_account, buckets.sub_account, buckets.currency, buckets.cluster, buckets.community
    from expected
    inner join buckets using (bucket_id)
    where buckets.rule = 'related'
),
sums as (
    select billing_period, issuer, billing_account, sub_account, currency, cluster, community, sum(weight) as weight
    from relations
    group by all
),
shares as (
    select relations.*, cast(relations.weight as double) / cast(sums.weight as double) as share
    from relations
    inner join sums using (billing_period, issuer, billing_account, sub_account, currency, cluster, community)
),
parts as (
    select
        owed.bucket_id, owed.day, shares.to_cluster, shares.to_community, shares.hub, shares.basis,
        cast(cast(owed.billed_cost as double) * shares.share as decimal(38, 12)) as billed_cost,
        cast(cast(owed.effective_cost as double) * shares.share as decimal(38, 12)) as effective_cost,
        row_number() over (
            partition by owed.bucket_id, owed.day
            order by shares.weight desc, shares.to_cluster, shares.hub, shares.to_community, shares.basis
        ) as place
    from owed
    inner join shares using (billing_period, issuer, billing_account, sub_account, currency, cluster, community)
),
given as (
    select bucket_id, day, sum(billed_cost) as billed_cost, sum(effective_cost) as effective_cost from parts group by bucket_id, day
)
select
    owed.bucket_id,
    owed.day,
    coalesce(parts.to_cluster, owed.cluster) as cluster,
    coalesce(parts.to_community, '') as community,
    coalesce(parts.hub, '') as hub,
    coalesce(parts.basis, 'unattributed') as basis,
    case when parts.hub is null then owed.billed_cost
        when parts.place = 1 then parts.billed_cost + owed.billed_cost - given.billed_cost
        else parts.billed_cost end as billed_cost,
    case when parts.hub is null then owed.effective_cost
        when parts.place = 1 then parts.effective_cost + owed.effective_cost - given.effective_cost
        else parts.effective_cost end as effective_cost
from owed
left join parts on owed.bucket_id = parts.bucket_id and owed.day = parts.day
left join given on owed.bucket_id = given.bucket_id and owed.day = given.day
