-- charge_days.sql: one row per billing account × period × day × currency × charge category: what the bill says.
-- Straight from the charges, to prove the result by.
select
    billing_period, cast(period_start as date) as day, issuer, billing_account, charge_category, currency,
    sum(billed_cost) as billed_cost, sum(effective_cost) as effective_cost, sum(charges) as charges
from (
    select
        x_BillingPeriod as billing_period,
        ChargePeriodStart as period_start,
        InvoiceIssuerName as issuer,
        BillingAccountId as billing_account,
        ChargeCategory as charge_category,
        BillingCurrency as currency,
        sum(BilledCost) as billed_cost,
        sum(EffectiveCost) as effective_cost,
        count(*) as charges
    from charges
    group by all
) as starts
group by all
