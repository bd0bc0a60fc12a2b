-- claims.sql: one row per kind: the rule that claims it (the first that fits), its cluster, its hub or community where the rule says so,
-- the scope of machines or storage whose usage splits it, and the pot it falls into (what usage splits: if nothing was measured).
with claimed as (
    select
        *,
        case
            when hub_cluster <> '' then 'label'
            when cluster <> '' and namespace <> '' and (namespace_hub <> '' or hub_label = '') then 'namespace'
            when machine_known and purpose <> 'core' then 'node'
            when cluster <> '' and purpose not in ('core', 'home-nfs') and (pool <> '' or of_nodes) then 'pool'
            when cluster <> '' and (purpose = 'home-nfs' or purpose = '' and component = 'home storage') then 'home'
            when hub_label <> '' then 'unattributed'  -- it names a hub that is not ours: no reason to spread it over others
            when cluster_label <> '' and seen_cluster = '' then 'unattributed'  -- it names a cluster that is not ours
            when charge_category in ('Tax', 'Credit', 'Adjustment') then 'related'
            when seen_cluster <> '' then 'shared'
            when account_cluster <> '' or account_community <> '' then 'account'
            else 'unattributed'
        end as rule
    from clues
)
select
    kind_id, billing_period, issuer, billing_account, sub_account, currency, charge_category, service, service_category,
    component, part, rule,
    hub_label, cluster_label, namespace, machine, purpose,
    case rule
        when 'label' then hub_cluster
        when 'related' then coalesce(nullif(seen_cluster, ''), sub_account_cluster)  -- a payer's tax is all its clusters'
        else cluster
    end as cluster,
    case rule when 'label' then hub_label when 'namespace' then namespace_hub else '' end as hub,
    case when rule in ('account', 'related') then account_community else '' end as community,
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
        when rule in ('node', 'pool', 'home') and hub_label = '' then 'shared'
        when rule = 'namespace' and namespace_hub = '' then case when namespace = 'kube:unallocated' then 'idle' else 'shared' end
        when rule = 'shared' then 'shared'
        when rule = 'account' and account_community = '' then 'shared'
        else ''
    end as pot
from claimed
