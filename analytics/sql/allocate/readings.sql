-- readings.sql: two kinds of row: a node's capacity in an hour (hub 0), and what a hub, or nobody's namespaces (hub 0), asked of it then.
-- Core nodes are left out: their cost is shared, whatever runs there. Where an hour lacks a node, its other hours say what machine it is.
with seen as (
    select spots.spot_id, node_hours.*
    from node_hours
    inner join spots using (cluster, machine, pool, purpose)
),
constant as (  -- nodes that were one machine in one pool all the time
    select sightings.cluster, sightings.node, max(spots.spot_id) as spot_id, max(sightings.purpose) as purpose
    from sightings
    inner join spots using (cluster, machine, pool, purpose)
    group by sightings.cluster, sightings.node
    having count(*) = 1
),
used as (
    select
        coalesce(seen.spot_id, constant.spot_id, unknown.spot_id) as spot_id,
        usage.hour,
        coalesce(fleet_hubs.hub_id, 0) as hub_id,
        usage.cpu_core_hours,
        usage.memory_gib_hours,
        usage.gpu_hours
    from usage
    left join seen on usage.cluster = seen.cluster and usage.node = seen.node and usage.hour = seen.hour
    left join constant on usage.cluster = constant.cluster and usage.node = constant.node
    left join spots as unknown
        on usage.cluster = unknown.cluster and lower(usage.node) = unknown.machine
        and coalesce(usage.pool, '') = unknown.pool and coalesce(usage.purpose, '') = unknown.purpose
    left join fleet_hubs on usage.cluster = fleet_hubs.cluster and usage.hub = fleet_hubs.hub
    where usage.node is not null and coalesce(seen.purpose, constant.purpose, usage.purpose, '') <> 'core'
)
select
    spot_id, hour, 0 as hub_id,
    cpu_core_hours as cpu_capacity, memory_gib_hours as memory_capacity, gpu_hours as gpu_capacity,
    cast(0 as decimal(18, 6)) as cpu_used, cast(0 as decimal(18, 6)) as memory_used, cast(0 as decimal(18, 6)) as gpu_used
from seen
where purpose <> 'core'
union all
select
    spot_id, hour, hub_id,
    cast(0 as decimal(18, 6)) as cpu_capacity,
    cast(0 as decimal(18, 6)) as memory_capacity,
    cast(0 as decimal(18, 6)) as gpu_capacity,
    cpu_core_hours as cpu_used, memory_gib_hours as memory_used, gpu_hours as gpu_used
from used
