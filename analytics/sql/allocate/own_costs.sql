-- own_costs.sql: one row per billing period × cluster × currency × hub: what the hub causes itself, its own charges and its use.
select buckets.billing_period, buckets.cluster, buckets.currency, own.hub, sum(own.effective_cost) as weight
from (
    select bucket_id, hub, effective_cost from settled where basis = 'usage'
    union all
    select bucket_id, hub, effective_cost from direct where basis = 'direct' and hub <> ''
) as own
inner join buckets using (bucket_id)
where buckets.charge_category in ('Usage', 'Purchase')
group by buckets.billing_period, buckets.cluster, buckets.currency, own.hub
