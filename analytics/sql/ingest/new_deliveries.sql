-- new_deliveries.sql: the deliveries of this bill, as the table `deliveries` has them.
create temp table ingest_deliveries (
    delivery_id text,
    source text,
    issuer text,
    billing_account text,
    billing_period text,
    object text,
    version text,
    rows bigint,
    billed_cost decimal(38, 12),
    currency text,
    final boolean,
    seen_at timestamptz
)
