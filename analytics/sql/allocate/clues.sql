-- clues.sql: one row per kind with all that its labels, its account and what was measured say: what the rules of claims.sql choose from.
with only_machines as (  -- a machine name that one cluster alone has
    select machine, max(cluster) as cluster from machines group by machine having count(*) = 1
),
only_pools as (  -- a pool whose machines have one purpose
    select cluster, pool, max(purpose) as purpose from machines where pool <> '' group by cluster, pool
    having count(distinct purpose) = 1
),
lone_hubs as (
    select hub, max(cluster) as cluster from fleet_hubs group by hub having count(*) = 1
),
only_hubs as (  -- a hub name that one cluster alone has, without a cluster's label or with a name that this cluster shares
    select '' as alias, hub, cluster from lone_hubs
    union
    select fleet_aliases.alias, lone_hubs.hub, lone_hubs.cluster
    from fleet_aliases
    inner join lone_hubs on fleet_aliases.cluster = lone_hubs.cluster
),
node_purposes as (  -- a volume's purpose is none
    select distinct cluster, purpose from machines where purpose <> ''
),
seen as (
    select
        kinds.*, clusters_named.sub_account_cluster, clusters_named.account_cluster, clusters_named.account_community,
        coalesce(nullif(clusters_named.labelled_cluster, ''), only_machines.cluster, '') as seen_cluster
    from kinds
    inner join clusters_named on kinds.kind_id = clusters_named.kind_id
    left join only_machines on kinds.machine = only_machines.machine
),
placed as (
    select
        seen.*,
        case
            when seen_cluster <> '' then seen_cluster
            when cluster_label = '' then account_cluster  -- a label that names no cluster of ours is not the account's
            else ''
        end as cluster
    from seen
),
known as (
    select
        placed.*,
        coalesce(labelled.cluster, case when placed.cluster = '' then only_hubs.cluster end, '') as hub_cluster,
        coalesce(spaced.hub, '') as namespace_hub,
        machines.machine is not null as machine_known,
        coalesce(nullif(machines.pool, ''), placed.pool_label) as pool,
        coalesce(nullif(machines.purpose, ''), nullif(placed.purpose_label, ''), only_pools.purpose, '') as purpose
    from placed
    left join fleet_hubs as labelled on placed.cluster = labelled.cluster and placed.hub_label = labelled.hub
    left join only_hubs on placed.cluster_label = only_hubs.alias and placed.hub_label = only_hubs.hub
    left join fleet_hubs as spaced on placed.cluster = spaced.cluster and placed.namespace = spaced.hub
    left join machines on placed.cluster = machines.cluster and placed.machine = machines.machine
    left join only_pools on placed.cluster = only_pools.cluster and placed.pool_label = only_pools.pool
)
select known.*, known.purpose in ('user', 'dask') or node_purposes.purpose is not null as of_nodes
from known
left join node_purposes on known.cluster = node_purposes.cluster and known.purpose = node_purposes.purpose
