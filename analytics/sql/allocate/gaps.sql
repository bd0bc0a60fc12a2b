-- gaps.sql: one row per place × period of which some hours were not measured in the place itself: the measured part of its hours.
with long_ones as (
    select place_id, period_id, from_hour, last_moment
    from asked_now
    where scope = $scope and from_hour <> date_trunc('hour', last_moment)
),
seen as (
    select distinct placed.place_id, readings.hour
    from readings
    inner join placed on readings.spot_id = placed.spot_id
    where placed.place_id in (select place_id from long_ones)
),
counted as (
    select long_ones.place_id, long_ones.period_id, count(*) as hours, count(seen.place_id) as measured_hours
    from long_ones
    inner join hours on long_ones.from_hour = hours.from_hour and long_ones.last_moment = hours.last_moment
    left join seen on long_ones.place_id = seen.place_id and hours.hour = seen.hour
    group by long_ones.place_id, long_ones.period_id
)
select place_id, period_id, cast(cast(measured_hours as double) / hours as decimal(9, 6)) as coverage
from counted
where measured_hours < hours
union all
select asked_now.place_id, asked_now.period_id, cast(0 as decimal(9, 6)) as coverage
from asked_now
left join (select distinct place_id, period_id from measured) as found
    on asked_now.place_id = found.place_id and asked_now.period_id = found.period_id
where asked_now.scope = $scope and found.place_id is null and asked_now.from_hour = date_trunc('hour', asked_now.last_moment)
