-- group_node_hours.sql: a lower floor, which only this month's charges allow: group them by node, hour and part.
select x_Node, x_Part, ChargePeriodStart, sum(BilledCost) as billed_cost, sum(EffectiveCost) as effective_cost
from charges
group by all
