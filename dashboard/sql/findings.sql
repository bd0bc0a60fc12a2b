-- findings.sql: one row per cluster × thing that was wrong with its measurements: on how many days, from when to when.
select cluster, kind, detail, count(distinct day) as days, min(day) as first_day, max(day) as last_day
from findings
where kind <> 'fetched'
group by all
order by cluster, days desc, kind, detail
