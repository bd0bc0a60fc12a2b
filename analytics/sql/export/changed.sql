-- changed.sql: one row: how many rows differ between the allocations as stored and as computed again from the same lake versions.
select count(*) as changed
from (
    (select * exclude (coverage) from stored except all select * exclude (coverage) from allocations)
    union all
    (select * exclude (coverage) from allocations except all select * exclude (coverage) from stored)
) as differences
