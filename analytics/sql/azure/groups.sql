-- groups.sql: one row per node resource group of AKS, MC_<resource group>_<cluster>_<region>, and the cluster it is of.
-- Names may hold underscores themselves: a tag within the group says it, or a cluster that is billed; else it is the last part,
-- or the half where both halves are alike.
create or replace temp table azure_groups as
with seen as (
  select distinct
    lower(SubscriptionId) as subscription,
    coalesce(ResourceGroup, group_of(ResourceId)) as name,
    case when json_valid(braced(Tags)) then json_extract_string(braced(Tags), '$."aks-managed-cluster-name"') end as tagged,
    nullif(regexp_extract(lower(ResourceId), '/microsoft\.containerservice/managedclusters/([^/]+)', 1), '') as billed
  from azure_resources
),

named as (
  select distinct subscription, name, regexp_extract(name, '(?i)^mc_(.+)_[^_]+$', 1) as middle
  from seen
  where regexp_matches(name, '(?i)^mc_.+_[^_]+$')
),

tags as (select subscription, lower(name) as name, if(count(distinct tagged) = 1, max(tagged), null) as cluster from seen group by all),

clusters as (
  select named.subscription, named.name, right(named.middle, length(max(seen.billed))) as cluster
  from named
  join seen on seen.subscription is not distinct from named.subscription and lower(seen.name || '_' || seen.billed) = lower(named.middle)
  group by named.subscription, named.name, named.middle
)

select
  named.subscription as subscription_of,
  lower(named.name) as name,
  any_value(
    coalesce(
      tags.cluster,
      clusters.cluster,
      if(lower(left(middle, length(middle) // 2)) = lower(right(middle, length(middle) // 2)), right(middle, length(middle) // 2), null),
      regexp_extract(middle, '([^_]+)$', 1)
    )
  ) as cluster
from named
left join tags on tags.subscription is not distinct from named.subscription and tags.name = lower(named.name)
left join clusters on clusters.subscription is not distinct from named.subscription and clusters.name = named.name
group by all
