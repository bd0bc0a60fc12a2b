-- told_kinds.sql: kinds.sql of a bill that tells its kinds itself, in a view of their own: its rows have the kind's key only.
create or replace temp table ingest_kinds as
select hash({salt}, {key}) as kind, {kind}, rows, billed, final, backwards, newest
from (
    select
        {key},
        count(*) as rows,
        sum(BilledCost) as billed,
        bool_and(x_Final) as final,
        bool_or(ChargePeriodEnd < ChargePeriodStart) as backwards,
        max(ChargePeriodStart) as newest
    from ingest_bill
    group by {key}
)
join {told} using ({key})
