-- usage.sql: one row per hour × node × hub, and per hour × hub × kind of storage: what was used. What namespaces that are no
-- hub's used is one row (hub null). Figures are rounded before they are added, so that no sum depends on an order.
with namespaces as (
  select
    time, namespace, node, resource, null as storage,
    cast(amount / case resource when 'memory' then 3600.0 * 1073741824 else 3600.0 end as decimal(18, 6)) as amount
  from used_measured
  union all
  select
    time, namespace, null as node, 'storage' as resource, purpose as storage,
    cast(amount / 1073741824 as decimal(18, 6)) as amount
  from stored_measured
)
select
  to_timestamp(n.time - 3600) as hour,
  $cluster as cluster,
  nullif(n.node, '') as node,
  any_value(f.pool) as pool,
  coalesce(n.storage, any_value(f.purpose)) as purpose,
  h.hub,
  sum(case when resource = 'cpu' then amount else 0 end) as cpu_core_hours,
  sum(case when resource = 'memory' then amount else 0 end) as memory_gib_hours,
  sum(case when resource not in ('cpu', 'memory', 'storage') then amount else 0 end) as gpu_hours,
  sum(case when resource = 'storage' then amount else 0 end) as storage_gib_hours,
  strftime(to_timestamp(n.time - 3600), '%Y-%m-%d') as day
from namespaces as n
left join hubs as h on h.hub = n.namespace
left join facts as f on f.time = n.time and f.node = n.node
group by n.time, nullif(n.node, ''), n.storage, h.hub
having sum(amount) > 0
