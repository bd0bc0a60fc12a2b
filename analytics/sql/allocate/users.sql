-- users.sql: one row per month × cluster × hub: its distinct users of the month; where no month was counted, the most of its days.
select
    activity.month,
    activity.cluster,
    activity.hub,
    coalesce(max(case when length(activity.period) = 7 then activity.active_users end), max(activity.active_users)) as weight
from activity
inner join fleet_hubs on activity.cluster = fleet_hubs.cluster and activity.hub = fleet_hubs.hub
group by activity.month, activity.cluster, activity.hub
