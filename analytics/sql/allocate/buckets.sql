-- buckets.sql: one row per what allocations keep of a claimed kind, and what pots and taxes need to know of it.
select *, cast(row_number() over (order by billing_period, issuer, billing_account, sub_account, currency, charge_category,
    service, service_category,
    component, rule, cluster, community, pool, hub, pot) as integer) as bucket_id
from (
    select distinct
        billing_period, issuer, billing_account, sub_account, currency, charge_category,
        service, service_category,
        component, rule, cluster, community, pool, hub, pot
    from claims
) as distinct_buckets
