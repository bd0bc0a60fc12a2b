-- split.sql: one row per bucket × day × hub (0 is nobody's): its parts of the charges that usage splits, by use and as idle;
-- a machine's GPU part apart. Each part is rounded once, to the scale of money; what rounding leaves is settled in settled.sql.
with parts as (
    select
        routes.bucket_id,
        periods.day,
        shares.hub_id,
        cast(amounts.billed_cost as double) as billed,
        cast(amounts.effective_cost as double) as effective,
        case routes.part when 'cpu' then cpu_use when 'memory' then memory_use when 'gpu' then gpu_use else rest_use end as use_share,
        case routes.part when 'cpu' then cpu_idle when 'memory' then memory_idle when 'gpu' then gpu_idle else rest_idle end as idle_share,
        case when routes.part = '' then gpu_rest_use else 0 end as gpu_use_share,
        case when routes.part = '' then gpu_rest_idle else 0 end as gpu_idle_share
    from amounts
    inner join routes on amounts.kind_id = routes.kind_id
    inner join periods on amounts.period_id = periods.period_id
    inner join shares on routes.place_id = shares.place_id and amounts.period_id = shares.period_id
)
select
    bucket_id,
    day,
    hub_id,
    sum(cast(billed * use_share as decimal(38, 12))) as billed_use,
    sum(cast(effective * use_share as decimal(38, 12))) as effective_use,
    sum(cast(billed * idle_share as decimal(38, 12))) as billed_idle,
    sum(cast(effective * idle_share as decimal(38, 12))) as effective_idle,
    sum(case when gpu_use_share <> 0 then cast(billed * gpu_use_share as decimal(38, 12)) else 0 end) as billed_gpu_use,
    sum(case when gpu_use_share <> 0 then cast(effective * gpu_use_share as decimal(38, 12)) else 0 end) as effective_gpu_use,
    sum(case when gpu_idle_share <> 0 then cast(billed * gpu_idle_share as decimal(38, 12)) else 0 end) as billed_gpu_idle,
    sum(case when gpu_idle_share <> 0 then cast(effective * gpu_idle_share as decimal(38, 12)) else 0 end) as effective_gpu_idle
from parts
group by bucket_id, day, hub_id
