-- kinds.sql: one row per kind of charge: all that allocation tells apart but time and money. Rules claim kinds, not charges.
select *, cast(row_number() over (order by billing_period, issuer, billing_account, sub_account, currency, charge_category,
    service, service_category, cluster_label, hub_label, namespace, machine, pool_label, purpose_label, component, part
) as integer) as kind_id
from (
    select distinct
        x_BillingPeriod as billing_period,
        InvoiceIssuerName as issuer,
        BillingAccountId as billing_account,
        coalesce(SubAccountId, '') as sub_account,
        BillingCurrency as currency,
        ChargeCategory as charge_category,
        ServiceName as service,
        ServiceCategory as service_category,
        coalesce(x_Cluster, '') as cluster_label,
        coalesce(x_Hub, '') as hub_label,
        coalesce(x_Namespace, '') as namespace,
        coalesce(x_Node, '') as machine,
        coalesce(x_Pool, '') as pool_label,
        coalesce(x_Purpose, '') as purpose_label,
        x_Component as component,
        coalesce(x_Part, '') as part
    from charges
) as distinct_kinds
