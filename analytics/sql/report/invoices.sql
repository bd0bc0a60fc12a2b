-- invoices.sql: one row per issuer × billing account × currency × invoice id ('' where a charge has none): our sum, and the total that
-- the invoice states (null: nobody has entered it).
with ours as (
    select
        InvoiceIssuerName as issuer, BillingAccountId as billing_account, BillingCurrency as currency, coalesce(InvoiceId, '') as invoice,
        sum(BilledCost) as bill
    from charges
    group by all
),
stated as (
    select issuer, billing_account, currency, invoice, amount from stated_totals where invoice <> ''
)
select
    issuer,
    billing_account,
    currency,
    invoice,
    coalesce(ours.bill, 0) as bill,
    stated.amount as stated
from ours
full outer join stated using (issuer, billing_account, currency, invoice)
order by issuer, billing_account, currency, invoice
