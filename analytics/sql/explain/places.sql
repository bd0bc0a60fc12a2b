-- places.sql: one row per machine, pool or home storage that the hub used: what it cost, and the hub's part of it by use and as idle.
with of_hub as (  -- a machine's hour can have several rows of a hub
    select
        shares.place_id, shares.period_id, sum(cpu_use) as cpu_use, sum(cpu_idle) as cpu_idle, sum(memory_use) as memory_use,
        sum(memory_idle) as memory_idle, sum(gpu_use) as gpu_use, sum(gpu_idle) as gpu_idle, sum(rest_use) as rest_use,
        sum(rest_idle) as rest_idle, sum(gpu_rest_use) as gpu_rest_use, sum(gpu_rest_idle) as gpu_rest_idle
    from shares
    inner join fleet_hubs on shares.hub_id = fleet_hubs.hub_id
    where fleet_hubs.hub = $hub and fleet_hubs.cluster = $cluster
    group by shares.place_id, shares.period_id
),
parts as (
    select
        claims.rule,
        claims.currency,
        places.scope,
        places.scope_key,
        cast(amounts.billed_cost as double) as cost,
        case claims.part when 'cpu' then cpu_use when 'memory' then memory_use when 'gpu' then gpu_use else rest_use end as base_use,
        case claims.part when 'cpu' then cpu_idle when 'memory' then memory_idle when 'gpu' then gpu_idle else rest_idle end as base_idle,
        case when claims.part = '' then gpu_rest_use else 0 end as extra_use,
        case when claims.part = '' then gpu_rest_idle else 0 end as extra_idle,
        case when claims.component = 'compute' then 1 else 0 end as split_apart,
        claims.component
    from amounts
    inner join claims using (kind_id)
    inner join places using (scope, cluster, scope_key)
    inner join periods using (period_id)
    inner join of_hub on places.place_id = of_hub.place_id and amounts.period_id = of_hub.period_id
    where (periods.day = cast($day as date) or $day is null)
        and ($component is null or claims.component = $component or ($component = 'gpu' and claims.component = 'compute'))
),
chosen as (
    select
        *,
        case when $component = 'gpu' and split_apart = 1 then 0 else base_use end
            + case when $component = 'compute' and split_apart = 1 then 0 else extra_use end as use_share,
        case when $component = 'gpu' and split_apart = 1 then 0 else base_idle end
            + case when $component = 'compute' and split_apart = 1 then 0 else extra_idle end as idle_share
    from parts
)
select
    rule,
    scope,
    scope_key,
    currency,
    cast(sum(cost) as decimal(38, 12)) as cost,
    cast(sum(cost * use_share) as decimal(38, 12)) as used,
    cast(sum(cost * idle_share) as decimal(38, 12)) as idle
from chosen
where use_share <> 0 or idle_share <> 0
group by all
order by abs(sum(cost * (use_share + idle_share))) desc, scope_key
limit $most
