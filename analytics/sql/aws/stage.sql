-- stage.sql: one row per line item of a file, with what can be told of it alone: its costs, its prices and its category.
-- A refund is of the category of what it pays back; a discount lowers the price of usage, so it is usage, and a credit is
-- what is granted (FOCUS 1.4: BilledCost includes discounts, ChargeCategory Credit is for what the provider grants).
-- List and contracted cost are the unit price × the quantity, the price for a fee being the fee. What has no price of its own
-- (discounts, negations) has prices of 0, and what is no usage or purchase, or corrects an earlier bill, has none.
select
    * exclude (list_rate, list_cost, unblended_rate, is_usage, amount, product_name, code, id)
        replace (
            utc(period_start) as period_start,
            utc(period_end) as period_end,
            utc(start_time) as start_time,
            utc(if(end_time > start_time, end_time, start_time + interval 1 hour)) as end_time
        ),
    coalesce(service_name, product_name, product_code) as service,
    if(is_priced, if(is_usage, list_unit(list_rate, list_cost, cost, quantity), if(category = 'Purchase', cost, 0)), null) as list_price,
    if(
        is_priced,
        case
            when category = 'Purchase' then cost
            when not is_usage then 0
            when line_type <> 'Usage' then list_unit(list_rate, list_cost, cost, quantity)
            when abs(unblended_rate * cast(quantity as double) - cast(cost as double)) < 0.000001
                then try_cast(unblended_rate as decimal(38, 12))
            else list_unit(null, null, cost, quantity)
        end,
        null
    ) as contracted_price
from (
    select
        * exclude (
            net_unblended, unblended, bill_type, billing_entity, legal_entity, tax_type, purchase_option, reservation_cost,
            unused_upfront, unused_recurring, plan_cost, committed, used
        ),
        coalesce(net_unblended, unblended, 0) as cost,
        net_unblended is not null as is_net,
        line_type in ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage') as is_usage,
        case line_type
            when 'Usage' then coalesce(net_unblended, unblended, 0)
            when 'SavingsPlanCoveredUsage' then coalesce(plan_cost, net_unblended, unblended, 0)
            when 'SavingsPlanNegation' then 0
            when 'SavingsPlanUpfrontFee' then 0
            when 'SavingsPlanRecurringFee' then coalesce(committed, 0) - coalesce(used, 0)
            when 'DiscountedUsage' then coalesce(reservation_cost, net_unblended, unblended, 0)
            when 'RIFee' then coalesce(unused_upfront, 0) + coalesce(unused_recurring, 0)
            when 'Fee' then if(reservation is null, coalesce(net_unblended, unblended, 0), 0)
            else coalesce(net_unblended, unblended, 0)
        end as effective,
        case
            when line_type in ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage', 'SavingsPlanNegation') then 'Usage'
            when line_type in ('Fee', 'RIFee', 'SavingsPlanUpfrontFee', 'SavingsPlanRecurringFee') then 'Purchase'
            when line_type in ('Tax', 'Credit') then line_type
            when ends_with(line_type, 'Discount') then 'Usage'
            when line_type = 'Refund' and tax_type is not null then 'Tax'
            when line_type = 'Refund' and coalesce(reservation, plan) is not null then 'Purchase'
            when line_type = 'Refund' and usage_type is not null then 'Usage'
            else 'Adjustment'
        end as category,
        line_type = 'Refund' or coalesce(bill_type = 'Refund', false) as is_correction,
        category in ('Usage', 'Purchase') and not is_correction as is_priced,
        if(category = 'Purchase', 1, coalesce(amount, 1)) as quantity,
        case
            when not is_priced then null
            when coalesce(plan, reservation) is not null then 'Committed'
            when contains(usage_type, 'SpotUsage') or purchase_option ilike 'spot%' then 'Dynamic'
            else 'Standard'
        end as pricing_category,
        if(billing_entity = 'AWS Marketplace', coalesce(legal_entity, 'AWS Marketplace'), 'AWS') as provider,
        case
            when resource is null then null
            when starts_with(resource, 'i-') then 'Instance'
            when starts_with(resource, 'vol-') then 'Volume'
            when starts_with(resource, 'arn:') then coalesce(nullif(split_part(split_part(resource, ':', 6), '/', 1), ''), split_part(resource, ':', 3))
            when product_code = 'AmazonS3' then 'Bucket'
            else product_code
        end as resource_type
    from ({rows})
)
left join aws_services on product_code = aws_services.code
left join aws_regions on region = aws_regions.id
