-- machines.sql: one row per cluster × machine that Prometheus knew: its newest pool and purpose (ties: by name).
select cluster, machine, pool, purpose
from (
    select *, row_number() over (partition by cluster, machine order by newest_hour desc, pool, purpose) as place
    from sightings
) as ranked
where place = 1
