-- reconcile.sql: one row per issuer × billing account × currency: the bill, where it went, and the difference.
with bill as (
    select
        InvoiceIssuerName as issuer, BillingAccountId as billing_account, BillingCurrency as currency,
        sum(BilledCost) as bill
    from charges
    group by all
),
borne as (
    select
        issuer, billing_account, currency,
        sum(case when hub is not null and basis <> 'unattributed' then billed_cost else 0 end) as hubs,
        sum(case when hub is null and community is not null and basis <> 'unattributed' then billed_cost else 0 end) as communities,
        sum(case when hub is null and community is null and basis <> 'unattributed' then billed_cost else 0 end) as operator,
        sum(case when basis = 'unattributed' then billed_cost else 0 end) as unattributed,
        sum(billed_cost) as total
    from allocations
    group by all
)
select
    issuer,
    billing_account,
    currency,
    coalesce(bill.bill, 0) as bill,
    coalesce(borne.hubs, 0) as hubs,
    coalesce(borne.communities, 0) as communities,
    coalesce(borne.operator, 0) as operator,
    coalesce(borne.unattributed, 0) as unattributed,
    coalesce(bill.bill, 0) - coalesce(borne.total, 0) as difference
from bill
full outer join borne using (issuer, billing_account, currency)
order by issuer, billing_account, currency
