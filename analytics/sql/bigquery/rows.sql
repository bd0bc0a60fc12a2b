-- rows.sql (BigQuery): the lines of one invoice month, as they were when months.sql looked (export_time only grows).
-- The partitions bound what is scanned; they are those months.sql found, so no late line is left out.
select
  {columns}
from `{table}`
where
  invoice.month = @month
  and export_time <= @newest
  and ({partition} between @first and @last or {partition} is null)
