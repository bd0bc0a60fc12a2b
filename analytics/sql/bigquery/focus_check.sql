-- focus_check.sql: one row per currency: the rows of the FOCUS export and what they cost, beside what is delivered of it.
select currency, line_count, arrived, delivered
from (
  select coalesce(BillingCurrency, '') as currency, count(*) as line_count, sum(money(coalesce(BilledCost, 0))) as arrived
  from export
  group by all
)
full join (
  select coalesce(BillingCurrency, '') as currency, sum(BilledCost) as delivered from focus group by all
) using (currency)
order by currency
