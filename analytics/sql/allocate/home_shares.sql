-- home_shares.sql: one row per home storage × charge period × hub (0 is nobody's): the part of its cost that is the hub's by directory
-- size, and by the idle policy, in the columns of shares.sql.
with held as (
    select asked_now.place_id, asked_now.period_id, stored.hub_id, stored.storage_gib_hours as used
    from asked_now
    inner join hours on asked_now.from_hour = hours.from_hour and asked_now.last_moment = hours.last_moment
    inner join stored on asked_now.target_id = stored.place_id and hours.hour = stored.hour
    where asked_now.scope = 'home'
    union all
    select place_id, period_id, 0 as hub_id, cast(0 as decimal(18, 6)) as used from home_sizes
),
of_hubs as (
    select place_id, period_id, hub_id, cast(sum(used) as double) as used from held group by place_id, period_id, hub_id
),
parts as (
    select
        of_hubs.place_id,
        of_hubs.period_id,
        of_hubs.hub_id,
        of_hubs.used / sizes.size as use_share,
        (sizes.size - sizes.used) / sizes.size * case
            when sizes.idle_policy = 'proportional' and sizes.hubs_used > 0 then
                case when of_hubs.hub_id = 0 then 0 else of_hubs.used / sizes.hubs_used end
            when of_hubs.hub_id = 0 then 1
            else 0
        end as idle_share
    from of_hubs
    inner join home_sizes as sizes on of_hubs.place_id = sizes.place_id and of_hubs.period_id = sizes.period_id
    where sizes.size > 0
)
select
    place_id, period_id, hub_id,
    use_share as cpu_use, idle_share as cpu_idle, use_share as memory_use, idle_share as memory_idle,
    use_share as gpu_use, idle_share as gpu_idle, use_share as rest_use, idle_share as rest_idle,
    0.0 as gpu_rest_use, 0.0 as gpu_rest_idle
from parts
