-- amounts.sql: one row per kind × charge period, by their numbers: its money.
select lines.kind_id, periods.period_id, lines.billed_cost, lines.effective_cost, lines.storage_gib_hours
from lines
inner join periods on lines.period_start = periods.period_start and lines.period_end = periods.period_end
