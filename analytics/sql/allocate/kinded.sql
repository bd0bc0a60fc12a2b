-- kinded.sql: one row per charge, with the number of its kind. A view: only what is asked of it is read.
select kinds.kind_id, charges.*
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
