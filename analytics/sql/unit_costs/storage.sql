-- storage.sql: one row per cluster × what the bill calls it × month × currency: GiB-hours of storage, and their cost.
select
    aliases.cluster,
    coalesce(charges.SkuMeter, charges.ChargeDescription) as kind,
    charges.x_BillingPeriod as month,
    sum(charges.x_StorageGibHours) as gib_hours,
    sum(charges.EffectiveCost) as cost,
    charges.BillingCurrency as currency
from charges
inner join aliases on charges.x_Cluster = aliases.alias
where charges.x_StorageGibHours > 0 and charges.ChargeCategory = 'Usage'
group by all
order by all
