-- dashboard_activity.sql: one row per day of $month × hub, and one per hub for the whole month.
with
days as (
    select strftime(unnest(range(cast($month || '-01' as date), cast($month || '-01' as date) + interval 1 month, interval 1 day)), '%Y-%m-%d') as period
    union all select $month
)
select period, 'c' || lpad(cast(number % 30 as text), 2, '0') as cluster, 'hub-' || number as hub,
    cast(hash(number, period) % 120 as bigint) * if(period = $month, 3, 1) as active_users,
    cast((hash(number, period) % 90000) / 1e2 as decimal(18, 6)) * if(period = $month, 30, 1) as server_hours, $month as month
from days, range(142) as hubs(number)
