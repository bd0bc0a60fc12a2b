-- check.sql: one row per payer × billing period: its currencies, what its line items come to, and what is delivered of them.
select payer, period, currencies, arrived, delivered
from (
    select coalesce(payer, '') as payer, coalesce(strftime(period_start, '%Y-%m'), '') as period, list(distinct currency order by currency) as currencies, sum(cost) as arrived
    from (select payer, period_start, currency, sum(cost) as cost from aws_lines group by all)
    group by all
)
full join (
    select coalesce(BillingAccountId, '') as payer, coalesce(x_BillingPeriod, '') as period, sum(BilledCost) as delivered
    from focus
    group by all
) using (payer, period)
order by all
