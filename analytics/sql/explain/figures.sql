-- figures.sql: one row per rule × basis × component × currency of one hub: its cost, as in the report, and that in the reporting currency.
select
    rule, basis, component, currency,
    sum(billed_cost) as billed_cost, min(coverage) as coverage, sum(reporting_billed_cost) as reporting_cost
from converted
where hub = $hub and cluster = $cluster
    and (component = $component or $component is null)
    and (day = cast($day as date) or $day is null)
group by all
order by abs(sum(billed_cost)) desc, rule, basis, component
