-- machines.sql: one row per cluster × machine that Prometheus knew: its newest pool and purpose.
select cluster, machine, max_by(pool, hour) as pool, max_by(purpose, hour) as purpose
from node_hours
group by cluster, machine
