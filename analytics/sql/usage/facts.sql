-- facts.sql: one row per hour × node: its provider id, pool and purpose; of several in the hour, the one seen most.
select
  time,
  node,
  max(case when fact = 'provider_id' then {'samples': amount, 'value': value} end)['value'] as provider_id,
  max(case when fact = 'pool' then {'samples': amount, 'value': value} end)['value'] as pool,
  max(case when fact = 'purpose' then {'samples': amount, 'value': value} end)['value'] as purpose
from facts_measured
group by time, node
