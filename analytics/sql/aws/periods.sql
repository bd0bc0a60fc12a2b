-- periods.sql: one row per billing period of the line items: when it starts, and the month it is.
select distinct cast(period_start as varchar), strftime(period_start, '%Y-%m')
from aws_descriptions
where period_start is not null
order by all
