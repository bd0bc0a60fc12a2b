-- activity_days.sql: one row per day × hub × community: its users (null: few) and server-hours.
select day, cluster, hub, community, active_users, server_hours
from seen_days
where community = $community or $community is null
order by day, cluster, hub, community
