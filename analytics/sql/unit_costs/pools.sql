-- pools.sql: one row per cluster × pool × month × currency: the hours that nodes ran and what their machines and boot disks cost.
with ran as (
    select cluster, pool, left(day, 7) as month, count(distinct (hour, node)) as node_hours
    from nodes
    where pool is not null
    group by all
),

paid as (
    select
        aliases.cluster,
        charges.x_Pool as pool,
        charges.x_BillingPeriod as month,
        charges.BillingCurrency as currency,
        sum(charges.EffectiveCost) as cost
    from charges
    inner join aliases on charges.x_Cluster = aliases.alias
    where charges.x_Pool is not null and charges.ChargeCategory = 'Usage'
    group by all
)

select paid.cluster, paid.pool, paid.month, cast(ran.node_hours as decimal(18, 6)) as node_hours, paid.cost, paid.currency
from paid
inner join ran on paid.cluster = ran.cluster and paid.pool = ran.pool and paid.month = ran.month
order by all
