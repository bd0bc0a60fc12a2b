-- unresolved.sql: one row per asked place × period that has no shares yet.
select asked.place_id, asked.period_id
from asked
left join (select distinct place_id, period_id from shares) as resolved
    on asked.place_id = resolved.place_id and asked.period_id = resolved.period_id
where resolved.place_id is null
