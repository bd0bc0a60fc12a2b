-- own_costs.sql: one row per billing period × cluster × currency × hub: what the hub causes itself, its own charges and its use.
-- To a millionth: what rounding leaves of charges that cancel out must not weigh.
select buckets.billing_period, buckets.cluster, buckets.currency, own.hub, cast(sum(own.effective_cost) as decimal(38, 6)) as weight
from (
    select bucket_id, hub, effective_cost from settled where basis = 'usage'
    union all
    select bucket_id, hub, effective_cost from direct where basis = 'direct' and hub <> ''
) as own
inner join buckets using (bucket_id)
where buckets.charge_category in ('Usage', 'Purchase')
group by buckets.billing_period, buckets.cluster, buckets.currency, own.hub
