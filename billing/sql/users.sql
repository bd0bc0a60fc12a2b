-- users.sql: one row per hub: its distinct active users of the month.
select cluster || '/' || hub as hub, max(active_users) as users
from activity
where period = $month
group by all
order by all
