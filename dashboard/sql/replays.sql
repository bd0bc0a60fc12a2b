-- replays.sql: one row per policy × community (null: nobody's): what it would bear in one currency.
select idle, shared, community, sum(billed_cost) as cost
from replays
where currency = $currency
group by all
order by all
