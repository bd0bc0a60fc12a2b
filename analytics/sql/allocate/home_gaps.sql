-- home_gaps.sql: one row per home storage × period of which some hours were not measured: the measured part of its hours.
with seen as (
    select distinct place_id, hour from stored
),
counted as (
    select asked_now.place_id, asked_now.period_id, count(*) as hours, count(seen.place_id) as measured_hours
    from asked_now
    inner join hours on asked_now.from_hour = hours.from_hour and asked_now.last_moment = hours.last_moment
    left join seen on asked_now.place_id = seen.place_id and hours.hour = seen.hour
    where asked_now.scope = 'home'
    group by asked_now.place_id, asked_now.period_id
)
select place_id, period_id, cast(cast(measured_hours as double) / hours as decimal(9, 6)) as coverage
from counted
where measured_hours < hours
