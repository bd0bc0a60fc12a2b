-- relations.sql: one row per what a tax, credit or adjustment says of itself × who bears what it relates to, and how much of that:
-- the charges of its cluster, else of its sub-account; else, where neither a cluster nor a community owns it, of its billing account.
-- What a community's own account owes or is owed without other charges is that community's. Weights as in own_costs.sql.
with bearers as (
    select
        buckets.billing_period, buckets.issuer, buckets.billing_account, buckets.sub_account, buckets.currency,
        buckets.cluster, buckets.cluster as to_cluster, buckets.community as to_community, borne.hub, borne.basis,
        sum(borne.effective_cost) as weight
    from borne
    inner join buckets using (bucket_id)
    where buckets.charge_category in ('Usage', 'Purchase')
    group by all
),
scopes as (
    select distinct billing_period, issuer, billing_account, sub_account, currency, cluster, community
    from buckets
    where rule = 'related'
),
candidates as (
    select scopes.*, 1 as level, bearers.to_cluster, bearers.to_community, bearers.hub, bearers.basis, bearers.weight
    from scopes
    inner join bearers using (billing_period, issuer, billing_account, currency, cluster)
    where scopes.cluster <> ''
    union all
    select scopes.*, 2 as level, bearers.to_cluster, bearers.to_community, bearers.hub, bearers.basis, bearers.weight
    from scopes
    inner join bearers using (billing_period, issuer, billing_account, currency, sub_account)
    where scopes.sub_account <> ''
    union all
    select scopes.*, 3 as level, bearers.to_cluster, bearers.to_community, bearers.hub, bearers.basis, bearers.weight
    from scopes
    inner join bearers using (billing_period, issuer, billing_account, currency)
    where scopes.cluster = '' and (scopes.community = '' or scopes.sub_account = '')
    union all
    select scopes.*, 4 as level, '' as to_cluster, scopes.community as to_community, '' as hub, 'direct' as basis, 1 as weight
    from scopes
    where scopes.community <> ''
),
summed as (
    select
        billing_period, issuer, billing_account, sub_account, currency, cluster, community,
        level, to_cluster, to_community, hub, basis, cast(sum(weight) as decimal(38, 6)) as weight
    from candidates
    group by all
),
nearest as (
    select billing_period, issuer, billing_account, sub_account, currency, cluster, community, min(level) as level
    from summed
    where weight > 0
    group by all
)
select summed.*
from summed
inner join nearest using (billing_period, issuer, billing_account, sub_account, currency, cluster, community, level)
where summed.weight > 0
