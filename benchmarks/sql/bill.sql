-- bill.sql: a month of one billing account in FOCUS 1.2: 8,000 resources of 20 sub-accounts by the hour, `$rows` lines, money as DOUBLE.
select
    'AWS' as ProviderName,
    'AWS' as PublisherName,
    'AWS' as InvoiceIssuerName,
    'INV-2026-10-0001' as InvoiceId,
    '100000000001' as BillingAccountId,
    'Example payer' as BillingAccountName,
    'Payer Account' as BillingAccountType,
    '2000000000' || resource % 20 as SubAccountId,
    'project ' || resource % 20 as SubAccountName,
    'Linked Account' as SubAccountType,
    timestamptz '2026-10-01' as BillingPeriodStart,
    timestamptz '2026-11-01' as BillingPeriodEnd,
    timestamptz '2026-10-01' + to_hours(hour) as ChargePeriodStart,
    timestamptz '2026-10-01' + to_hours(hour + 1) as ChargePeriodEnd,
    case when chance % 500 = 0 then 'Tax' when chance % 499 = 0 then 'Credit' else 'Usage' end as ChargeCategory,
    cast(null as varchar) as ChargeClass,
    sku.description as ChargeDescription,
    'Usage-Based' as ChargeFrequency,
    quantity * sku.price as BilledCost,
    quantity * sku.price * 0.9 as EffectiveCost,
    quantity * sku.price * 1.1 as ListCost,
    quantity * sku.price as ContractedCost,
    sku.price * 1.1 as ListUnitPrice,
    sku.price as ContractedUnitPrice,
    'Standard' as PricingCategory,
    quantity as PricingQuantity,
    sku.unit as PricingUnit,
    'USD' as PricingCurrency,
    'USD' as BillingCurrency,
    quantity as ConsumedQuantity,
    sku.unit as ConsumedUnit,
    sku.service as ServiceName,
    sku.category as ServiceCategory,
    sku.subcategory as ServiceSubcategory,
    'SKU' || chance % 40 as SkuId,
    sku.description as SkuMeter,
    'PRICE' || chance % 40 as SkuPriceId,
    '{"InstanceType":"m6i.large","CoreCount":2,"MemorySize":8}' as SkuPriceDetails,
    'arn:aws:ec2:us-west-2:2000000000' || resource % 20 || ':' || sku.kind || '/' || sku.prefix || '-'
        || substr(md5(resource::varchar), 1, 17) as ResourceId,
    sku.prefix || '-' || substr(md5(resource::varchar), 1, 17) as ResourceName,
    sku.kind as ResourceType,
    'us-west-2' as RegionId,
    'US West (Oregon)' as RegionName,
    'us-west-2' || ['a', 'b', 'c'][resource % 3 + 1] as AvailabilityZone,
    json_object(
        '2i2c:hub-name', if(resource % 3 = 0, 'hub-' || resource % 50, null),
        '2i2c.org/cluster-name', 'cluster-' || resource % 12,
        '2i2c:node-purpose', ['user', 'core', 'dask'][resource % 3 + 1],
        'aws:autoscaling:groupName', 'asg-' || resource % 100,
        'cost-center', 'cc-' || resource % 37,
        'Name', 'node-' || resource % 300
    )::varchar as Tags
from (
    select
        cast(number * 744 // $rows as integer) as hour,
        cast(hash(number) % 1000003 as integer) as chance,
        cast(hash(number % 1500 + hash(number) % 7 * 10000) % 8000 as integer) as resource,
        cast(hash(number * 3) % 1000000 as double) / 1e6 as quantity
    from range($rows) as line (number)
)
join (
    values
        (0, 'AmazonEC2', 'Compute', 'Virtual Machines', 'Linux on-demand m6i.large', 'Hrs', 'i', 'instance', 0.0977690589::double),
        (1, 'AmazonEC2', 'Storage', 'Block Storage', 'General purpose provisioned storage gp3', 'GB-Mo', 'vol', 'volume', 0.08),
        (2, 'AWS Data Transfer', 'Networking', 'Content Delivery', 'Data transfer out', 'GB', 'i', 'instance', 0.09),
        (3, 'AmazonEFS', 'Storage', 'File Storage', 'Elastic file system', 'GB-Mo', 'fs', 'file-system', 0.3)
) as sku (number, service, category, subcategory, description, unit, prefix, kind, price)
    on sku.number = case when chance % 10 < 6 then 0 else chance % 10 - 6 end
