-- dashboard_nodes.sql: one row per hour of $month × node; eight nodes in two pools in each of 30 clusters.
select hour, 'c' || lpad(cast(node % 30 as text), 2, '0') as cluster, 'node-' || node as node, 'gce://p/z/node-' || node as provider_id,
    'pool-' || (node // 30 % 2) as pool, 'user' as purpose, 8 as cpu_core_hours, 64 as memory_gib_hours, 0 as gpu_hours,
    strftime(hour, '%Y-%m-%d') as day
from range(240) as nodes(node),
    (select unnest(range(cast($month || '-01' as timestamptz), cast($month || '-01' as timestamptz) + interval 1 month, interval 1 hour)) as hour)
