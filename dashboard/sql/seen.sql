-- seen.sql: one row per allocation that the viewer may see: all of them, or those that its communities bear.
select *
from all_converted
where (select coalesce(bool_or(everything), false) from viewer_scope)
    or community in (select community from viewer_scope where not everything)
