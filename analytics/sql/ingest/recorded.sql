-- recorded.sql: one row per delivery that `deliveries` has from now on, in the months that this bill touches: the bill's own,
-- and those of sources that are no more, but for what the bill stands in for.
select * from ingest_deliveries
union all by name
select old.*
from ingest_old as old
join (select distinct source, billing_period from ingest_stale) as touched
    on old.source = touched.source and old.billing_period = touched.billing_period
left join ingest_stale as gone
    on old.source = gone.source
    and old.billing_period = gone.billing_period
    and old.issuer = gone.issuer
    and old.billing_account = gone.billing_account
where gone.source is null
