-- places.sql: one row per machine, pool, node purpose, home storage or cluster that some claim may be split by.
select *, cast(row_number() over (order by scope, cluster, scope_key) as integer) as place_id
from (
    select scope, cluster, scope_key from claims where scope <> ''
    union
    select 'pool' as scope, cluster, pool as scope_key from claims where pool <> ''
    union
    select 'purpose' as scope, cluster, purpose as scope_key from claims where scope in ('node', 'pool') and purpose <> ''
    union
    select 'cluster' as scope, cluster, '' as scope_key from claims where scope in ('node', 'pool', 'purpose')
) as distinct_places
