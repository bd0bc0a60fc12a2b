-- directories.sql: one row per cluster × hour × hub (0 where nobody's): GiB-hours of its home directories.
select
    usage.cluster,
    usage.hour,
    coalesce(fleet_hubs.hub_id, 0) as hub_id,
    sum(usage.storage_gib_hours) as storage_gib_hours
from usage
left join fleet_hubs on usage.cluster = fleet_hubs.cluster and usage.hub = fleet_hubs.hub
where usage.node is null and usage.purpose = 'home-nfs'
group by all
