-- components.sql: one row per kind of charge × purpose: its component, the part of a machine it pays for, and, where its
-- unit is a size kept for a time, how many GiB-hours one unit of `quantity` is.
create temp table ingest_component_descriptions as
with said as (
    select
        kind,
        ChargeCategory as category,
        ServiceProviderName as provider,
        coalesce(ServiceName, '') as service,
        concat_ws(
            chr(10), SkuMeter, ChargeDescription, ServiceSubcategory, ServiceCategory, ResourceType,
            regexp_extract(SkuPriceDetails, '"InstanceType": ?"([^"]*)"', 1)
        ) as sku
    from ingest_kinds
),

ruled as (
    select *, case {rules} end as rule
    from (select distinct category, provider, service, sku from said), ingest_purposes
),

-- A month is the billing period; a GB of Amazon's or Microsoft's bills is 2^30 bytes, as both say, and anyone else's 10^9.
sizes as (
    select
        kind,
        quantity,
        coalesce(nullif(part.count, ''), '1')::double
            * case
                when part.size in ('b', 'by', 'byte', 'bytes') then 1
                when part.size in ('mib', 'miby', 'mebibyte', 'mebibytes') then 1024.0 ** 2
                when part.size in ('gib', 'giby', 'gibibyte', 'gibibytes') then 1024.0 ** 3
                when part.size in ('tib', 'tiby', 'tebibyte', 'tebibytes') then 1024.0 ** 4
                when part.size in ('mb', 'megabyte', 'megabytes') then if(gib, 1024.0, 1000.0) ** 2
                when part.size in ('gb', 'gigabyte', 'gigabytes') then if(gib, 1024.0, 1000.0) ** 3
                when part.size in ('tb', 'terabyte', 'terabytes') then if(gib, 1024.0, 1000.0) ** 4
            end / 1024.0 ** 3
            * case
                when part.time in ('s', 'sec', 'second', 'seconds') then 1 / 3600.0
                when part.time in ('h', 'hr', 'hrs', 'hour', 'hours') then 1
                when part.time in ('d', 'day', 'days') then 24
                when part.time in ('mo', 'month', 'months') then (epoch(BillingPeriodEnd) - epoch(BillingPeriodStart)) / 3600.0
            end as gib_hours
    from (
        select
            kind, BillingPeriodStart, BillingPeriodEnd, quantity,
            regexp_matches(ServiceProviderName, '(?i)aws|amazon|microsoft|azure') as gib,
            regexp_extract(lower(unit), '^([0-9.]*) *([a-z]+?)[ /.*-]+([a-z]+)$', ['count', 'size', 'time']) as part
        from (
            select *, 'consumed' as quantity, ConsumedUnit as unit from ingest_kinds
            union all
            select *, 'pricing', PricingUnit from ingest_kinds
        )
    )
)

select
    said.kind,
    ruled.number as purpose,
    rule.component,
    rule.part,
    size.quantity,
    size.gib_hours
from said
join ruled
    on said.category = ruled.category and said.provider = ruled.provider and said.service = ruled.service and said.sku = ruled.sku
join ingest_rules as rule on ruled.rule = rule.number
left join (
    select kind, min(quantity) as quantity, arg_min(gib_hours, quantity) as gib_hours
    from sizes
    where gib_hours is not null
    group by kind
) as size on said.kind = size.kind and rule.storage
