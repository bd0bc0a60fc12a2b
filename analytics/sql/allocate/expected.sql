-- expected.sql: one row per bucket × day × way (whole; split by usage; unmeasured): the money that has to come out again,
-- and how much of it rests on hours that were measured. Billed and effective cost count alike there: either may be zero.
select
    routes.bucket_id,
    periods.day,
    case
        when routes.place_id is null then 'whole'
        when unresolved.place_id is not null then 'unmeasured'
        else 'split'
    end as way,
    sum(amounts.billed_cost) as billed_cost,
    sum(amounts.effective_cost) as effective_cost,
    sum(cast(abs(amounts.billed_cost) + abs(amounts.effective_cost) as decimal(24, 6)) * coalesce(gaps.coverage, 1.000000)) as covered,
    sum(cast(abs(amounts.billed_cost) + abs(amounts.effective_cost) as decimal(24, 6)) * 1.000000) as weighed,
    min(coalesce(gaps.coverage, 1.000000)) as least_coverage
from amounts
inner join routes on amounts.kind_id = routes.kind_id
inner join periods on amounts.period_id = periods.period_id
left join gaps on routes.place_id = gaps.place_id and amounts.period_id = gaps.period_id
left join unresolved on routes.place_id = unresolved.place_id and amounts.period_id = unresolved.period_id
group by all
