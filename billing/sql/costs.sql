-- costs.sql: one row per bill × community × hub × component × day × whether somebody explains it: what is borne there, exact.
select
    issuer,
    billing_account,
    currency,
    community,
    cluster,
    hub,
    component,
    day,
    basis = 'unattributed' as unattributed,
    sum(billed_cost) as amount
from allocations
where billing_period = $month
group by all
having sum(billed_cost) <> 0
order by all
