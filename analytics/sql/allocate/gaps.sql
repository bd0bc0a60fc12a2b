-- gaps.sql: one row per machine × period of which some hours were not measured on the machine itself: the measured part of its hours.
with seen as (
    select distinct placed.place_id, readings.hour
    from readings
    inner join placed on readings.spot_id = placed.spot_id
    where placed.place_id in (select place_id from asked_now where scope = 'node')
),
counted as (
    select asked_now.place_id, asked_now.period_id, count(*) as hours, count(seen.place_id) as measured_hours
    from asked_now
    inner join hours on asked_now.from_hour = hours.from_hour and asked_now.last_moment = hours.last_moment
    left join seen on asked_now.place_id = seen.place_id and hours.hour = seen.hour
    where asked_now.scope = 'node'
    group by asked_now.place_id, asked_now.period_id
)
select place_id, period_id, cast(cast(measured_hours as double) / hours as decimal(9, 6)) as coverage
from counted
where measured_hours < hours
