-- origins.sql: one row per charge that was split (x_SplitOriginId): what its parts come to, and the first of them.
create or replace temp table split_origins as
with parts as (
    select
        x_SplitOriginId as origin,
        place,
        AllocatedMethodId as method,
        AllocatedResourceId as resource,
        try_cast(x_SplitOriginCost as decimal(38, 12)) as origin_cost,
        BilledCost as cost,
        case when json_valid(AllocatedMethodDetails)
            then list_sum(cast(json_extract(AllocatedMethodDetails, '$.Elements[*].AllocatedRatio') as decimal(38, 18)[]))
        end as ratio
    from checked
    where x_SplitOriginId is not null
)
select
    origin,
    min(place) as place,
    count(*) as rows,
    count(*) filter (where method is null or ratio is null or origin_cost is null or cost is null) as incomplete,
    sum(ratio) as ratio,
    sum(cost) as cost,
    min(origin_cost) as origin_cost,
    max(origin_cost) as other_cost,
    count(distinct method) as methods,
    count(resource) - count(distinct resource) as repeated
from parts
group by origin
