-- coverages.sql: one row per bucket × day: the part of its money that rests on hours that were measured.
select
    bucket_id,
    day,
    cast(case
        when sum(weighed) > 0 then cast(sum(covered) as double) / cast(sum(weighed) as double) else min(least_coverage)
    end as decimal(9, 6)) as coverage
from expected
group by bucket_id, day
