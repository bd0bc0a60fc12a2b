-- periods.sql: one row per distinct billing period of the files: its ends, and the month its middle lies in, so that a month
-- that begins at an issuer's local midnight is that month.
select
    BillingPeriodStart,
    BillingPeriodEnd,
    strftime(BillingPeriodStart + (BillingPeriodEnd - BillingPeriodStart) / 2, '%Y-%m')
from (select distinct BillingPeriodStart, BillingPeriodEnd from focus_rows)
where BillingPeriodStart is not null and BillingPeriodEnd is not null
