-- kinds.sql: one row per distinct description of a charge (account, period, service, SKU, place …), with what its rows add up to.
-- There are few of them beside the rows, so that everything said about descriptions is worked out here, once each.
-- Where the bill tells its kinds in a view of their own, its rows are grouped by their key alone, and `told` joins that view.
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
{told}
