-- unused.sql: one row per commitment × fee that was not used up: usage of 0 on the invoice, whose effective cost is the unused part.
-- FOCUS keeps a fee (Purchase, effective cost 0) and what of it went unused (Usage, status Unused) apart.
select
    * replace (
        0 as billed, 0 as cost, 0 as list_price, 0 as contracted_price, cast(1 as decimal(38, 12)) as quantity, 'Usage' as category
    ),
    cast(null as varchar) as namespace,
    true as unused
from aws_billed
where line_type in ('SavingsPlanRecurringFee', 'RIFee') and effective <> 0
