-- deliveries.sql: one row per delivery, in the order they held, the one in force last: what it changed of the one before of its
-- source, issuer, account, period and currency, and whether that one was final and other than this one.
select
    delivery_id, source, issuer, billing_account, billing_period, object, version, rows, billed_cost, currency, final, seen_at,
    superseded_at,
    billed_cost - lag(billed_cost) over before as difference,
    coalesce(
        lag(final) over before and (lag(billed_cost) over before <> billed_cost or lag(rows) over before <> rows), false
    ) as restates_final
from deliveries
window before as (
    partition by source, issuer, billing_account, billing_period, currency
    order by superseded_at nulls last, seen_at, delivery_id
)
order by billing_period, issuer, billing_account, currency, source, superseded_at nulls last, seen_at, delivery_id
