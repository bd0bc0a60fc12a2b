-- hour_gaps.sql: one row per machine × period within one hour in which the machine was not measured.
select asked_now.place_id, asked_now.period_id, cast(0 as decimal(9, 6)) as coverage
from asked_now
where asked_now.scope = 'node hour' and not exists (
    select 1 from measured where asked_now.place_id = measured.place_id and asked_now.period_id = measured.period_id
)
