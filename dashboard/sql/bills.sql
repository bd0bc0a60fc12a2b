-- bills.sql: one row per issuer × billing account × currency: what was delivered, where it went, what the provider states.
with delivered as (
    select issuer, billing_account, currency, sum(billed_cost) as delivered, bool_and(final) as final, max(seen_at) as seen_at
    from deliveries
    where superseded_at is null
    group by all
),
allocations as (
    select * from seen
),
borne as (
    /* borne */
),
stated as (  -- the last word on each account's whole month
    select issuer, billing_account, currency, amount
    from invoice_totals
    where invoice = ''
    qualify row_number() over (partition by issuer, billing_account, currency order by stated_at desc, entry desc) = 1
)
select
    issuer,
    billing_account,
    currency,
    coalesce(delivered.delivered, 0) as delivered,
    coalesce(borne.hubs, 0) as hubs,
    coalesce(borne.communities, 0) as communities,
    coalesce(borne.operator, 0) as operator,
    coalesce(borne.unattributed, 0) as unattributed,
    stated.amount as stated,
    coalesce(delivered.final, false) as final,
    cast(delivered.seen_at as date) as seen
from delivered
full outer join borne using (issuer, billing_account, currency)
left join stated using (issuer, billing_account, currency)
order by issuer, billing_account, currency
