-- asked.sql: one row per place × charge period that has a charge to split: first measured in the place itself, in that period.
-- A machine in one hour is a scope of its own: most charges are such, and its readings need no grouping.
select distinct
    places.place_id,
    amounts.period_id,
    places.place_id as target_id,
    case
        when places.scope = 'node' and periods.from_hour = date_trunc('hour', periods.last_moment) then 'node hour'
        else places.scope
    end as scope,
    periods.from_hour,
    periods.last_moment
from amounts
inner join claims using (kind_id)
inner join places using (scope, cluster, scope_key)
inner join periods using (period_id)
