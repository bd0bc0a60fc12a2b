-- wider.sql: one row per place × period that nothing measured yet, with the next wider scope to look at:
-- level 1 the same place's days, 2 its pool's days, 3 its purpose's days, 4 its cluster's days, 5 its cluster's whole span.
with parents as (
    select
        places.place_id,
        places.cluster,
        case
            when $level = 1 or places.scope = 'home' then places.scope
            when $level = 2 then 'pool'
            when $level = 3 then 'purpose'
            else 'cluster'
        end as wider_scope,
        max(case
            when $level = 1 or places.scope = 'home' then places.scope_key
            when $level = 2 then claims.pool
            when $level = 3 then claims.purpose
            else ''
        end) as wider_key
    from places
    inner join claims using (scope, cluster, scope_key)
    group by places.place_id, places.cluster, places.scope
),
spans as (  -- of a cluster's own charges: others' must not change what it bears
    select
        places.cluster,
        date_trunc('day', min(asked.from_hour)) as from_hour,
        date_trunc('day', max(asked.last_moment)) + interval '23 hours' as last_moment
    from asked
    inner join places on asked.place_id = places.place_id
    group by places.cluster
)
select
    unresolved.place_id,
    unresolved.period_id,
    wider.place_id as target_id,
    wider.scope,
    case when $level = 5 then spans.from_hour else date_trunc('day', periods.from_hour) end as from_hour,
    case when $level = 5 then spans.last_moment else date_trunc('day', periods.last_moment) + interval '23 hours' end as last_moment
from unresolved
inner join parents on unresolved.place_id = parents.place_id
inner join places as wider
    on parents.wider_scope = wider.scope and parents.cluster = wider.cluster and parents.wider_key = wider.scope_key
inner join periods on unresolved.period_id = periods.period_id
inner join spans on parents.cluster = spans.cluster
