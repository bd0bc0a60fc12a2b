-- idle_hours.sql: one row per pool of users' machines × hour of the week: the part of their capacity that nobody asked for, and how many
-- machine-hours that rests on. A machine used beyond its capacity has nothing idle.
with machines as (
    select
        hour, node, max(coalesce(pool, '')) as pool,
        sum($cpu * cpu_core_hours + $memory * memory_gib_hours + $gpu * gpu_hours) as capacity
    from nodes
    where purpose in ('user', 'dask')
    group by hour, node
),
used as (
    select hour, node, sum($cpu * cpu_core_hours + $memory * memory_gib_hours + $gpu * gpu_hours) as used
    from usage
    where node is not null
    group by hour, node
),
parts as (
    select
        machines.pool,
        isodow(machines.hour) as weekday,
        hour(machines.hour) as hour_of_day,
        machines.capacity,
        greatest(machines.capacity - coalesce(used.used, 0), 0) as idle
    from machines
    left join used on machines.hour = used.hour and machines.node = used.node
    where machines.capacity > 0
)
select pool, weekday, hour_of_day, cast(sum(idle) as double) / cast(sum(capacity) as double) as idle, cast(count(*) as double) as capacity_hours
from parts
group by all
order by all
