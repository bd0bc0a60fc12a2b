-- origins.sql: one row per bucket × day: the charges that are split together, with the costs that allocations don't carry.
select
    routes.bucket_id,
    cast(charges.ChargePeriodStart as date) as day,
    min(charges.ChargePeriodStart) as period_start,
    max(charges.ChargePeriodEnd) as period_end,
    min(charges.BillingPeriodStart) as billing_period_start,
    max(charges.BillingPeriodEnd) as billing_period_end,
    min(charges.BillingAccountName) as billing_account_name,
    min(charges.BillingAccountType) as billing_account_type,
    min(charges.SubAccountName) as sub_account_name,
    min(charges.SubAccountType) as sub_account_type,
    min(charges.ServiceProviderName) as service_provider,
    min(charges.HostProviderName) as host_provider,
    case when count(distinct charges.InvoiceId) = 1 then min(charges.InvoiceId) end as invoice_id,
    case when count(distinct coalesce(charges.ChargeClass, '')) = 1 then min(charges.ChargeClass) end as charge_class,
    case when count(distinct charges.ChargeFrequency) = 1 then min(charges.ChargeFrequency) end as charge_frequency,
    case when count(distinct coalesce(charges.RegionId, '')) = 1 then min(charges.RegionId) end as region_id,
    case when count(distinct coalesce(charges.RegionName, '')) = 1 then min(charges.RegionName) end as region_name,
    sum(charges.BilledCost) as billed_cost,
    sum(charges.EffectiveCost) as effective_cost,
    sum(charges.ListCost) as list_cost,
    sum(charges.ContractedCost) as contracted_cost
from charges
inner join kinds
    on charges.x_BillingPeriod = kinds.billing_period
    and charges.InvoiceIssuerName = kinds.issuer
    and charges.BillingAccountId = kinds.billing_account
    and coalesce(charges.SubAccountId, '') = kinds.sub_account
    and charges.BillingCurrency = kinds.currency
    and charges.ChargeCategory = kinds.charge_category
    and charges.ServiceName = kinds.service
    and charges.ServiceCategory = kinds.service_category
    and coalesce(charges.x_Cluster, '') = kinds.cluster_label
    and coalesce(charges.x_Hub, '') = kinds.hub_label
    and coalesce(charges.x_Namespace, '') = kinds.namespace
    and coalesce(charges.x_Node, '') = kinds.machine
    and coalesce(charges.x_Pool, '') = kinds.pool_label
    and coalesce(charges.x_Purpose, '') = kinds.purpose_label
    and charges.x_Component = kinds.component
    and coalesce(charges.x_Part, '') = kinds.part
inner join routes on kinds.kind_id = routes.kind_id
group by routes.bucket_id, cast(charges.ChargePeriodStart as date)
