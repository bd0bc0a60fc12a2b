-- activity.sql: one row per day × hub, and per month × hub: how many different users, and how long their servers ran. A hub
-- without a user on a day on which users were counted has a row of zero. Days measured earlier are kept; a month's
-- users never become fewer, since Prometheus may have forgotten its first days.
with days as (
  select
    d.day as period,
    h.hub,
    coalesce(any_value(u.users), 0) as active_users,
    coalesce(any_value(s.hours), 0) as server_hours
  from days_counted as d
  cross join hubs as h
  left join (
    select period, namespace, cast(max(amount) as bigint) as users from users_measured group by all
  ) as u on u.period = d.day and u.namespace = h.hub
  left join (
    select
      strftime(to_timestamp(time - 3600), '%Y-%m-%d') as day,
      namespace,
      sum(cast(amount / 3600 as decimal(18, 6))) as hours
    from served_measured
    group by all
  ) as s on s.day = d.day and s.namespace = h.hub
  group by d.day, h.hub
  union all
  select period, hub, active_users, server_hours
  from activity_stored
  where length(period) = 10 and period not in (select day from days_counted)
),
months as (
  select
    left(d.period, 7) as period,
    d.hub,
    greatest(
      max(d.active_users),
      coalesce(max(cast(u.amount as bigint)), 0),
      coalesce(max(o.active_users), 0)
    ) as active_users,
    sum(d.server_hours) as server_hours
  from days as d
  left join users_measured as u on u.period = left(d.period, 7) and u.namespace = d.hub
  left join activity_stored as o on o.period = left(d.period, 7) and o.hub = d.hub
  group by left(d.period, 7), d.hub
)
select period, $cluster as cluster, hub, active_users, server_hours, left(period, 7) as month from days
union all
select period, $cluster as cluster, hub, active_users, server_hours, period as month from months
