-- spans.sql: one row per span of days with rows of billing period $1, and of how many billing periods it has rows.
select x_Span, count(distinct x_BillingPeriod)
from focus
group by x_Span
having bool_or(x_BillingPeriod = $1)
order by x_Span
