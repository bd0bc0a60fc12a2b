-- resources.sql: one row per distinct resource and its tags.
create or replace temp table ingest_resources as
select hash({salt}, {resource}) as resource, *
from (select distinct {resource} from ingest_bill)
