-- unresolved.sql: one row per asked place × period that has no shares yet.
select asked.place_id, asked.period_id
from asked
where not exists (
    select 1 from shares where asked.place_id = shares.place_id and asked.period_id = shares.period_id
)
