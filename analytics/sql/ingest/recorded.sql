-- recorded.sql: one row per delivery that `deliveries` has from now on, of the sources and months that this bill touches: the
-- bill's own, and all that came before, for the history. What this bill stands in for is superseded; the same delivery made
-- again (after a crash, or because it is final now) stands in its own place.
select *, cast(null as timestamptz) as superseded_at
from ingest_deliveries
union all by name
select
    old.* replace (
        case
            when old.superseded_at is null and (own.source is not null or gone.source is not null)
                then (select max(seen_at) from ingest_deliveries)
            else old.superseded_at
        end as superseded_at
    )
from ingest_old as old
join (
    select source, billing_period from ingest_deliveries
    union
    select source, billing_period from ingest_stale
) as touched
    on old.source = touched.source and old.billing_period = touched.billing_period
left join (select distinct source, billing_period from ingest_deliveries) as own
    on old.source = own.source and old.billing_period = own.billing_period
left join ingest_stale as gone
    on old.source = gone.source
    and old.billing_period = gone.billing_period
    and old.issuer = gone.issuer
    and old.billing_account = gone.billing_account
left join ingest_deliveries as again
    on old.delivery_id = again.delivery_id and old.superseded_at is null
where again.delivery_id is null
