-- accounts.sql: one row per issuer × billing account × currency of the charges: the bill's own rate into the currency $to, as the
-- sums it follows from (null where the bill says none): the mean of its lines' rates, weighed by their cost.
select
    InvoiceIssuerName as issuer,
    BillingAccountId as billing_account,
    BillingCurrency as currency,
    sum(case when PricingCurrency = $to and PricingCurrencyEffectiveCost is not null then abs(EffectiveCost) end) as billed,
    sum(case when PricingCurrency = $to and PricingCurrencyEffectiveCost is not null then abs(PricingCurrencyEffectiveCost) end) as priced
from charges
where BillingCurrency <> $to
group by all
order by all
