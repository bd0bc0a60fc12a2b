-- several.sql: one row per value of column {of}, of one provider, × value of {one} beside the one that most rows have:
-- how many rows have it, and the first of them.
with pairs as (
    select {provider} as provider, {of} as value, {one} as other, count(*) as rows, min(place) as place
    from checked
    where {of} is not null
    group by all
)
select rows, place, value || ': ' || coalesce(other, '(null)') as value
from pairs
qualify row_number() over (partition by provider, value order by rows desc, other) > 1
order by place
