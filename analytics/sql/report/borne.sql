-- borne.sql: one row per issuer × billing account × currency of `allocations`: who bears it.
select
    issuer, billing_account, currency,
    sum(case when hub is not null and basis <> 'unattributed' then billed_cost else 0 end) as hubs,
    sum(case when hub is null and community is not null and basis <> 'unattributed' then billed_cost else 0 end) as communities,
    sum(case when hub is null and community is null and basis <> 'unattributed' then billed_cost else 0 end) as operator,
    sum(case when basis = 'unattributed' then billed_cost else 0 end) as unattributed,
    sum(billed_cost) as total
from allocations
group by all
