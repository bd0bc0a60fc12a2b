-- whole.sql: one row per charge that is one line item, as most are.
select
    costs.* replace (if(line_type in ('SavingsPlanRecurringFee', 'RIFee'), 0, effective) as effective),
    cast(null as varchar) as namespace,
    false as unused
from aws_costs as costs
left join aws_splits as splits
    on costs.account = splits.account
    and costs.resource = splits.parent
    and costs.start_time = splits.start_time
    and is_machine(product_code, usage_type, line_type)
where splits.parent is null
