-- pots.sql: one row per rule × pot of the hub's cluster that a policy spread: the pot, the hub's part, what the hub weighs and what all weigh.
with mine as (
    select spread.bucket_id, spread.day, spread.basis, spread.part, sum(spread.billed_cost) as billed_cost
    from spread
    inner join buckets using (bucket_id)
    where spread.hub = $hub and buckets.cluster = $cluster
    group by all
),
whole as (
    select bucket_id, day, pot, part, sum(billed_cost) as billed_cost from pots group by all
),
weights as (
    select pot, currency, avg(case when hub = $hub then weight / whole_weight else 0 end) as share
    from (
        select *, sum(weight) over (partition by cluster, pot, pool, day, currency) as whole_weight
        from pot_weights
        where cluster = $cluster
    ) as weighed
    where hub = $hub
    group by all
)
select
    buckets.rule,
    whole.pot,
    case whole.pot when 'idle' then clusters.idle_policy else clusters.shared_policy end as policy,
    buckets.currency,
    sum(whole.billed_cost) as pot_cost,
    sum(coalesce(mine.billed_cost, 0)) as hub_cost,
    max(weights.share) as share
from whole
inner join buckets using (bucket_id)
inner join fleet_clusters as clusters on buckets.cluster = clusters.cluster
left join mine on whole.bucket_id = mine.bucket_id and whole.day = mine.day and whole.pot = mine.basis and whole.part = mine.part
left join weights on whole.pot = weights.pot and buckets.currency = weights.currency
where buckets.cluster = $cluster
    and (whole.day = cast($day as date) or $day is null)
    and ($component is null or case when whole.part = 'gpu' and buckets.component = 'compute' then 'gpu' else buckets.component end = $component)
group by all
having sum(coalesce(mine.billed_cost, 0)) <> 0
order by abs(sum(mine.billed_cost)) desc, buckets.rule
