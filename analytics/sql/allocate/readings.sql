-- readings.sql: two kinds of row: a node's capacity in an hour (hub 0), and what a hub, or nobody's namespaces (hub 0), asked of it in that hour.
-- Core nodes are left out: their cost is shared, whatever runs there.
with capacity as (
    select spots.spot_id, node_hours.*
    from node_hours
    inner join spots using (cluster, machine, pool, purpose)
    where node_hours.purpose <> 'core'
),
used as (
    select
        coalesce(known.spot_id, unknown.spot_id) as spot_id,
        usage.hour,
        coalesce(fleet_hubs.hub_id, 0) as hub_id,
        usage.cpu_core_hours,
        usage.memory_gib_hours,
        usage.gpu_hours
    from usage
    left join node_hours as core on usage.cluster = core.cluster and usage.node = core.node and usage.hour = core.hour and core.purpose = 'core'
    left join capacity as known on usage.cluster = known.cluster and usage.node = known.node and usage.hour = known.hour
    left join spots as unknown
        on usage.cluster = unknown.cluster and lower(usage.node) = unknown.machine
        and coalesce(usage.pool, '') = unknown.pool and coalesce(usage.purpose, '') = unknown.purpose
    left join fleet_hubs on usage.cluster = fleet_hubs.cluster and usage.hub = fleet_hubs.hub
    where usage.node is not null and core.cluster is null
    and (known.spot_id is not null or coalesce(usage.purpose, '') <> 'core')
)
select
    spot_id, hour, 0 as hub_id,
    cpu_core_hours as cpu_capacity, memory_gib_hours as memory_capacity, gpu_hours as gpu_capacity,
    cast(0 as decimal(18, 6)) as cpu_used, cast(0 as decimal(18, 6)) as memory_used, cast(0 as decimal(18, 6)) as gpu_used
from capacity
union all
select
    spot_id, hour, hub_id,
    cast(0 as decimal(18, 6)) as cpu_capacity, cast(0 as decimal(18, 6)) as memory_capacity, cast(0 as decimal(18, 6)) as gpu_capacity,
    cpu_core_hours as cpu_used, memory_gib_hours as memory_used, gpu_hours as gpu_used
from used
