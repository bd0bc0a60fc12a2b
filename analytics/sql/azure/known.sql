-- known.sql: one row per billing period of the source: the version that the lake has of it.
select billing_period, max_by(version, seen_at)
from azure_known
where superseded_at is null
group by billing_period
