-- cluster_hours.sql: one row per cluster × hour in which anything of it was measured, core nodes included.
select distinct cluster, hour
from node_hours
