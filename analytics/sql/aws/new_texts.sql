-- new_texts.sql: one row per text of a staged file that was new in it.
insert into aws_texts
select distinct text_key, text_check, unnest(from_json(new, '{{ {types} }}'))
from read_parquet({files}, hive_partitioning = false)
where new is not null
