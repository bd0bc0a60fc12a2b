-- seen_days.sql: one row per day × hub × community that has it that day, as far as the viewer may see it: users (null: fewer than five,
-- and not for this viewer to know) and server-hours. A hub that is nobody's is for those who see everything.
select
    activity.period as day,
    activity.month,
    activity.cluster,
    activity.hub,
    memberships.community,
    case when activity.active_users >= 5 or activity.active_users = 0 or coalesce(scope.known, false) then activity.active_users end
        as active_users,
    activity.server_hours
from activity
left join fleet_memberships as memberships
    on activity.cluster = memberships.cluster
    and activity.hub = memberships.hub
    and (memberships.start_day is null or memberships.start_day <= cast(activity.period as date))
    and (memberships.end_day is null or memberships.end_day > cast(activity.period as date))
left join viewer_scope as scope on memberships.community = scope.community
where length(activity.period) = 10
    and (scope.community is not null or (select coalesce(bool_or(everything), false) from viewer_scope))
