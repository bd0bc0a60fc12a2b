-- costs.sql: one row per line item that carries money, with its costs by FOCUS's measures and its charge category.
-- A refund is of the category of what it pays back; a discount lowers the price of usage, so it is usage, and a credit is
-- what is granted (FOCUS 1.4: BilledCost includes discounts, ChargeCategory Credit is for what the provider grants).
-- Pods and tasks of split cost allocation data have no cost of their own: parts.sql shares their machine's.
select
    lines.*,
    case
        when plans.plan is null then cost
        when lines.row_id = plans.marked then plans.residual
        else 0
    end as billed,
    case line_type
        when 'SavingsPlanCoveredUsage' then coalesce(plan_cost, cost)
        when 'SavingsPlanNegation' then 0
        when 'SavingsPlanUpfrontFee' then 0
        when 'SavingsPlanRecurringFee' then coalesce(committed, 0) - coalesce(used, 0)
        when 'DiscountedUsage' then coalesce(reservation_cost, cost)
        when 'RIFee' then coalesce(unused_upfront, 0) + coalesce(unused_recurring, 0)
        when 'Fee' then if(reservation is null, cost, 0)
        else cost
    end as effective,
    case
        when line_type in ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage', 'SavingsPlanNegation') then 'Usage'
        when line_type in ('Fee', 'RIFee', 'SavingsPlanUpfrontFee', 'SavingsPlanRecurringFee') then 'Purchase'
        when line_type in ('Tax', 'Credit') then line_type
        when ends_with(line_type, 'Discount') then 'Usage'
        when line_type = 'Refund' and tax_type is not null then 'Tax'
        when line_type = 'Refund' and coalesce(reservation, lines.plan) is not null then 'Purchase'
        when line_type = 'Refund' and usage_type is not null then 'Usage'
        else 'Adjustment'
    end as category,
    case when line_type in ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage') then line_type end as priced
from aws_lines as lines
left join aws_plans as plans
    on lines.plan = plans.plan
    and lines.account = plans.account
    and lines.payer = plans.payer
    and lines.period_start = plans.period_start
    and lines.line_type in ('SavingsPlanCoveredUsage', 'SavingsPlanNegation')
where
    (parent is null or cost <> 0)
    and (line_type <> 'SavingsPlanNegation' or plans.plan is null or lines.row_id = plans.marked)
