-- dashboard_usage.sql: one row per hour of $month × node × hub that used it: two of its cluster's.
select hour, 'c' || lpad(cast(node % 30 as text), 2, '0') as cluster, 'node-' || node as node, 'pool-' || (node // 30 % 2) as pool,
    'user' as purpose, 'hub-' || (node % 30 + 30 * ((hash(node, hour) + k) % 4)) as hub,
    cast((hash(node, hour, k) % 3500) / 1e3 as decimal(18, 6)) as cpu_core_hours,
    cast((hash(node, hour, k, 1) % 28000) / 1e3 as decimal(18, 6)) as memory_gib_hours,
    0 as gpu_hours, 0 as storage_gib_hours, strftime(hour, '%Y-%m-%d') as day
from range(240) as nodes(node), range(2) as users(k),
    (select unnest(range(cast($month || '-01' as timestamptz), cast($month || '-01' as timestamptz) + interval 1 month, interval 1 hour)) as hour)
