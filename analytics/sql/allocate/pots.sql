-- pots.sql: one row per bucket × day × pot × part: money of a cluster that a policy has to spread: shared, or idle that no hub of its
-- scope takes. What nothing measured falls into its bucket's pot.
select bucket_id, day, replace(basis, 'pot ', '') as pot, part, billed_cost, effective_cost
from settled
where basis like 'pot %' and (billed_cost <> 0 or effective_cost <> 0)
union all
select expected.bucket_id, expected.day, buckets.pot, '' as part, expected.billed_cost, expected.effective_cost
from expected
inner join buckets using (bucket_id)
where expected.way <> 'split' and buckets.pot <> ''
