-- activity_history.sql: one row per day or month × hub of a community: how many people used it. Counts only, as everywhere.
select activity.period, activity.cluster, activity.hub, activity.active_users, activity.server_hours
from activity
inner join members on activity.cluster = members.cluster and activity.hub = members.hub
where (members.first is null or activity.period >= members.first) and (members.next is null or activity.period < members.next)
order by all
