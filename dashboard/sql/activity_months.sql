-- activity_months.sql: one row per month × hub × community: its distinct users (null: few) and server-hours.
select month, cluster, hub, community, active_users, server_hours
from seen_months
where community = $community or $community is null
order by month, cluster, hub, community
