-- usage_history.sql: one row per day × hub of a community: what it used and asked for.
select
    usage.day, usage.cluster, usage.hub,
    sum(usage.cpu_core_hours) as cpu_core_hours,
    sum(usage.memory_gib_hours) as memory_gib_hours,
    sum(usage.gpu_hours) as gpu_hours,
    sum(usage.storage_gib_hours) as storage_gib_hours
from usage
inner join members on usage.cluster = members.cluster and usage.hub = members.hub
where (members.first is null or usage.day >= members.first) and (members.next is null or usage.day < members.next)
group by all
order by all
