-- routes.sql: one row per kind: its bucket, its place (null where no usage splits it) and its part.
-- Integers, for the joins over all amounts.
select
    claims.kind_id,
    buckets.bucket_id,
    places.place_id,
    claims.part
from claims
inner join buckets using (
    billing_period, issuer, billing_account, sub_account, currency, charge_category,
    service, service_category,
    component, rule, cluster, community, pool, hub, pot
)
left join places using (scope, cluster, scope_key)
