-- home_sizes.sql: one row per home storage × charge period that was measured: what all its directories held, over how many hours,
-- and how large it is: its capacity as the bill has it, over the hours measured, or what it holds if that is more.
with held as (
    select
        asked_now.place_id,
        asked_now.period_id,
        sum(stored.storage_gib_hours) as used,
        sum(case when stored.hub_id <> 0 then stored.storage_gib_hours else 0 end) as hubs_used,
        count(distinct stored.hour) as measured_hours
    from asked_now
    inner join hours on asked_now.from_hour = hours.from_hour and asked_now.last_moment = hours.last_moment
    inner join stored on asked_now.target_id = stored.place_id and hours.hour = stored.hour
    where asked_now.scope = 'home'
    group by asked_now.place_id, asked_now.period_id
),
billed as (
    select places.place_id, amounts.period_id, sum(amounts.storage_gib_hours) as capacity
    from amounts
    inner join claims on amounts.kind_id = claims.kind_id
    inner join places on claims.scope = places.scope and claims.cluster = places.cluster and claims.scope_key = places.scope_key
    where claims.rule = 'home'
    group by places.place_id, amounts.period_id
)
select
    held.place_id,
    held.period_id,
    clusters.idle_policy,
    cast(held.used as double) as used,
    cast(held.hubs_used as double) as hubs_used,
    greatest(
        cast(held.used as double),
        cast(coalesce(billed.capacity, 0) as double) * held.measured_hours
            / (date_diff('hour', periods.from_hour, periods.last_moment) + 1)
    ) as size
from held
inner join periods on held.period_id = periods.period_id
inner join places on held.place_id = places.place_id
inner join fleet_clusters as clusters on places.cluster = clusters.cluster
left join billed on held.place_id = billed.place_id and held.period_id = billed.period_id
