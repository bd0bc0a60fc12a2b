-- spread.sql: one row per bucket × day × hub × basis × part: the pots, spread by their weights; rounding's rest goes to the largest.
-- A pot with no weights is the operator's where the policy says so, else unattributed.
with sums as (
    select billing_period, cluster, pot, pool, day, currency, sum(weight) as weight
    from pot_weights
    group by billing_period, cluster, pot, pool, day, currency
),
shares as (
    select pot_weights.*, cast(pot_weights.weight as double) / cast(sums.weight as double) as share
    from pot_weights
    inner join sums using (billing_period, cluster, pot, pool, day, currency)
),
pot as (
    select
        pots.*,
        row_number() over (order by pots.bucket_id, pots.day, pots.pot, pots.part) as pot_id,
        buckets.billing_period,
        buckets.cluster,
        case when pots.pot = 'idle' then buckets.pool else '' end as pool,
        buckets.currency
    from pots
    inner join buckets using (bucket_id)
),
parts as (
    select
        pot.pot_id,
        shares.hub,
        cast(cast(pot.billed_cost as double) * shares.share as decimal(38, 12)) as billed_cost,
        cast(cast(pot.effective_cost as double) * shares.share as decimal(38, 12)) as effective_cost,
        row_number() over (partition by pot.pot_id order by shares.weight desc, shares.hub) as place
    from pot
    inner join shares using (billing_period, cluster, pot, pool, day, currency)
),
given as (
    select pot_id, sum(billed_cost) as billed_cost, sum(effective_cost) as effective_cost from parts group by pot_id
)
select
    pot.bucket_id,
    pot.day,
    coalesce(parts.hub, '') as hub,
    case
        when parts.hub is not null then pot.pot
        when pot.pot = 'idle' and clusters.idle_policy = 'operator' then 'idle'
        when pot.pot = 'shared' and clusters.shared_policy = 'operator' then 'shared'
        else 'unattributed'
    end as basis,
    pot.part,
    case when parts.hub is null then pot.billed_cost
        when parts.place = 1 then parts.billed_cost + pot.billed_cost - given.billed_cost
        else parts.billed_cost end as billed_cost,
    case when parts.hub is null then pot.effective_cost
        when parts.place = 1 then parts.effective_cost + pot.effective_cost - given.effective_cost
        else parts.effective_cost end as effective_cost
from pot
left join fleet_clusters as clusters on pot.cluster = clusters.cluster
left join parts on pot.pot_id = parts.pot_id
left join given on pot.pot_id = given.pot_id
