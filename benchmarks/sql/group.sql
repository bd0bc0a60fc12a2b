-- group.sql: the floor: scan the charges and group them by all that allocation must tell apart, and nothing more.
select
    x_BillingPeriod, InvoiceIssuerName, BillingAccountId, SubAccountId, BillingCurrency, ChargeCategory, ServiceName, ServiceCategory,
    x_Cluster, x_Hub, x_Namespace, x_Node, x_Pool, x_Purpose, x_Component, x_Part, ChargePeriodStart, ChargePeriodEnd,
    sum(BilledCost) as billed_cost, sum(EffectiveCost) as effective_cost
from charges
group by all
