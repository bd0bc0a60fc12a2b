-- purposes.sql: one row per distinct purpose of the bill's tags, none of them too, under a number that is quick to join by.
create temp table ingest_purposes as
select row_number() over (order by purpose)::utinyint as number, purpose
from (
    select '' as purpose
    union
    select purpose from ingest_tags where purpose is not null
)
