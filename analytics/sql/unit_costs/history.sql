-- history.sql: one row per day × cluster × hub × component × basis × currency: what one community bears of its bills.
select
    billing_period, day, issuer, cluster, hub, component, rule, basis, charge_category, currency,
    sum(billed_cost) as billed_cost,
    sum(effective_cost) as effective_cost,
    min(coverage) as coverage
from allocations
where community = $community
group by all
order by all
