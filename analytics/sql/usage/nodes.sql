-- nodes.sql: one row per hour × node: what it is, and its capacity times the part of the hour it was there.
select
  to_timestamp(c.time - 3600) as hour,
  $cluster as cluster,
  c.node,
  any_value(f.provider_id) as provider_id,
  any_value(f.pool) as pool,
  any_value(f.purpose) as purpose,
  cast(sum(case when resource = 'cpu' then amount else 0 end) / 3600 as decimal(18, 6)) as cpu_core_hours,
  cast(sum(case when resource = 'memory' then amount else 0 end) / 3600 / 1073741824 as decimal(18, 6)) as memory_gib_hours,
  cast(sum(case when resource not in ('cpu', 'memory', 'node') then amount else 0 end) / 3600 as decimal(18, 6)) as gpu_hours,
  strftime(to_timestamp(c.time - 3600), '%Y-%m-%d') as day
from capacity_measured as c
left join facts as f on f.time = c.time and f.node = c.node
group by c.time, c.node
