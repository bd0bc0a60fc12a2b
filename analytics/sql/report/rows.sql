-- rows.sql: one row per keys × currency: its cost, and the part of it that rests on measured node-hours (weighed by cost).
with asked as (
    select
        *,
        case when $cost = 'effective' then effective_cost else billed_cost end as cost
    from allocations
    where (hub = $hub or $hub is null) and (cluster = $cluster or $cluster is null)
)
select
    /* keys */,
    currency,
    sum(cost) as cost,
    cast(coalesce(
        cast(sum(cast(abs(cost) as decimal(24, 6)) * coverage) as double) / nullif(cast(sum(abs(cost)) as double), 0), 1
    ) as decimal(9, 6)) as coverage
from asked
group by all
having sum(cost) <> 0
order by all
