-- sightings.sql: one row per cluster × node × machine × pool × purpose that was measured: the newest hour it was.
select cluster, node, machine, pool, purpose, max(hour) as newest_hour
from node_hours
group by cluster, node, machine, pool, purpose
