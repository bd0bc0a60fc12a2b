-- hours.sql: one row per asked span × hour it touches. The one step that makes hours (BigQuery: generate_timestamp_array).
select from_hour, last_moment, unnest(generate_series(from_hour, last_moment, interval '1 hour')) as hour
from (select distinct from_hour, last_moment from asked_now) as spans
