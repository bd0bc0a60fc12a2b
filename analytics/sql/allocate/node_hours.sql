-- node_hours.sql: one row per cluster × node × hour that was measured: its capacity, and the machine's name as bills write it:
-- the last part of the provider id, and <scale set>/<number> for an instance of an Azure scale set.
select
    cluster,
    node,
    hour,
    lower(coalesce(
        nullif(regexp_replace(regexp_extract(provider_id, '[^/]+/virtualMachines/[0-9]+$'), '/virtualMachines/', '/'), ''),
        nullif(regexp_extract(provider_id, '[^/]+$'), ''),
        node
    )) as machine,
    coalesce(pool, '') as pool,
    coalesce(purpose, '') as purpose,
    cpu_core_hours,
    memory_gib_hours,
    gpu_hours
from nodes
