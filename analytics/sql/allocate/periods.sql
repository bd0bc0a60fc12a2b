-- periods.sql: one row per charge period: its day (where it starts, UTC) and the whole hours it touches. A moment counts as its hour.
select
    *,
    cast(row_number() over (order by period_start, period_end) as integer) as period_id,
    cast(period_start as date) as day,
    date_trunc('hour', period_start) as from_hour,
    greatest(period_end - interval '1 microsecond', period_start) as last_moment
from (select distinct period_start, period_end from lines) as distinct_periods
