-- charges.sql: $rows hourly charges of machines: ten clusters of a hundred nodes, a month; a node-hour is billed as several charges.
select
    'Google Cloud' as InvoiceIssuerName, 'Google Cloud' as ServiceProviderName, '0000-1111' as BillingAccountId,
    '2026-10' as x_BillingPeriod, timestamptz '2026-10-01 00:00:00+00' as BillingPeriodStart,
    timestamptz '2026-11-01 00:00:00+00' as BillingPeriodEnd, 'USD' as BillingCurrency, 'Usage' as ChargeCategory,
    'Compute' as ServiceCategory, 'Compute Engine' as ServiceName, 'project-' || (node // 100) as SubAccountId,
    'SKU-' || (i % 7) as SkuId,
    timestamptz '2026-10-01 00:00:00+00' + to_hours(cast(hour as integer)) as ChargePeriodStart,
    timestamptz '2026-10-01 01:00:00+00' + to_hours(cast(hour as integer)) as ChargePeriodEnd,
    cast((hash(i) % 100000) / 1e6 as decimal(38, 12)) as BilledCost,
    cast((hash(i) % 100000) / 1e6 as decimal(38, 12)) as EffectiveCost,
    cast(0 as decimal(38, 12)) as ListCost, cast(0 as decimal(38, 12)) as ContractedCost,
    'c' || (node // 100) as x_Cluster, 'gke-node-' || node as x_Node, 'user' as x_Purpose, 'pool-' || (node % 4) as x_Pool,
    'compute' as x_Component, if((i // 744000) % 2 = 0, 'cpu', 'memory') as x_Part,
    'focus:benchmark' as x_Source, 'd' as x_DeliveryId
from (select i, (i // 744) % 1000 as node, i % 744 as hour from range($rows) as numbers(i)) as numbered
