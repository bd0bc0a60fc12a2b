-- spent.sql: one row per community × currency: what it bears of a month so far.
select community, currency, sum(billed_cost) as cost
from allocations
where community is not null
group by all
order by all
