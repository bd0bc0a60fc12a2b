-- related.sql: one row per bucket × day × who bears it: taxes, credits and adjustments that name nothing follow what they relate to:
-- the charges of their cluster, else of their sub-account, else of their billing account, in that billing period and currency.
with bearers as (
    select
        buckets.issuer, buckets.billing_account, buckets.sub_account, buckets.currency,
        buckets.cluster, buckets.community, borne.hub, borne.basis,
        sum(greatest(borne.effective_cost, 0)) as weight
    from borne
    inner join buckets using (bucket_id)
    where buckets.charge_category in ('Usage', 'Purchase')
    group by all
),
owed as (
    select
        expected.bucket_id, expected.day, expected.billed_cost, expected.effective_cost,
        buckets.issuer, buckets.billing_account, buckets.sub_account, buckets.currency, buckets.cluster
    from expected
    inner join buckets using (bucket_id)
    where buckets.rule = 'related'
),
scopes as (
    select distinct issuer, billing_account, sub_account, currency, cluster from owed
),
candidates as (
    select scopes.*, 1 as level, bearers.cluster as to_cluster, bearers.community as to_community, bearers.hub, bearers.basis, sum(bearers.weight) as weight
    from scopes
    inner join bearers using (issuer, billing_account, currency, cluster)
    where scopes.cluster <> ''
    group by all
    union all
    select scopes.*, 2 as level, bearers.cluster as to_cluster, bearers.community as to_community, bearers.hub, bearers.basis, sum(bearers.weight) as weight
    from scopes
    inner join bearers using (issuer, billing_account, currency, sub_account)
    where scopes.sub_account <> ''
    group by all
    union all
    select scopes.*, 3 as level, bearers.cluster as to_cluster, bearers.community as to_community, bearers.hub, bearers.basis, sum(bearers.weight) as weight
    from scopes
    inner join bearers using (issuer, billing_account, currency)
    group by all
),
nearest as (
    select issuer, billing_account, sub_account, currency, cluster, min(level) as level
    from candidates where weight > 0 group by all
),
weights as (
    select candidates.*
    from candidates
    inner join nearest using (issuer, billing_account, sub_account, currency, cluster, level)
    where candidates.weight > 0
),
sums as (
    select issuer, billing_account, sub_account, currency, cluster, sum(weight) as weight from weights group by all
),
parts as (
    select
        owed.bucket_id, owed.day, weights.to_cluster, weights.to_community, weights.hub, weights.basis,
        cast(cast(owed.billed_cost as double) * (cast(weights.weight as double) / cast(sums.weight as double)) as decimal(38, 12)) as billed_cost,
        cast(cast(owed.effective_cost as double) * (cast(weights.weight as double) / cast(sums.weight as double)) as decimal(38, 12)) as effective_cost,
        row_number() over (
            partition by owed.bucket_id, owed.day
            order by weights.weight desc, weights.to_cluster, weights.hub, weights.to_community, weights.basis
        ) as place
    from owed
    inner join weights using (issuer, billing_account, sub_account, currency, cluster)
    inner join sums using (issuer, billing_account, sub_account, currency, cluster)
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
        else parts.billed_cost + case when parts.place = 1 then owed.billed_cost - given.billed_cost else 0 end end as billed_cost,
    case when parts.hub is null then owed.effective_cost
        else parts.effective_cost + case when parts.place = 1 then owed.effective_cost - given.effective_cost else 0 end end as effective_cost
from owed
left join parts on owed.bucket_id = parts.bucket_id and owed.day = parts.day
left join given on owed.bucket_id = given.bucket_id and owed.day = given.day
