-- policies.sql: one row per billing period × cluster × pot × pool (of idle pots) × day × currency that has money to spread: how.
select distinct
    buckets.billing_period,
    buckets.cluster,
    pots.pot,
    case when pots.pot = 'idle' then buckets.pool else '' end as pool,
    pots.day,
    buckets.currency,
    case pots.pot when 'idle' then clusters.idle_policy else clusters.shared_policy end as policy
from pots
inner join buckets using (bucket_id)
inner join fleet_clusters as clusters on buckets.cluster = clusters.cluster
