-- seen_months.sql: one row per month × hub × community that had it on some day of the month, as far as the viewer may see it: the month's
-- distinct users (null: fewer than five, and not for this viewer to know, as it isn't of a hub that was its own for a part of the month
-- only), and the server-hours of the community's days.
with months as (
    select
        activity.period as month,
        activity.cluster,
        activity.hub,
        activity.active_users,
        activity.server_hours,
        cast(activity.period || '-01' as date) as first_day,
        cast(cast(activity.period || '-01' as date) + interval '1 month' as date) as next_day
    from activity
    where length(activity.period) = 7
),
had as (  -- a community's days of a hub may come in several pieces
    select
        months.*,
        memberships.community,
        max(case
            when coalesce(memberships.start_day, months.first_day) <= months.first_day
                and coalesce(memberships.end_day, months.next_day) >= months.next_day then 1
            else 0
        end) as whole
    from months
    left join fleet_memberships as memberships
        on months.cluster = memberships.cluster
        and months.hub = memberships.hub
        and coalesce(memberships.start_day, months.first_day) < months.next_day
        and coalesce(memberships.end_day, months.next_day) > months.first_day
    group by all
),
hours as (
    select month, cluster, hub, community, sum(server_hours) as server_hours from seen_days group by all
)
select
    had.month,
    had.cluster,
    had.hub,
    had.community,
    case when had.active_users >= 5 or had.active_users = 0 or (had.whole = 1 and coalesce(scope.known, false)) then had.active_users end
        as active_users,
    coalesce(hours.server_hours, case when had.whole = 1 or had.community is null then had.server_hours end, 0) as server_hours
from had
left join viewer_scope as scope on had.community = scope.community
left join hours
    on had.month = hours.month
    and had.cluster = hours.cluster
    and had.hub = hours.hub
    and had.community is not distinct from hours.community
where scope.community is not null or (select coalesce(bool_or(everything), false) from viewer_scope)
