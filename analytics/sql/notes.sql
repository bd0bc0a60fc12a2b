-- notes.sql: one row per thing a reader of the allocations should know, in words, with the money it concerns.
with money as (
    select kind_id, sum(billed_cost) as billed_cost from amounts group by kind_id
),
unknown_hubs as (
    select claims.hub_label, claims.currency, sum(money.billed_cost) as billed_cost
    from claims
    inner join money using (kind_id)
    where claims.hub_label <> '' and claims.rule <> 'label'
    group by all
),
unknown_clusters as (
    select claims.cluster_label, claims.currency, sum(money.billed_cost) as billed_cost
    from claims
    inner join money using (kind_id)
    left join fleet_aliases on claims.cluster_label = fleet_aliases.alias
    where claims.cluster_label <> '' and fleet_aliases.alias is null
    group by all
),
overused as (
    select places.cluster, places.scope, places.scope_key, count(*) as periods
    from overused as found
    inner join places using (place_id)
    group by all
),
unmeasured as (
    select places.cluster, places.scope, count(*) as periods
    from gaps
    inner join places using (place_id)
    where gaps.coverage < 1
    group by all
)
select 'the hub label ''' || hub_label || ''' names no hub of the fleet: '
    || cast(cast(billed_cost as decimal(38, 2)) as varchar) || ' ' || currency as note
from unknown_hubs
union all
select 'the cluster label ''' || cluster_label || ''' names no cluster of the fleet: '
    || cast(cast(billed_cost as decimal(38, 2)) as varchar) || ' ' || currency as note
from unknown_clusters
union all
select cluster || ': ' || scope || ' ' || scope_key || ' was used beyond its capacity in '
    || cast(periods as varchar) || ' charge period' || case when periods = 1 then '' else 's' end as note
from overused
union all
select cluster || ': usage of ' || case scope when 'home' then 'home storage' else scope || 's' end || ' was not measured in full in '
    || cast(periods as varchar) || ' charge period' || case when periods = 1 then '' else 's' end
    || '; the next wider measure was used' as note
from unmeasured
order by note
