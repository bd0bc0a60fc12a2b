-- everything.sql: one row per bucket × day × who bears it × basis × component: the allocations with the bucket they come from.
select
    borne.bucket_id, borne.day, buckets.cluster, buckets.community, borne.hub, borne.basis,
    case when borne.part = 'gpu' and buckets.component = 'compute' then 'gpu' else buckets.component end as component,
    borne.billed_cost, borne.effective_cost
from borne
inner join buckets using (bucket_id)
union all
select related.bucket_id, related.day, related.cluster, related.community, related.hub, related.basis, buckets.component,
    related.billed_cost, related.effective_cost
from related
inner join buckets using (bucket_id)
