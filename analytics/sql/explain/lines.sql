-- lines.sql: one row per service × SKU × resource × rule of the bill that the hub bears a part of: what it cost, over what time, and the hub's part.
with split_parts as (
    select
        amounts.kind_id,
        sum(cast(amounts.billed_cost as double) * (
            case claims.part when 'cpu' then cpu_use + cpu_idle when 'memory' then memory_use + memory_idle
                when 'gpu' then gpu_use + gpu_idle else rest_use + rest_idle + gpu_rest_use + gpu_rest_idle end
        )) as hub_cost,
        max(amounts.kind_id) as any_kind
    from amounts
    inner join claims using (kind_id)
    inner join places using (scope, cluster, scope_key)
    inner join periods using (period_id)
    inner join shares on places.place_id = shares.place_id and amounts.period_id = shares.period_id
    inner join fleet_hubs on shares.hub_id = fleet_hubs.hub_id
    where fleet_hubs.hub = $hub and fleet_hubs.cluster = $cluster and (periods.day = cast($day as date) or $day is null)
    group by amounts.kind_id
),
whole_parts as (  -- the hub's own charges, and its part of pots and of what relates to others: by bucket
    select bucket_id, sum(billed_cost) as hub_cost
    from (
        select direct.bucket_id, direct.day, direct.billed_cost
        from direct
        inner join buckets using (bucket_id)
        where direct.hub = $hub and buckets.cluster = $cluster
        union all
        select spread.bucket_id, spread.day, spread.billed_cost
        from spread
        inner join buckets using (bucket_id)
        where spread.hub = $hub and buckets.cluster = $cluster
        union all
        select bucket_id, day, billed_cost from related where hub = $hub and cluster = $cluster
    ) as told
    where day = cast($day as date) or $day is null
    group by bucket_id
),
bucket_costs as (
    select bucket_id, sum(billed_cost) as bucket_cost
    from expected
    where day = cast($day as date) or $day is null
    group by bucket_id
),
kind_parts as (
    select
        routes.kind_id,
        kind_costs.cost,
        coalesce(split_parts.hub_cost, 0)
            + case when coalesce(bucket_costs.bucket_cost, 0) <> 0 then
                cast(coalesce(whole_parts.hub_cost, 0) as double) * cast(kind_costs.cost as double) / cast(bucket_costs.bucket_cost as double)
            else 0 end as hub_cost
    from routes
    inner join (
        select kind_id, sum(billed_cost) as cost
        from amounts
        inner join periods using (period_id)
        where periods.day = cast($day as date) or $day is null
        group by kind_id
    ) as kind_costs using (kind_id)
    left join split_parts using (kind_id)
    left join whole_parts using (bucket_id)
    left join bucket_costs using (bucket_id)
)
select *
from (
    select
        claims.rule,
        claims.component,
        charges.ServiceName as service,
        coalesce(charges.SkuMeter, charges.ChargeDescription, charges.SkuId, '') as sku,
        coalesce(charges.ResourceName, charges.ResourceId, '') as resource,
        min(charges.ChargePeriodStart) as first_start,
        max(charges.ChargePeriodEnd) as last_end,
        count(*) as charges,
        claims.currency,
        sum(charges.BilledCost) as cost,
        cast(sum(cast(charges.BilledCost as double) * case when kind_parts.cost <> 0 then kind_parts.hub_cost / cast(kind_parts.cost as double) else 0 end)
            as decimal(38, 12)) as hub_cost
    from kinded as charges
    inner join kind_parts on charges.kind_id = kind_parts.kind_id
    inner join claims on charges.kind_id = claims.kind_id
    where kind_parts.hub_cost <> 0
        and (cast(charges.ChargePeriodStart as date) = cast($day as date) or $day is null)
        and ($component is null or claims.component = $component or ($component = 'gpu' and claims.component = 'compute'))
    group by all
) as lines_of_all
order by abs(hub_cost) desc, service, sku, resource
limit $most
