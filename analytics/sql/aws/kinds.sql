-- kinds.sql: one row per kind of entry that there may be: a text, and whether it is of what went unused; with no line's values.
select
    texts.*,
    unused,
    cast(null as decimal(38, 12)) as billed,
    cast(null as decimal(38, 12)) as effective,
    cast(null as decimal(38, 12)) as quantity,
    cast(null as decimal(38, 12)) as list_price,
    cast(null as decimal(38, 12)) as contracted_price,
    cast(null as timestamptz) as start_time,
    cast(null as timestamptz) as end_time,
    cast(null as varchar) as resource,
    cast(null as varchar) as tags,
    cast(null as varchar) as namespace
from aws_descriptions as texts, (values (false), (true)) as of (unused)
