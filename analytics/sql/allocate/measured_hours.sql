-- measured_hours.sql: one row per asked machine × period within one hour × reading of it then, in the columns of measured.sql:
-- what several rows of a hub say adds up later, and grouping them would take most of the time.
select
    asked_now.place_id,
    asked_now.period_id,
    readings.hub_id,
    readings.cpu_capacity,
    readings.memory_capacity,
    readings.gpu_capacity,
    readings.cpu_used,
    readings.memory_used,
    readings.gpu_used
from readings
inner join placed on readings.spot_id = placed.spot_id
inner join asked_now on placed.place_id = asked_now.target_id and readings.hour = asked_now.from_hour
where asked_now.scope = 'node hour'
