-- unused.sql: one row per commitment × fee that was not used up: usage of 0 on the invoice, whose effective cost is the unused part.
-- FOCUS keeps a fee (Purchase, effective cost 0) and what of it went unused (Usage, status Unused) apart.
select
    * replace (
        cast(0 as decimal(38, 12)) as billed,
        cast(0 as decimal(38, 12)) as cost,
        cast(null as decimal(38, 12)) as amount,
        'Usage' as category
    ),
    cast(null as varchar) as namespace,
    true as unused
from aws_costs
where line_type in ('SavingsPlanRecurringFee', 'RIFee') and effective <> 0
