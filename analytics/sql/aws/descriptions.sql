-- descriptions.sql: one row per text of the bill's line items, with what follows from it alone.
-- A refund is of the category of what it pays back; a discount lowers the price of usage, so it is usage, and a credit is
-- what is granted (FOCUS 1.4: BilledCost includes discounts, ChargeCategory Credit is for what the provider grants).
create or replace temp table aws_descriptions as
select
    * exclude (bill_type, billing_entity, legal_entity, tax_type, purchase_option, product_name, code, id)
        replace (utc(period_start) as period_start, utc(period_end) as period_end),
    coalesce(service_name, product_name, product_code) as service,
    line_type in ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage') as is_usage,
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
    ends_with(line_type, 'Discount') as is_discount,
    -- an instance's own time, which is what split cost allocation data shares
    coalesce(
        product_code = 'AmazonEC2' and is_usage and regexp_matches(usage_type, '(BoxUsage|SpotUsage|DedicatedUsage)(:|$)'), false
    ) as is_machine,
    case
        when not is_priced then null
        when coalesce(plan, reservation) is not null then 'Committed'
        when contains(usage_type, 'SpotUsage') or purchase_option ilike 'spot%' then 'Dynamic'
        else 'Standard'
    end as pricing_category,
    if(billing_entity = 'AWS Marketplace', coalesce(legal_entity, 'AWS Marketplace'), 'AWS') as provider
from aws_texts
left join aws_services on product_code = aws_services.code
left join aws_regions on region = aws_regions.id
