-- unknown.sql: one row per issuer × service × SKU that components.csv doesn't know: what its charges cost.
select
    InvoiceIssuerName as issuer,
    ServiceName as service,
    coalesce(SkuMeter, ChargeDescription, SkuId, '') as sku,
    BillingCurrency as currency,
    sum(BilledCost) as cost
from charges
where x_Component = 'other'
group by all
order by abs(sum(BilledCost)) desc, issuer, service, sku
limit 50
