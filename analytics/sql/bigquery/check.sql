-- check.sql: one row per currency: the lines of the export and what they cost with every credit, beside what is
-- delivered of it.
select currency, line_count, arrived, delivered
from (
  select
    coalesce(currency, '') as currency,
    count(*) as line_count,
    sum(money(coalesce(cost, 0)) + coalesce(list_sum([money(coalesce(c.amount, 0)) for c in credits]), 0)) as arrived
  from export
  group by all
)
full join (
  select coalesce(BillingCurrency, '') as currency, sum(BilledCost) as delivered from focus group by all
) using (currency)
order by currency
