-- plans.sql: one row per savings plan × account × period whose negations take back what its covered usage costs on demand.
-- The negations carry no resource and no tag, so both are billed 0, as in AWS's own FOCUS export; what rounding leaves of
-- the two is billed on one negation (`marked`), so that the sum stays the invoice's. Usage whose negation isn't there stays.
create or replace temp table aws_plans as
select
    payer,
    period_start,
    account,
    plan,
    sum(cost) as residual,
    max(row_id) filter (line_type = 'SavingsPlanNegation') as marked
from aws_lines
where line_type in ('SavingsPlanCoveredUsage', 'SavingsPlanNegation') and plan is not null
group by all
having count(distinct line_type) = 2 and abs(sum(cost)) < 0.01
