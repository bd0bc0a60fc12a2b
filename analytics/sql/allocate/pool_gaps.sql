-- pool_gaps.sql: one row per pool or purpose × period of which some hours were not measured: the measured part of its hours.
-- An autoscaled pool without a node in an hour is not a gap; an hour without any node of its cluster is.
with counted as (
    select asked_now.place_id, asked_now.period_id, count(*) as hours, count(cluster_hours.hour) as measured_hours
    from asked_now
    inner join places on asked_now.place_id = places.place_id
    inner join hours on asked_now.from_hour = hours.from_hour and asked_now.last_moment = hours.last_moment
    left join cluster_hours on places.cluster = cluster_hours.cluster and hours.hour = cluster_hours.hour
    where asked_now.scope = $scope
    group by asked_now.place_id, asked_now.period_id
)
select place_id, period_id, cast(cast(measured_hours as double) / hours as decimal(9, 6)) as coverage
from counted
where measured_hours < hours
