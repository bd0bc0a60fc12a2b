-- shares.sql: one row per row of measured: the parts of its place's and period's cost that are its hub's by use, and by the idle policy.
-- The row of hub 0 holds what nobody's namespaces used (it becomes shared) and the idle part that no hub of that scope takes.
-- cpu, memory, gpu: of a charge for that part alone; rest and gpu_rest: of a charge for the whole machine, its GPU part apart.
with parts as (
    select
        measured.place_id,
        measured.period_id,
        measured.hub_id,
        totals.cpu,
        totals.memory,
        totals.gpu,
        totals.cpu_part,
        totals.memory_part,
        totals.gpu_part,
        case when totals.cpu > 0 then cast(measured.cpu_used as double) / totals.cpu else 0 end as cpu_use,
        case when totals.memory > 0 then cast(measured.memory_used as double) / totals.memory else 0 end as memory_use,
        case when totals.gpu > 0 then cast(measured.gpu_used as double) / totals.gpu else 0 end as gpu_use,
        totals.cpu_idle,
        totals.memory_idle,
        totals.gpu_idle,
        case
            when totals.idle_policy = 'proportional' and totals.hubs_value > 0 then
                case when measured.hub_id = 0 then 0 else (
                    totals.weight_cpu * cast(measured.cpu_used as double)
                    + totals.weight_memory * cast(measured.memory_used as double)
                    + totals.weight_gpu * cast(measured.gpu_used as double)
                ) / totals.hubs_value end
            when totals.capacity_value > 0 then (  -- only hub 0 has capacity
                totals.weight_cpu * cast(measured.cpu_capacity as double)
                + totals.weight_memory * cast(measured.memory_capacity as double)
                + totals.weight_gpu * cast(measured.gpu_capacity as double)
            ) / totals.capacity_value
            else 0
        end as idle_taken
    from measured
    inner join totals on measured.place_id = totals.place_id and measured.period_id = totals.period_id
),
whole as (
    select
        *,
        cpu_part * cpu_use + memory_part * memory_use as rest_use,
        gpu_part * gpu_use as gpu_rest_use,
        (cpu_part * cpu_idle + memory_part * memory_idle) * idle_taken as rest_idle,
        gpu_part * gpu_idle * idle_taken as gpu_rest_idle
    from parts
)
select
    place_id,
    period_id,
    hub_id,
    case when cpu > 0 then cpu_use else rest_use + gpu_rest_use end as cpu_use,
    case when cpu > 0 then cpu_idle * idle_taken else rest_idle + gpu_rest_idle end as cpu_idle,
    case when memory > 0 then memory_use else rest_use + gpu_rest_use end as memory_use,
    case when memory > 0 then memory_idle * idle_taken else rest_idle + gpu_rest_idle end as memory_idle,
    case when gpu > 0 then gpu_use else rest_use + gpu_rest_use end as gpu_use,
    case when gpu > 0 then gpu_idle * idle_taken else rest_idle + gpu_rest_idle end as gpu_idle,
    rest_use,
    rest_idle,
    gpu_rest_use,
    gpu_rest_idle
from whole
where rest_use <> 0 or gpu_rest_use <> 0 or rest_idle <> 0 or gpu_rest_idle <> 0 or cpu_use <> 0 or memory_use <> 0 or gpu_use <> 0
    or (idle_taken <> 0 and (cpu_idle <> 0 or memory_idle <> 0 or gpu_idle <> 0))
