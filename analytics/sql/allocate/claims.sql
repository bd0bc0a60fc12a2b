-- claims.sql: one row per kind: the rule that claims it (the first that fits), its cluster, its hub or community where the rule says so,
-- and the scope of machines or storage whose usage splits it.
with named as (
    select
        kinds.*,
        coalesce(in_account.cluster, anywhere.cluster, '') as labelled_cluster,
        coalesce(case when accounts.account is null then payers.cluster else accounts.cluster end, '') as account_cluster,
        coalesce(case when accounts.account is null then payers.community else accounts.community end, '') as account_community
    from kinds
    left join fleet_aliases as in_account
        on kinds.cluster_label = in_account.alias and kinds.sub_account = in_account.sub_account
        and in_account.sub_account <> ''
    left join fleet_aliases as anywhere on kinds.cluster_label = anywhere.alias and anywhere.sub_account = ''
    left join fleet_accounts as accounts on kinds.sub_account = accounts.account
    left join fleet_accounts as payers on kinds.billing_account = payers.account
),
only_machines as (  -- a machine name that one cluster alone has
    select machine, max(cluster) as cluster from machines group by machine having count(*) = 1
),
seen as (
    select
        named.*,
        case
            when named.labelled_cluster <> '' then named.labelled_cluster
            else coalesce(only_machines.cluster, '')
        end as seen_cluster
    from named
    left join only_machines on named.machine = only_machines.machine
),
placed as (
    select
        seen.*,
        case
            when seen.seen_cluster <> '' then seen.seen_cluster
            when seen.cluster_label = '' then seen.account_cluster  -- a label that names no cluster of ours is not the account's
            else ''
        end as cluster
    from seen
),
only_hubs as (  -- a hub name that one cluster alone has
    select hub, max(cluster) as cluster from fleet_hubs group by hub having count(*) = 1
),
only_pools as (
    select cluster, pool, max(purpose) as purpose from machines where pool <> '' group by cluster, pool
    having count(distinct purpose) = 1
),
known as (
    select
        placed.*,
        coalesce(labelled.cluster, case when placed.cluster = '' then only_hubs.cluster end, '') as label_hub_cluster,
        coalesce(spaced.hub, '') as namespace_hub,
        machines.machine is not null as machine_known,
        coalesce(nullif(machines.pool, ''), placed.pool_label) as pool,
        coalesce(nullif(machines.purpose, ''), nullif(placed.purpose_label, ''), only_pools.purpose, '') as purpose
    from placed
    left join fleet_hubs as labelled on placed.cluster = labelled.cluster and placed.hub_label = labelled.hub
    left join only_hubs on placed.hub_label = only_hubs.hub
    left join fleet_hubs as spaced on placed.cluster = spaced.cluster and placed.namespace = spaced.hub
    left join machines on placed.cluster = machines.cluster and placed.machine = machines.machine
    left join only_pools on placed.cluster = only_pools.cluster and placed.pool_label = only_pools.pool
),
claimed as (
    select
        *,
        case
            when label_hub_cluster <> '' then 'label'
            when cluster <> '' and namespace <> '' and hub_label = '' then 'namespace'
            when machine_known and purpose <> 'core' then 'node'
            when cluster <> '' and purpose not in ('core', 'home-nfs') and (pool <> '' or purpose <> '') then 'pool'
            when cluster <> '' and purpose <> 'core' and (purpose = 'home-nfs' or component = 'home storage') then 'home'
            when hub_label <> '' then 'unattributed'  -- it names a hub that is not ours: no reason to spread it over others
            when charge_category in ('Tax', 'Credit', 'Adjustment') then 'related'
            when seen_cluster <> '' then 'shared'
            when cluster_label <> '' then 'unattributed'  -- it names a cluster that is not ours
            when account_cluster <> '' or account_community <> '' then 'account'
            else 'unattributed'
        end as rule
    from known
)
select
    kind_id, billing_period, issuer, billing_account, sub_account, currency, charge_category, component, part, rule,
    hub_label, cluster_label, namespace, machine, purpose,
    case when rule = 'label' then label_hub_cluster else cluster end as cluster,
    case rule when 'label' then hub_label when 'namespace' then namespace_hub else '' end as hub,
    case when rule = 'account' then account_community else '' end as community,
    case when rule in ('node', 'pool') then pool else '' end as pool,
    case rule
        when 'node' then 'node'
        when 'pool' then case when pool <> '' then 'pool' else 'purpose' end
        when 'home' then 'home'
        else ''
    end as scope,
    case rule
        when 'node' then machine
        when 'pool' then case when pool <> '' then pool else purpose end
        else ''
    end as scope_key,
    case
        when rule = 'namespace' and namespace_hub = '' then case when namespace = 'kube:unallocated' then 'idle' else 'shared' end
        when rule = 'shared' then 'shared'
        when rule = 'account' and account_community = '' then 'shared'
        else ''
    end as pot
from claimed
