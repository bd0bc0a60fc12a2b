-- settled.sql: one row per bucket × day × hub × basis × part: split.sql made long, with what rounding left given to the largest
-- (ties: by name), so that a bucket's day adds up to its charges exactly. Basis 'pot shared' and 'pot idle' wait for a policy.
with named as (
    select
        split.*,
        coalesce(fleet_hubs.hub, '') as hub,
        case when split.hub_id = 0 then 'pot shared' else 'usage' end as use_basis,
        case when split.hub_id = 0 then 'pot idle' else 'idle' end as idle_basis
    from split
    left join fleet_hubs using (hub_id)
),
long as (
    select bucket_id, day, hub, use_basis as basis, '' as part, billed_use as billed_cost, effective_use as effective_cost from named
    union all
    select bucket_id, day, hub, idle_basis as basis, '' as part, billed_idle, effective_idle from named
    union all
    select bucket_id, day, hub, use_basis as basis, 'gpu' as part, billed_gpu_use, effective_gpu_use from named
    union all
    select bucket_id, day, hub, idle_basis as basis, 'gpu' as part, billed_gpu_idle, effective_gpu_idle from named
),
ranked as (
    select
        *,
        row_number() over (
            partition by bucket_id, day order by abs(billed_cost) + abs(effective_cost) desc, hub, basis, part
        ) as place
    from long
),
sums as (
    select bucket_id, day, sum(billed_cost) as billed_cost, sum(effective_cost) as effective_cost from long group by bucket_id, day
)
select
    ranked.bucket_id,
    ranked.day,
    ranked.hub,
    ranked.basis,
    ranked.part,
    ranked.billed_cost + case when ranked.place = 1 then expected.billed_cost - sums.billed_cost else 0 end as billed_cost,
    ranked.effective_cost + case when ranked.place = 1 then expected.effective_cost - sums.effective_cost else 0 end as effective_cost
from ranked
inner join sums on ranked.bucket_id = sums.bucket_id and ranked.day = sums.day
inner join expected on ranked.bucket_id = expected.bucket_id and ranked.day = expected.day and expected.way = 'split'
