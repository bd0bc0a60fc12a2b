-- spans.sql: one row per billing period × span of days of the export with lines of it, and the period's days.
select
  x_BillingPeriod,
  x_Span,
  cast(min(BillingPeriodStart) as date),
  cast(max(BillingPeriodEnd) as date)
from focus
group by x_BillingPeriod, x_Span
order by all
