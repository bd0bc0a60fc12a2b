-- lines.sql: one row per kind × charge period: the sum of such charges.
-- After the kinds, because grouping by one number is several times faster.
select
    kind_id,
    ChargePeriodStart as period_start,
    ChargePeriodEnd as period_end,
    sum(BilledCost) as billed_cost,
    sum(EffectiveCost) as effective_cost,
    sum(x_StorageGibHours) as storage_gib_hours
from kinded
group by all
