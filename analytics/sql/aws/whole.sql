-- whole.sql: one row per charge that is one line item, as most are.
select
    * replace (if(line_type in ('SavingsPlanRecurringFee', 'RIFee'), 0, effective) as effective),
    cast(null as varchar) as namespace,
    false as unused
from aws_unsplit
