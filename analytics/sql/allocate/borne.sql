-- borne.sql: one row per bucket × day × hub × basis × part: all charges but taxes, credits and adjustments that relate to others.
select bucket_id, day, hub, basis, part, billed_cost, effective_cost from settled where basis not like 'pot %'
union all
select bucket_id, day, hub, basis, part, billed_cost, effective_cost from spread
union all
select bucket_id, day, hub, basis, part, billed_cost, effective_cost from direct
