-- unusual_days.sql: one row per day of the month × cluster × hub × component that cost more than $factor times the usual: the median of the
-- same weekday of the four weeks before, of which two at least must be known. What lies below $least of an average day of everything is
-- left out.
with daily as (
    select
        day, cluster, hub, component,
        sum(case
            when list_contains($reporting, billing_period) and $cost = 'effective' then reporting_effective_cost
            when list_contains($reporting, billing_period) then reporting_billed_cost
            when currency <> $currency then null
            when $cost = 'effective' then effective_cost
            else billed_cost
        end) as cost
    from seen
    where charge_category = 'Usage'
    group by all
),
whole as (
    select min(day) as first_day, cast(sum(cost) as double) / count(distinct day) as average from daily
),
before as (
    select
        daily.*,
        median(coalesce(earlier.cost, 0)) as usual
    from daily
    cross join whole
    cross join (values (7), (14), (21), (28)) as back(days)
    left join daily as earlier
        on daily.day - cast(back.days as integer) = earlier.day
        and daily.cluster is not distinct from earlier.cluster
        and daily.hub is not distinct from earlier.hub
        and daily.component = earlier.component
    where daily.day >= cast($first as date) and daily.day < cast($end as date)
        and daily.day - cast(back.days as integer) >= whole.first_day
    group by all
    having count(*) >= 2
)
select day, cluster, hub, component, cost, cast(usual as decimal(38, 12)) as usual
from before
where cast(cost as double) > $factor * cast(usual as double)
    and cast(cost - usual as double) > $least * (select average from whole)
order by cost - usual desc, day, cluster, hub, component
limit $most
