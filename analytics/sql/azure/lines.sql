-- lines.sql: one row per line of Cost Details that becomes a charge, with what Microsoft's words mean.
-- What is billed is the actual export's, to the last line. Of the amortised one come only the lines on which a reservation or a
-- savings plan is used, or left unused: their cost is effective and not billed. They stand for the actual export's lines of the
-- same usage, which cost nothing; what the commitment itself cost is billed and not effective. With no amortised export
-- (`joined` is false), effective cost is what is billed, purchases of commitments included.
select
  *,
  if(dataset = 'actual', cost, 0) as billed,
  if(dataset = 'actual' and joined and committed, 0, cost) as effective,
  -- The bill of a Microsoft Customer Agreement is its billing profile's, as FOCUS exports have it.
  case
    when starts_with(BillingAccountId, '/') then BillingAccountId
    when contains(BillingAccountId, ':') and BillingProfileId is not null
      then '/providers/Microsoft.Billing/billingAccounts/' || BillingAccountId || '/billingProfiles/' || regexp_extract(BillingProfileId, '[^/]+$')
    else '/providers/Microsoft.Billing/billingAccounts/' || BillingAccountId
  end as account,
  contains(BillingAccountId, ':') and BillingProfileId is not null as has_profile,
  case
    when kind in ('usage', 'unusedreservation', 'unusedsavingsplan') then 'Usage'
    when kind in ('purchase', 'refund') then 'Purchase'
    when kind = 'tax' then 'Tax'
    when kind = 'credit' then 'Credit'
    else 'Adjustment'
  end as category,
  kind in ('usage', 'unusedreservation', 'unusedsavingsplan', 'purchase', 'refund') as is_priced,
  coalesce(cast(ExchangeRate as double), if(PricingCurrency = BillingCurrency, 1, null)) as rate,
  '/subscriptions/' || lower(regexp_extract(SubscriptionId, '[^/]+$')) as subscription
from (
  select
    *,
    regexp_replace(lower(ChargeType), '[^a-z]', '', 'g') as kind,
    regexp_replace(lower(PricingModel), '[^a-z]', '', 'g') as model,
    coalesce(
      starts_with(regexp_replace(lower(PricingModel), '[^a-z]', '', 'g'), 'reservation')
        or starts_with(regexp_replace(lower(PricingModel), '[^a-z]', '', 'g'), 'savingsplan'),
      BenefitId is not null or ReservationId is not null
    ) as committed
  from azure_rows
)
where
  (dataset = 'actual' and not (joined and committed and kind = 'usage' and cost = 0))
  or (dataset = 'amortized' and committed and kind in ('usage', 'unusedreservation', 'unusedsavingsplan'))
