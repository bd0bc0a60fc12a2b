-- coverage.sql: one row per community: the part of its cost that rests on measured node-hours (weighed by cost).
select
    community,
    cast(coalesce(
        cast(sum(cast(abs(billed_cost) as decimal(24, 6)) * coverage) as double) / nullif(cast(sum(abs(billed_cost)) as double), 0), 1
    ) as decimal(9, 4)) as coverage
from allocations
where billing_period = $month and community is not null
group by community
order by community
