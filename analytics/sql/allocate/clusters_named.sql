-- clusters_named.sql: one row per kind: the cluster its label names, and the cluster or community whose account it is on.
-- A payer's account says so only where no cluster names the sub-account.
select
    kinds.kind_id,
    coalesce(in_account.cluster, anywhere.cluster, '') as labelled_cluster,
    coalesce(accounts.cluster, '') as sub_account_cluster,
    coalesce(accounts.cluster, payers.cluster, '') as account_cluster,
    coalesce(accounts.community, payers.community, '') as account_community
from kinds
left join fleet_aliases as in_account
    on kinds.cluster_label = in_account.alias and kinds.sub_account = in_account.sub_account
    and in_account.sub_account <> ''
left join fleet_aliases as anywhere on kinds.cluster_label = anywhere.alias and anywhere.sub_account = ''
left join fleet_accounts as accounts on kinds.sub_account = accounts.account
left join (select distinct sub_account from fleet_aliases where sub_account <> '') as spoken_for
    on kinds.sub_account = spoken_for.sub_account
left join fleet_accounts as payers
    on kinds.billing_account = payers.account and accounts.account is null and spoken_for.sub_account is null
