-- places.sql: one row per machine, pool or home storage that the hub used: what it cost, and the hub's part of it by use and as idle.
with parts as (
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
    inner join shares on places.place_id = shares.place_id and amounts.period_id = shares.period_id
    inner join fleet_hubs on shares.hub_id = fleet_hubs.hub_id
    where fleet_hubs.hub = $hub and fleet_hubs.cluster = $cluster
        and (periods.day = cast($day as date) or $day is null)
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
