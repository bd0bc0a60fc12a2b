-- overused.sql: one row per place × period in which more was used than was there: pods may use more than they request.
-- Nothing is idle then.
select place_id, period_id
from totals
where overused
