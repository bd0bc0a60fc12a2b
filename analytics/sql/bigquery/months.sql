-- months.sql (BigQuery): one row per invoice month of a billing export, with what tells whether it changed since it
-- was last read, and the first and last partition that has rows of it.
-- Rows of a month arrive for as long as Google likes, so this looks at every partition, but only at few, small columns.
-- A row in the streaming buffer has no partition yet.
select
  invoice.month as month,
  count(*) as row_count,
  max(export_time) as newest,
  sum(safe_cast(cost as numeric)) as cost,
  min({partition}) as first_partition,
  max({partition}) as last_partition
from `{table}`
where
  (array_length(@months) = 0 or invoice.month in unnest(@months))
  and ({partition} >= '1970-01-01' or {partition} is null)
group by month
order by month
