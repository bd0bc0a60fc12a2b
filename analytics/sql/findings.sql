-- findings.sql: one row per cluster × thing that was found wrong with its measurements: in words, with the days it holds for.
select
    cluster || ': ' || detail || ' (' || case when count(distinct day) = 1 then min(day)
        else cast(count(distinct day) as varchar) || ' days, ' || min(day) || ' to ' || max(day) end || ')' as note
from findings
where kind <> 'fetched'
group by cluster, kind, detail
order by cluster, kind, detail
