-- usage.sql: on every node and hour two of its cluster's fifteen hubs, and what nobody's namespaces used.
select
    timestamptz '2026-10-01 00:00:00+00' + to_hours(cast(hour as integer)) as hour,
    'c' || (node // 100) as cluster, 'gke-node-' || node as node, 'pool-' || (node % 4) as pool, 'user' as purpose,
    if(k = 0, null, 'hub-' || (node // 100) || '-' || ((hash(node) + k) % 15)) as hub,
    cast((hash(node * 31 + hour * 7 + k) % 2500) / 1e3 as decimal(18, 6)) as cpu_core_hours,
    cast((hash(node * 17 + hour * 3 + k) % 20000) / 1e3 as decimal(18, 6)) as memory_gib_hours,
    0 as gpu_hours, 0 as storage_gib_hours, '2026-10-01' as day
from range(1000) as nodes(node), range(744) as hours(hour), range(3) as hubs(k)
