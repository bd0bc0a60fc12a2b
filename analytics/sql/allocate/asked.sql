-- asked.sql: one row per place × charge period that has a charge to split: first measured in the place itself, in that period.
select distinct
    places.place_id,
    amounts.period_id,
    places.place_id as target_id,
    places.scope,
    periods.from_hour,
    periods.last_moment
from amounts
inner join claims using (kind_id)
inner join places using (scope, cluster, scope_key)
inner join periods using (period_id)
