-- focus_months.sql (BigQuery): months.sql for the FOCUS export. A billing period's middle says which month it is: it begins at
-- midnight somewhere.
select
  format_timestamp('%Y%m', timestamp_add(BillingPeriodStart, interval 15 day)) as month,
  count(*) as row_count,
  max(x_ExportTime) as newest,
  sum(safe_cast(BilledCost as numeric)) as cost,
  min({partition}) as first_partition,
  max({partition}) as last_partition
from `{table}`
where
  (
    array_length(@months) = 0
    or format_timestamp('%Y%m', timestamp_add(BillingPeriodStart, interval 15 day)) in unnest(@months)
  )
  and ({partition} >= '1970-01-01' or {partition} is null)
group by month
order by month
