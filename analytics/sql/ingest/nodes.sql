-- nodes.sql: one row per distinct resource: the machine it is, as the last part of a node's provider id, and what its tags say.
-- Names of users that stand in ids of pods and claims are masked; a virtual machine's name is nobody's.
create temp table ingest_resource_descriptions as
with named as (
    select
        *,
        coalesce(ResourceId, ResourceName) as id,
        coalesce(regexp_matches(ResourceId, '(?i)(/instances/|:instance/|/virtualMachines/|/virtualMachineScaleSets/)[^/]+(/[^/]+)?$'), false)
            or coalesce(regexp_matches(ResourceType, '(?i)^(compute |ec2 )?instance$|^virtual machine|^vm '), false) as machine,
        regexp_extract(coalesce(ResourceId, ResourceName), '^(?:.*/)?([^/]+)$', 1) as last,
        regexp_extract(coalesce(ResourceName, ResourceId), '^(?:.*/)?([^/]+)$', 1) as name
    from ingest_resources
)

select
    resource,
    regexp_replace(AllocatedMethodDetails, {user_name}, '\1-*', 'g') as AllocatedMethodDetails,
    AllocatedMethodId,
    -- A resource that has a name alone is known by it; a type that is not said is read from the identifier.
    if(machine, id, regexp_replace(id, {user_name}, '\1-*', 'g')) as ResourceId,
    if(machine, ResourceName, regexp_replace(ResourceName, {user_name}, '\1-*', 'g')) as ResourceName,
    case
        when ResourceType is not null or id is null then ResourceType
        when starts_with(id, 'arn:') then trim(concat_ws(' ',
            regexp_extract(id, '^arn:[^:]*:([^:]*)', 1), regexp_extract(id, '^arn:[^:]*:[^:]*:[^:]*:[^:]*:([a-z-]+)[/:]', 1)))
        when regexp_matches(id, '(?i)/providers/[^/]+/[^/]+/') then lower(regexp_extract(id, '(?i)/providers/([^/]+/[^/]+)/', 1))
        when regexp_matches(id, '/[a-zA-Z]+/[^/]+$') then regexp_extract(id, '/([a-zA-Z]+)/[^/]+$', 1)
        when regexp_matches(id, '^[a-z]+-[0-9a-f]{8,}$') then regexp_extract(id, '^([a-z]+)-', 1)
        else 'Resource'
    end as ResourceType,
    regexp_replace(AllocatedResourceId, {user_name}, '\1-*', 'g') as AllocatedResourceId,
    regexp_replace(AllocatedResourceName, {user_name}, '\1-*', 'g') as AllocatedResourceName,
    tags.tags as Tags,
    allocated.tags as AllocatedTags,
    tags.cluster as x_Cluster,
    tags.hub as x_Hub,
    tags.namespace as x_Namespace,
    lower(
        case
            when regexp_matches(coalesce(ResourceId, ResourceName), '(^|[:/])i-[0-9a-f]{8,17}$')
                then regexp_extract(coalesce(ResourceId, ResourceName), '(i-[0-9a-f]{8,17})$', 1)
            when regexp_matches(ResourceId, '(?i)/virtualMachineScaleSets/[^/]+/virtualMachines/[^/]+$')
                then regexp_replace(regexp_extract(ResourceId, '(?i)/virtualMachineScaleSets/(.+)$', 1), '(?i)/virtualMachines/', '/')
            when regexp_matches(ResourceId, '(?i)/virtualMachines/[^/]+$') then last
            -- Google's billing export knows an instance by number in the id and by name in the name; its boot disk has that name too.
            when regexp_matches(coalesce(ResourceId, ResourceName), '(^|/)zones/[^/]+/(instances|disks)/[^/]+$|/(instances|disks)/[^/]+$')
                and not starts_with(name, 'pvc-') and not regexp_matches(name, '^[0-9]+$')
                and (machine or not regexp_matches(name, {user_name})) then name
            when regexp_matches(ResourceType, '(?i)^(compute |gce )?instance$') and ServiceProviderName ilike '%google%' then name
        end
    ) as x_Node,
    coalesce(tags.pool, nullif(regexp_extract(concat_ws(' ', ResourceId, ResourceName), '(?i)aks-([a-z0-9]+)-[0-9]+-vmss', 1), '')) as x_Pool,
    tags.purpose as x_Purpose,
    purpose.number as purpose
from named
left join ingest_tags as tags on named.Tags = tags.text
left join ingest_tags as allocated on named.AllocatedTags = allocated.text
join ingest_purposes as purpose on coalesce(tags.purpose, '') = purpose.purpose
