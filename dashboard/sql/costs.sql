-- costs.sql: one row per keys: what the viewer's rows cost in one currency, and how far that rests on measured node-hours: `measured` of
-- `weight`, as the report weighs it.
with asked as (
    select
        *,
        case
            when list_contains($reporting, billing_period) and $cost = 'effective' then reporting_effective_cost
            when list_contains($reporting, billing_period) then reporting_billed_cost
            when currency <> $currency then null
            when $cost = 'effective' then effective_cost
            else billed_cost
        end as cost
    from seen
    where ($days is null or day is null or day < cast(billing_period || '-01' as date) + cast($days as integer))
        and (len(cast($without as text[])) = 0 or not list_contains(
            cast($without as text[]),
            concat_ws(chr(31), coalesce(issuer, ''), coalesce(billing_account, ''), component, charge_category)
        ))
        and (hub = $hub or $hub is null)
        and (cluster = $cluster or $cluster is null)
        and (community = $community or $community is null or ($community = $nobodys and community is null))
)
select
    /* keys */,
    sum(cost) as cost,
    sum(abs(cost)) as weight,
    sum(cast(abs(cost) as decimal(24, 6)) * coverage) as measured
from asked
where cost is not null
group by all
having sum(cost) <> 0 or sum(abs(cost)) <> 0
order by all
