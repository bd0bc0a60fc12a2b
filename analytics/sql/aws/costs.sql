-- costs.sql: one row per line item that carries money, with what it is billed.
-- Pods and tasks of split cost allocation data have no cost of their own: parts.sql shares their machine's.
select *, cost as billed
from aws_lines
where parent is null or cost <> 0
