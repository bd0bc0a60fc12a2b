-- nodes.sql: the thousand nodes, every hour of the month.
select
    timestamptz '2026-10-01 00:00:00+00' + to_hours(cast(hour as integer)) as hour,
    'c' || (node // 100) as cluster, 'gke-node-' || node as node, 'gce://project/zone/gke-node-' || node as provider_id,
    'pool-' || (node % 4) as pool, 'user' as purpose, 8 as cpu_core_hours, 64 as memory_gib_hours, 0 as gpu_hours, '2026-10-01' as day
from range(1000) as nodes(node), range(744) as hours(hour)
