-- measured.sql: one row per asked place × period × hub (0 is nobody's): what it asked of that place's machines in those hours.
with asked_hours as (
    select asked_now.target_id, hours.hour, asked_now.place_id, asked_now.period_id
    from asked_now
    inner join hours on asked_now.from_hour = hours.from_hour and asked_now.last_moment = hours.last_moment
    where asked_now.scope = $scope
)
select
    asked_hours.place_id,
    asked_hours.period_id,
    readings.hub_id,
    cast(sum(readings.cpu_capacity) as decimal(18, 6)) as cpu_capacity,
    cast(sum(readings.memory_capacity) as decimal(18, 6)) as memory_capacity,
    cast(sum(readings.gpu_capacity) as decimal(18, 6)) as gpu_capacity,
    cast(sum(readings.cpu_used) as decimal(18, 6)) as cpu_used,
    cast(sum(readings.memory_used) as decimal(18, 6)) as memory_used,
    cast(sum(readings.gpu_used) as decimal(18, 6)) as gpu_used
from readings
inner join placed on readings.spot_id = placed.spot_id
inner join asked_hours on placed.place_id = asked_hours.target_id and readings.hour = asked_hours.hour
group by asked_hours.place_id, asked_hours.period_id, readings.hub_id
