-- difference.sql: one row per keys × currency: its cost before and after, in the views `cost_before` and `cost_after`.
select /* keys */, currency, sum(cost_before) as cost_before, sum(cost_after) as cost_after
from (
    select *, cost as cost_before, cast(0 as decimal(38, 12)) as cost_after from cost_before
    union all
    select *, cast(0 as decimal(38, 12)), cost from cost_after
) as told
group by all
order by all
