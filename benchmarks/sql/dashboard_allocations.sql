-- dashboard_allocations.sql: one row per day of $month × hub × line of cost; 142 hubs in 30 clusters and 40 communities.
with
days as (
    select unnest(range(cast($month || '-01' as date), cast($month || '-01' as date) + interval 1 month, interval 1 day)) as day
),
hubs as (
    select number, 'c' || lpad(cast(number % 30 as text), 2, '0') as cluster, 'hub-' || number as hub,
        'community-' || lpad(cast(number % 40 as text), 2, '0') as community
    from range(142) as every(number)
),
lines(component, rule, basis, charge_category, weight) as (
    values
        ('compute', 'node', 'usage', 'Usage', 40), ('compute', 'node', 'idle', 'Usage', 25), ('gpu', 'node', 'usage', 'Usage', 60),
        ('gpu', 'node', 'idle', 'Usage', 15), ('home storage', 'home', 'usage', 'Usage', 8), ('home storage', 'home', 'idle', 'Usage', 4),
        ('object storage', 'label', 'direct', 'Usage', 6), ('networking', 'shared', 'shared', 'Usage', 5),
        ('core', 'shared', 'shared', 'Usage', 12), ('observability', 'shared', 'shared', 'Usage', 3),
        ('registry', 'shared', 'shared', 'Usage', 1), ('database', 'label', 'direct', 'Usage', 2),
        ('tax', 'related', 'usage', 'Tax', 9), ('credit', 'related', 'usage', 'Credit', -7)
)
select $month as billing_period, cast(day as date) as day, 'Google Cloud' as issuer, 'account-' || cluster as billing_account,
    cluster, community, hub, component, rule, basis, charge_category, 'USD' as currency,
    cast(weight * (1 + (hash(number, day, component, basis) % 100000) / 1e5) as decimal(38, 12)) as billed_cost,
    cast(weight * (1 + (hash(number, day, component, basis) % 100000) / 1e5) as decimal(38, 12)) as effective_cost,
    cast(0.99 as decimal(9, 6)) as coverage
from days, hubs, lines
