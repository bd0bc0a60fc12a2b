-- spots.sql: one row per cluster × machine × pool × purpose that was measured, with a number: what usage refers to.
select *, cast(row_number() over (order by cluster, machine, pool, purpose) as integer) as spot_id
from (
    select cluster, machine, pool, purpose from sightings
    union
    select distinct cluster, lower(node) as machine, coalesce(pool, '') as pool, coalesce(purpose, '') as purpose
    from usage
    where node is not null
) as distinct_spots
