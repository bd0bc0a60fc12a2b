-- bearers.sql: one row per bucket × day × who bears it × basis × component: what part of that day's charges is theirs.
-- Ratios add up to 1 exactly. Where charges and refunds meet, parts may be beyond 0 to 1: then amounts without their signs are compared.
with sums as (
    select bucket_id, day, cluster, community, hub, basis, component,
        sum(billed_cost) as billed_cost, sum(effective_cost) as effective_cost
    from everything
    group by all
    having sum(billed_cost) <> 0 or sum(effective_cost) <> 0
),
totals as (
    select bucket_id, day, count(*) as bearers,
        cast(sum(billed_cost) as double) as billed, cast(sum(abs(billed_cost)) as double) as billed_size,
        cast(sum(effective_cost) as double) as effective, cast(sum(abs(effective_cost)) as double) as effective_size
    from sums
    group by bucket_id, day
),
shared as (
    select sums.*, totals.bearers, totals.billed_size, totals.effective_size,
        case when effective <> 0 then cast(effective_cost as double) / effective end as effective_share,
        case when billed <> 0 then cast(billed_cost as double) / billed end as billed_share,
        row_number() over (
            partition by bucket_id, day order by abs(billed_cost) + abs(effective_cost) desc, hub, basis, component, cluster, community
        ) as place
    from sums
    inner join totals using (bucket_id, day)
),
skewed as (
    select bucket_id, day,
        bool_or(coalesce(effective_share, billed_share) not between 0 and 1) or bool_or(coalesce(effective_share, billed_share) is null) as skewed
    from shared
    group by bucket_id, day
),
weighed as (
    select shared.*,
        case when not skewed then coalesce(effective_share, billed_share)
            when effective_size > 0 then abs(cast(effective_cost as double)) / effective_size
            else abs(cast(billed_cost as double)) / billed_size end as share
    from shared
    inner join skewed using (bucket_id, day)
)
select
    * exclude (share, effective_share, billed_share, billed_size, effective_size),
    share,
    coalesce(effective_share, share) as effective_share,
    coalesce(billed_share, share) as billed_share,
    cast(share as decimal(18, 12)) + case when place = 1
        then 1 - sum(cast(share as decimal(18, 12))) over (partition by bucket_id, day) else 0 end as ratio
from weighed
