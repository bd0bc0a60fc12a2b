-- pot_weights.sql: one row per cluster × pot × pool × day × currency × hub: what the hub weighs when the policy spreads that pot.
-- A pot without any row stays unattributed, or with the operator where the policy says so.
with needed as (
    select distinct buckets.cluster, pots.pot, case when pots.pot = 'idle' then buckets.pool else '' end as pool, pots.day, buckets.currency
    from pots
    inner join buckets using (bucket_id)
),
policies as (
    select needed.*, case needed.pot when 'idle' then clusters.idle_policy else clusters.shared_policy end as policy
    from needed
    inner join fleet_clusters as clusters using (cluster)
),
borne as (  -- what each hub causes itself this period: its own and its used charges
    select buckets.cluster, buckets.currency, own.hub, sum(greatest(own.effective_cost, 0)) as weight
    from (
        select bucket_id, hub, effective_cost from settled where basis = 'usage'
        union all
        select bucket_id, hub, effective_cost from direct where basis = 'direct' and hub <> ''
    ) as own
    inner join buckets using (bucket_id)
    where buckets.charge_category in ('Usage', 'Purchase')
    group by all
),
used as (  -- the value of what each hub used, per pool and day, for the idle pots only
    select
        spots.cluster,
        spots.pool,
        cast(readings.hour as date) as day,
        fleet_hubs.hub,
        sum(
            cast(cpu_used as decimal(18, 6)) * cast(clusters.weight_cpu as decimal(9, 6))
            + cast(memory_used as decimal(18, 6)) * cast(clusters.weight_memory as decimal(9, 6))
            + cast(gpu_used as decimal(18, 6)) * cast(clusters.weight_gpu as decimal(9, 6))
        ) as weight
    from readings
    inner join spots using (spot_id)
    inner join fleet_hubs using (hub_id)
    inner join fleet_clusters as clusters on spots.cluster = clusters.cluster
    where spots.cluster in (select cluster from policies where pot = 'idle' and policy = 'proportional')
    group by all
),
users as (  -- distinct users of the month; where no month was counted, the most of its days
    select
        activity.cluster,
        activity.hub,
        coalesce(
            max(case when length(activity.period) = 7 then activity.active_users end), max(activity.active_users)
        ) as weight
    from activity
    inner join fleet_hubs on activity.cluster = fleet_hubs.cluster and activity.hub = fleet_hubs.hub
    where activity.month in (select distinct billing_period from buckets)
    group by all
),
candidates as (
    select policies.*, 1 as level, used.hub, cast(used.weight as decimal(38, 12)) as weight
    from policies
    inner join used on policies.cluster = used.cluster and policies.pool = used.pool and policies.day = used.day
    where policies.pot = 'idle' and policies.policy = 'proportional' and policies.pool <> ''
    union all
    select policies.*, 2 as level, used.hub, cast(sum(used.weight) as decimal(38, 12)) as weight
    from policies
    inner join used on policies.cluster = used.cluster and policies.day = used.day
    where policies.pot = 'idle' and policies.policy = 'proportional'
    group by all
    union all
    select policies.*, 3 as level, used.hub, cast(sum(used.weight) as decimal(38, 12)) as weight
    from policies
    inner join used on policies.cluster = used.cluster
    where policies.pot = 'idle' and policies.policy = 'proportional'
    group by all
    union all
    select policies.*, 1 as level, borne.hub, cast(borne.weight as decimal(38, 12)) as weight
    from policies
    inner join borne on policies.cluster = borne.cluster and policies.currency = borne.currency
    where policies.pot = 'shared' and policies.policy = 'proportional'
    union all
    select policies.*, 1 as level, users.hub, cast(users.weight as decimal(38, 12)) as weight
    from policies
    inner join users on policies.cluster = users.cluster
    where policies.policy = 'by-users'
    union all
    select policies.*, 1 as level, fleet_hubs.hub, cast(1 as decimal(38, 12)) as weight
    from policies
    inner join fleet_hubs on policies.cluster = fleet_hubs.cluster
    where policies.policy = 'even'
    union all
    select policies.*, 9 as level, lone.hub, cast(1 as decimal(38, 12)) as weight  -- a cluster's only hub bears what it may, whatever was measured
    from policies
    inner join (select cluster, max(hub) as hub from fleet_hubs group by cluster having count(*) = 1) as lone
        on policies.cluster = lone.cluster
    where policies.policy in ('proportional', 'by-users')
),
nearest as (
    select cluster, pot, pool, day, currency, min(level) as level
    from candidates
    where weight > 0
    group by all
)
select candidates.cluster, candidates.pot, candidates.pool, candidates.day, candidates.currency, candidates.hub, candidates.weight
from candidates
inner join nearest using (cluster, pot, pool, day, currency, level)
where candidates.weight > 0
