-- descriptions.sql: one row per kind of charge as `charges` shows it, with the delivery its rows belong to.
create temp table ingest_kind_descriptions as
select
    kinds.* exclude (rows, billed, final, backwards, newest)
        replace (regexp_replace(kinds.ChargeDescription, {user_name}, '\1\2-*', 'g') as ChargeDescription),
    delivery.delivery_id as x_DeliveryId
from ingest_kinds as kinds
join ingest_deliveries as delivery
    on kinds.InvoiceIssuerName = delivery.issuer
    and kinds.BillingAccountId = delivery.billing_account
    and kinds.x_BillingPeriod = delivery.billing_period
    and kinds.BillingCurrency = delivery.currency
