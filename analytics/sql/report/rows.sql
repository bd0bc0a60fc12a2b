-- rows.sql: one row per keys × currency: its cost, also in the reporting currency (null without one), and the part of it that
-- rests on measured node-hours (weighed by cost).
with asked as (
    select
        *,
        case when $cost = 'effective' then effective_cost else billed_cost end as cost,
        case when $cost = 'effective' then reporting_effective_cost else reporting_billed_cost end as reporting_cost
    from converted
    where (hub = $hub or $hub is null) and (cluster = $cluster or $cluster is null)
)
select
    /* keys */,
    currency,
    sum(cost) as cost,
    sum(reporting_cost) as reporting_cost,
    cast(coalesce(
        cast(sum(cast(abs(cost) as decimal(24, 6)) * coverage) as double) / nullif(cast(sum(abs(cost)) as double), 0), 1
    ) as decimal(9, 6)) as coverage
from asked
group by all
having sum(cost) <> 0 or sum(reporting_cost) <> 0
order by all
