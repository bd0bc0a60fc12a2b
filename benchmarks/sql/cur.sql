-- cur.sql: one row per line item of a CUR 2.0 export of some clusters, with the columns that a standard export has most of.
-- A fifth are machines on a savings plan, with the plan's negation an hour; tags are a map.
select
    'q' || n as identity_line_item_id,
    strftime(t, '%Y-%m-%dT%H:%M:%SZ') || '/' || strftime(t + interval 1 hour, '%Y-%m-%dT%H:%M:%SZ') as identity_time_interval,
    'EUINREEF26' as bill_invoice_id,
    'AWS' as bill_billing_entity,
    'Amazon Web Services EMEA SARL' as bill_invoicing_entity,
    'Anniversary' as bill_bill_type,
    '012345678901' as bill_payer_account_id,
    'Reef' as bill_payer_account_name,
    timestamp_ms '2026-10-01' as bill_billing_period_start_date,
    timestamp_ms '2026-11-01' as bill_billing_period_end_date,
    cast(111122223330 + n % 8 as varchar) as line_item_usage_account_id,
    'member ' || n % 8 as line_item_usage_account_name,
    'Amazon Web Services EMEA SARL' as line_item_legal_entity,
    case when n % 5 <> 0 then 'Usage' when n % 100 = 0 then 'SavingsPlanNegation' else 'SavingsPlanCoveredUsage' end as line_item_line_item_type,
    cast(t as timestamp_ms) as line_item_usage_start_date,
    cast(t + interval 1 hour as timestamp_ms) as line_item_usage_end_date,
    ['AmazonEC2', 'AmazonS3', 'AmazonEFS', 'AmazonEC2', 'AmazonVPC'][1 + n % 5] as line_item_product_code,
    ['USW2-BoxUsage:r5.xlarge', 'USW2-TimedStorage-ByteHrs', 'USW2-TimedStorage-ByteHrs', 'USW2-EBS:VolumeUsage.gp3', 'USW2-PublicIPv4:InUseAddress'][1 + n % 5]
        as line_item_usage_type,
    'RunInstances' as line_item_operation,
    'us-west-2b' as line_item_availability_zone,
    case n % 5
        when 0 then 'i-' || printf('%017x', n // 5 % 400)
        when 1 then 'reef-scratch-' || n % 30
        when 2 then 'arn:aws:elasticfilesystem:us-west-2:111122223330:file-system/fs-' || n % 20
        when 3 then 'vol-' || printf('%017x', n % 4000)
        else 'arn:aws:ec2:us-west-2:111122223330:network-interface/eni-' || n % 400
    end as line_item_resource_id,
    round((n * 7919 % 100000) / 1e5, 10) as line_item_usage_amount,
    'USD' as line_item_currency_code,
    '0.2520000000' as line_item_unblended_rate,
    case when n % 100 = 0 then -1 else 1 end * round((n * 7919 % 100000) / 1e5 * 0.252, 10) as line_item_unblended_cost,
    '0.2520000000' as line_item_blended_rate,
    round((n * 7919 % 100000) / 1e5 * 0.252, 10) as line_item_blended_cost,
    '$0.252 per On Demand Linux r5.xlarge Instance Hour in ' || n % 40 as line_item_line_item_description,
    '' as line_item_tax_type,
    'us-west-2' as product_region_code,
    'Compute Instance' as product_product_family,
    'r5.xlarge' as product_instance_type,
    'SKU' || n % 60 as product_sku,
    'US West (Oregon)' as product_location,
    'SKU' || n % 60 || '.JRTCKXETXF.6YS6EN2CT7' as pricing_rate_code,
    'Hrs' as pricing_unit,
    'OnDemand' as pricing_term,
    round((n * 7919 % 100000) / 1e5 * 0.252, 10) as pricing_public_on_demand_cost,
    '0.2520000000' as pricing_public_on_demand_rate,
    '' as reservation_reservation_a_r_n,
    0.0 as reservation_effective_cost,
    0.0 as reservation_unused_amortized_upfront_fee_for_billing_period,
    0.0 as reservation_unused_recurring_fee,
    if(n % 5 = 0, 'arn:aws:savingsplans::012345678901:savingsplan/aaaa', '') as savings_plan_savings_plan_a_r_n,
    if(n % 5 = 0, 0.1512, 0.0) as savings_plan_savings_plan_effective_cost,
    0.0 as savings_plan_total_commitment_to_date,
    0.0 as savings_plan_used_commitment,
    {tags} as resource_tags
from (select range as n, timestamp '2026-10-01' + interval 1 hour * (range % 744) as t from range({first}, {last}))
