-- netted.sql: costs.sql where savings plans have negations, which are billed together with what they cover (plans.sql).
select
    lines.* exclude (billed),
    case when plans.plan is null then billed when lines.row_id = plans.marked then plans.residual else 0 end as billed
from aws_costs as lines
left join aws_plans as plans
    on lines.plan = plans.plan
    and lines.account = plans.account
    and lines.payer = plans.payer
    and lines.period_start = plans.period_start
    and lines.line_type in ('SavingsPlanCoveredUsage', 'SavingsPlanNegation')
where line_type <> 'SavingsPlanNegation' or plans.plan is null or lines.row_id = plans.marked
