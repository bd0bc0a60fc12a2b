-- reconcile.sql: one row per issuer × billing account × currency: the bill and its kinds of line, where it went, the difference, and
-- the total that the provider states (null: nobody has entered it). An account that only its stated total names is here too.
with bill as (
    select
        InvoiceIssuerName as issuer,
        BillingAccountId as billing_account,
        BillingCurrency as currency,
        sum(BilledCost) as bill,
        sum(case when ChargeCategory in ('Usage', 'Purchase') and x_Component <> 'support' then BilledCost else 0 end) as charges,
        sum(case when ChargeCategory in ('Usage', 'Purchase') and x_Component = 'support' then BilledCost else 0 end) as support,
        sum(case when ChargeCategory = 'Credit' then BilledCost else 0 end) as credits,
        sum(case when ChargeCategory = 'Tax' then BilledCost else 0 end) as tax,
        sum(case when ChargeCategory not in ('Usage', 'Purchase', 'Credit', 'Tax') then BilledCost else 0 end) as adjustments
    from charges
    group by all
),
borne as (
    /* borne */
),
stated as (
    select issuer, billing_account, currency, amount from stated_totals where invoice = ''
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
    coalesce(bill.bill, 0) - coalesce(borne.total, 0) as difference,
    coalesce(bill.charges, 0) as charges,
    coalesce(bill.support, 0) as support,
    coalesce(bill.credits, 0) as credits,
    coalesce(bill.tax, 0) as tax,
    coalesce(bill.adjustments, 0) as adjustments,
    stated.amount as stated
from bill
full outer join borne using (issuer, billing_account, currency)
full outer join stated using (issuer, billing_account, currency)
order by issuer, billing_account, currency
