-- line_types.sql: one row per type of line item in a file: how many there are.
select line_type, count(*)
from read_parquet({files}, hive_partitioning = false) as lines
join aws_texts as texts on lines.text_key = texts.text_key and lines.text_check = texts.text_check
group by all
order by 1
