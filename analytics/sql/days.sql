-- days.sql: one row per day (YYYY-MM-DD, UTC) that a charge touches.
select distinct strftime(unnest(generate_series(first_day, last_day, interval '1 day')), '%Y-%m-%d') as day
from (
    select distinct
        cast(cast(ChargePeriodStart as date) as timestamp) as first_day,
        cast(cast(greatest(ChargePeriodEnd - interval '1 microsecond', ChargePeriodStart) as date) as timestamp) as last_day
    from charges
) as spans
order by day
