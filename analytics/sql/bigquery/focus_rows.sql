-- focus_rows.sql (BigQuery): the rows of one month of the FOCUS export, as they were when focus_months.sql looked.
select
  {columns}
from `{table}`
where
  format_timestamp('%Y%m', timestamp_add(BillingPeriodStart, interval 15 day)) = @month
  and x_ExportTime <= @newest
  and ({partition} between @first and @last or {partition} is null)
