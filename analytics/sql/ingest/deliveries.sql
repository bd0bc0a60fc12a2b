-- deliveries.sql: one row per issuer × billing account × billing period × currency of the bill: its rows and what they come to.
select
    InvoiceIssuerName,
    BillingAccountId,
    x_BillingPeriod,
    BillingCurrency,
    cast(sum(rows) as bigint),
    cast(sum(billed) as decimal(38, 12)),
    bool_and(final)
from ingest_kinds
group by all
order by all
