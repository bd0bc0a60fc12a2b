-- charges.sql: one row per row of the bill, described from the small tables; nothing of a description is computed per row.
select
    {columns},
    cast(
        case component.quantity
            when 'consumed' then cast(bill.ConsumedQuantity as double) * component.gib_hours
            when 'pricing' then cast(bill.PricingQuantity as double) * component.gib_hours
        end as decimal(18, 6)
    ) as x_StorageGibHours
from (
    select hash({salt}, {key}) as kind, hash({salt}, {resource}) as resource, {row}
    from ingest_bill
) as bill
join ingest_kind_values as kind on bill.kind = kind.kind
join ingest_resource_values as resource on bill.resource = resource.resource
join ingest_component_values as component on bill.kind = component.kind and resource.purpose = component.purpose
