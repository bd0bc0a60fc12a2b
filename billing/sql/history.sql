-- history.sql: one row per community × month × bill: what the community bore.
select community, billing_period, issuer, billing_account, currency, sum(billed_cost) as amount
from allocations
where community is not null
group by all
order by all
