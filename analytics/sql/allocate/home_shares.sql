-- home_shares.sql: one row per home storage × charge period × hub: the part of its cost that is the hub's by directory size, and by the
-- idle policy, in the columns of shares.sql. Capacity is what the bill says; without it there is nothing unused. Sizes are means over the hours measured.
with hours as (
    select distinct from_hour, last_moment, unnest(generate_series(from_hour, last_moment, interval '1 hour')) as hour
    from (select distinct from_hour, last_moment from asked_now where scope = 'home') as spans
),
sums as (
    select asked_now.place_id, asked_now.period_id, stored.hub_id, sum(stored.storage_gib_hours) as used
    from asked_now
    inner join hours on asked_now.from_hour = hours.from_hour and asked_now.last_moment = hours.last_moment
    inner join stored on asked_now.target_id = stored.place_id and hours.hour = stored.hour
    group by all
),
spans as (
    select asked_now.place_id, asked_now.period_id, count(distinct stored.hour) as measured_hours
    from asked_now
    inner join hours on asked_now.from_hour = hours.from_hour and asked_now.last_moment = hours.last_moment
    inner join stored on asked_now.target_id = stored.place_id and hours.hour = stored.hour
    group by all
),
billed as (
    select
        places.place_id,
        amounts.period_id,
        sum(amounts.storage_gib_hours) as capacity
    from amounts
    inner join claims on amounts.kind_id = claims.kind_id
    inner join places on claims.scope = places.scope and claims.cluster = places.cluster and claims.scope_key = places.scope_key
    where claims.rule = 'home'
    group by all
),
rows_of_all as (
    select place_id, period_id, hub_id, used from sums
    union all
    select place_id, period_id, 0 as hub_id, 0 as used from spans
),
merged as (
    select place_id, period_id, hub_id, cast(sum(used) as double) as used from rows_of_all group by all
),
totals as (
    select
        sums.place_id,
        sums.period_id,
        cast(sum(used) as double) as used,
        cast(sum(case when hub_id <> 0 then used else 0 end) as double) as hubs_used
    from sums
    group by all
),
sized as (
    select
        totals.*,
        clusters.idle_policy,
        greatest(
            totals.used,
            cast(coalesce(billed.capacity, 0) as double) * spans.measured_hours
                / (date_diff('hour', periods.from_hour, periods.last_moment) + 1)
        ) as size
    from totals
    inner join spans on totals.place_id = spans.place_id and totals.period_id = spans.period_id
    inner join periods on totals.period_id = periods.period_id
    inner join places on totals.place_id = places.place_id
    inner join fleet_clusters as clusters on places.cluster = clusters.cluster
    left join billed on totals.place_id = billed.place_id and totals.period_id = billed.period_id
),
parts as (
    select
        merged.place_id,
        merged.period_id,
        merged.hub_id,
        merged.used / sized.size as use_share,
        (sized.size - sized.used) / sized.size * case
            when sized.idle_policy = 'proportional' and sized.hubs_used > 0 then
                case when merged.hub_id = 0 then 0 else merged.used / sized.hubs_used end
            when merged.hub_id = 0 then 1
            else 0
        end as idle_share
    from merged
    inner join sized on merged.place_id = sized.place_id and merged.period_id = sized.period_id
    where sized.size > 0
)
select
    place_id, period_id, hub_id,
    use_share as cpu_use, idle_share as cpu_idle, use_share as memory_use, idle_share as memory_idle,
    use_share as gpu_use, idle_share as gpu_idle, use_share as rest_use, idle_share as rest_idle,
    0.0 as gpu_rest_use, 0.0 as gpu_rest_idle
from parts
