-- used_values.sql: one row per cluster × pool × day × hub: the value of what the hub used. Only for clusters whose idle pots it spreads.
select
    spots.cluster,
    spots.pool,
    cast(readings.hour as date) as day,
    fleet_hubs.hub,
    cast(sum(
        readings.cpu_used * clusters.weight_cpu
        + readings.memory_used * clusters.weight_memory
        + readings.gpu_used * clusters.weight_gpu
    ) as decimal(38, 12)) as weight
from readings
inner join spots using (spot_id)
inner join fleet_hubs using (hub_id)
inner join fleet_clusters as clusters on spots.cluster = clusters.cluster
where clusters.idle_policy = 'proportional' and spots.cluster in (
    select buckets.cluster from pots inner join buckets using (bucket_id) where pots.pot = 'idle'
)
group by spots.cluster, spots.pool, cast(readings.hour as date), fleet_hubs.hub
