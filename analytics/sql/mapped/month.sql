-- month.sql: the month that the middle of a line's billing period lies in.
strftime(BillingPeriodStart + (BillingPeriodEnd - BillingPeriodStart) / 2, '%Y-%m')
