-- pot_weights.sql: one row per row of policies.sql × hub: what the hub weighs when the policy spreads that pot: the nearest level of
-- weights there is. A pot without any row stays unattributed, or with the operator where the policy says so.
with candidates as (
    select policies.*, 1 as level, used.hub, used.weight  -- idle: by use of that pool that day
    from policies
    inner join used_values as used on policies.cluster = used.cluster and policies.pool = used.pool and policies.day = used.day
    where policies.pot = 'idle' and policies.policy = 'proportional' and policies.pool <> ''
    union all
    select policies.*, 2 as level, used.hub, used.weight  -- of the cluster that day
    from policies
    inner join used_values as used on policies.cluster = used.cluster and policies.day = used.day
    where policies.pot = 'idle' and policies.policy = 'proportional'
    union all
    select policies.*, 3 as level, used.hub, used.weight  -- of the cluster at all
    from policies
    inner join used_values as used on policies.cluster = used.cluster
    where policies.pot = 'idle' and policies.policy = 'proportional'
    union all
    -- shared: by what hubs cost themselves; idle, too, where no use was measured but namespaces are billed apart
    select policies.*, case policies.pot when 'shared' then 1 else 4 end as level, own.hub, cast(own.weight as decimal(38, 12)) as weight
    from policies
    inner join own_costs as own
        on policies.billing_period = own.billing_period and policies.cluster = own.cluster and policies.currency = own.currency
    where policies.policy = 'proportional'
    union all
    select policies.*, 1 as level, users.hub, cast(users.weight as decimal(38, 12)) as weight
    from policies
    inner join users on policies.billing_period = users.month and policies.cluster = users.cluster
    where policies.policy = 'by-users'
    union all
    select policies.*, 1 as level, fleet_hubs.hub, cast(1 as decimal(38, 12)) as weight
    from policies
    inner join fleet_hubs on policies.cluster = fleet_hubs.cluster
    where policies.policy = 'even'
    union all
    select policies.*, 9 as level, lone.hub, cast(1 as decimal(38, 12)) as weight  -- a cluster's only hub bears what it may
    from policies
    inner join (select cluster, max(hub) as hub from fleet_hubs group by cluster having count(*) = 1) as lone
        on policies.cluster = lone.cluster
    where policies.policy in ('proportional', 'by-users')
),
summed as (
    select billing_period, cluster, pot, pool, day, currency, level, hub, sum(weight) as weight
    from candidates
    group by billing_period, cluster, pot, pool, day, currency, level, hub
),
nearest as (
    select billing_period, cluster, pot, pool, day, currency, min(level) as level
    from summed
    where weight > 0
    group by billing_period, cluster, pot, pool, day, currency
)
select billing_period, cluster, pot, pool, day, currency, hub, weight
from summed
inner join nearest using (billing_period, cluster, pot, pool, day, currency, level)
where weight > 0
