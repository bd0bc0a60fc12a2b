-- dashboard_deliveries.sql: one row per cluster: the bill of $month.
select 'delivery-' || $month || cluster as delivery_id, 'bigquery' as source, 'Google Cloud' as issuer, 'account-' || cluster as billing_account,
    $month as billing_period, 'export' as object, '1' as version, 1000 as rows, cast(0 as decimal(38, 12)) as billed_cost, 'USD' as currency,
    true as final, cast($month || '-28' as timestamptz) as seen_at, cast(null as timestamptz) as superseded_at
from (select 'c' || lpad(cast(number as text), 2, '0') as cluster from range(30) as clusters(number))
