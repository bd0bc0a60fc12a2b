-- direct.sql: one row per bucket × day that needs no policy: a hub's or a community's own, and what no rule or no measure could place.
select
    expected.bucket_id,
    expected.day,
    buckets.hub,
    case when buckets.rule = 'unattributed' or expected.way = 'unmeasured' then 'unattributed' else 'direct' end as basis,
    '' as part,
    expected.billed_cost,
    expected.effective_cost
from expected
inner join buckets using (bucket_id)
where expected.way <> 'split' and buckets.pot = '' and buckets.rule <> 'related'
