-- totals.sql: one row per measured place × period with any capacity or use: all that was there and all that was asked, and what each part weighs.
with sums as (
    select
        measured.place_id,
        measured.period_id,
        sum(cpu_capacity) as cpu_capacity,
        sum(memory_capacity) as memory_capacity,
        sum(gpu_capacity) as gpu_capacity,
        sum(cpu_used) as cpu_used,
        sum(memory_used) as memory_used,
        sum(gpu_used) as gpu_used,
        sum(case when hub_id <> 0 then cpu_used else 0 end) as cpu_hubs,
        sum(case when hub_id <> 0 then memory_used else 0 end) as memory_hubs,
        sum(case when hub_id <> 0 then gpu_used else 0 end) as gpu_hubs
    from measured
    group by measured.place_id, measured.period_id
),
sized as (
    select
        sums.*,
        cast(greatest(cpu_capacity, cpu_used) as double) as cpu,
        cast(greatest(memory_capacity, memory_used) as double) as memory,
        cast(greatest(gpu_capacity, gpu_used) as double) as gpu,
        cast(clusters.weight_cpu as double) as weight_cpu,
        cast(clusters.weight_memory as double) as weight_memory,
        cast(clusters.weight_gpu as double) as weight_gpu,
        clusters.idle_policy
    from sums
    inner join places using (place_id)
    inner join fleet_clusters as clusters using (cluster)
),
valued as (
    select
        *,
        weight_cpu * cast(cpu_capacity as double) + weight_memory * cast(memory_capacity as double)
            + weight_gpu * cast(gpu_capacity as double) as capacity_value,
        weight_cpu * cpu + weight_memory * memory + weight_gpu * gpu as value,
        weight_cpu * cast(cpu_hubs as double) + weight_memory * cast(memory_hubs as double)
            + weight_gpu * cast(gpu_hubs as double) as hubs_value
    from sized
)
select
    place_id, period_id, idle_policy, hubs_value,
    cpu_used > cpu_capacity or memory_used > memory_capacity or gpu_used > gpu_capacity as overused,
    cpu, memory, gpu, weight_cpu, weight_memory, weight_gpu,
    case when cpu > 0 then (cpu - cast(cpu_used as double)) / cpu else 0 end as cpu_idle,
    case when memory > 0 then (memory - cast(memory_used as double)) / memory else 0 end as memory_idle,
    case when gpu > 0 then (gpu - cast(gpu_used as double)) / gpu else 0 end as gpu_idle,
    case when capacity_value > 0 then weight_cpu * cast(cpu_capacity as double) / capacity_value else weight_cpu * cpu / value end as cpu_part,
    case when capacity_value > 0 then weight_memory * cast(memory_capacity as double) / capacity_value else weight_memory * memory / value end as memory_part,
    case when capacity_value > 0 then weight_gpu * cast(gpu_capacity as double) / capacity_value else weight_gpu * gpu / value end as gpu_part
from valued
where value > 0
