-- lines.sql: one row per line item, with what it costs on the invoice (`cost`).
-- Net columns are there where the account has private discounts; the discounts' own lines then have a net cost of 0.
select
    *,
    case
        when net_unblended is not null then net_unblended
        when getvariable('aws_has_net') and ends_with(line_type, 'Discount') then cast(0 as decimal(38, 12))
        else coalesce(unblended, 0)
    end as cost
from aws_rows
