-- unsplit.sql: one row per line item that is not shared among namespaces.
select costs.*
from aws_billed as costs
left join aws_splits as splits
    on costs.account = splits.account
    and costs.resource = splits.parent
    and costs.start_time = splits.start_time
    and is_machine
where splits.parent is null
