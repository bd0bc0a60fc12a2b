-- months.sql: one row per billing period of a FOCUS export's files.
select distinct x_BillingPeriod
from focus
where x_BillingPeriod is not null
order by x_BillingPeriod
