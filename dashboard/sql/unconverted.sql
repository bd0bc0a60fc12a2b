-- unconverted.sql: one row per allocation of a month that needs no rates: where a reporting currency is set, its bills are in it.
select
    allocations.*,
    case when own_months.month is not null then billed_cost end as reporting_billed_cost,
    case when own_months.month is not null then effective_cost end as reporting_effective_cost
from allocations
left join own_months on allocations.billing_period = own_months.month
