-- totals.sql: one row per measured place × period with any capacity or use: all that was there and was asked, and what each part weighs.
-- Beyond its capacity a place is as large as its use; its parts weigh by capacity, without any by use.
with sums as (
    select
        measured.place_id,
        measured.period_id,
        cast(sum(cpu_capacity) as double) as cpu_capacity,
        cast(sum(memory_capacity) as double) as memory_capacity,
        cast(sum(gpu_capacity) as double) as gpu_capacity,
        cast(sum(cpu_used) as double) as cpu_used,
        cast(sum(memory_used) as double) as memory_used,
        cast(sum(gpu_used) as double) as gpu_used,
        cast(sum(case when hub_id <> 0 then cpu_used else 0 end) as double) as cpu_hubs,
        cast(sum(case when hub_id <> 0 then memory_used else 0 end) as double) as memory_hubs,
        cast(sum(case when hub_id <> 0 then gpu_used else 0 end) as double) as gpu_hubs
    from measured
    group by measured.place_id, measured.period_id
),
sized as (
    select
        sums.*,
        greatest(cpu_capacity, cpu_used) as cpu,
        greatest(memory_capacity, memory_used) as memory,
        greatest(gpu_capacity, gpu_used) as gpu,
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
        weight_cpu * cpu_capacity + weight_memory * memory_capacity + weight_gpu * gpu_capacity as capacity_value,
        weight_cpu * cpu + weight_memory * memory + weight_gpu * gpu as value,
        weight_cpu * cpu_hubs + weight_memory * memory_hubs + weight_gpu * gpu_hubs as hubs_value
    from sized
)
select
    place_id, period_id, idle_policy, hubs_value, capacity_value,
    cpu_used > cpu_capacity and cpu_capacity > 0 or memory_used > memory_capacity and memory_capacity > 0
        or gpu_used > gpu_capacity and gpu_capacity > 0 as overused,
    cpu, memory, gpu, weight_cpu, weight_memory, weight_gpu,
    case when cpu > 0 then (cpu - cpu_used) / cpu else 0 end as cpu_idle,
    case when memory > 0 then (memory - memory_used) / memory else 0 end as memory_idle,
    case when gpu > 0 then (gpu - gpu_used) / gpu else 0 end as gpu_idle,
    weight_cpu * case when capacity_value > 0 then cpu_capacity / capacity_value else cpu / value end as cpu_part,
    weight_memory * case when capacity_value > 0 then memory_capacity / capacity_value else memory / value end as memory_part,
    weight_gpu * case when capacity_value > 0 then gpu_capacity / capacity_value else gpu / value end as gpu_part
from valued
where value > 0
