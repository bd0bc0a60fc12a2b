-- rows.sql: one row per cluster × community × hub × basis × currency: what it bears under the policy $idle, $shared for all clusters.
select
    billing_period,
    $idle as idle,
    $shared as shared,
    cluster,
    community,
    hub,
    basis,
    currency,
    sum(billed_cost) as billed_cost,
    sum(effective_cost) as effective_cost
from allocations
group by all
