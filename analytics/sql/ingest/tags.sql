-- tags.sql: one row per distinct text of tags: what its labels say, and the tags that are kept.
-- Of a label's keys the first that is there with a value wins; a key in other capitals counts after one in the right ones.
create temp table ingest_tags as
with texts as (
    select Tags as text from ingest_resources where Tags is not null
    union
    select AllocatedTags from ingest_resources where AllocatedTags is not null
),

pairs as (
    select text, key, regexp_replace(key, '^user:', '') as bare, nullif(trim(value ->> '$'), '') as value
    from texts, json_each(text)
),

labelled as (
    select pairs.*, label.field, 2 * label.rank + if(pairs.bare = label.key, 0, 1) as rank
    from pairs
    join ingest_labels as label on lower(pairs.bare) = lower(label.key)
    union all
    -- The tag that AWS's own controllers put on what belongs to a cluster: kubernetes.io/cluster/<name> = owned | shared
    select *, 'cluster', 1000000 from pairs where starts_with(bare, 'kubernetes.io/cluster/') and value is not null
),

said as (
    select
        text,
        arg_min(value, rank) filter (field = 'hub') as hub,
        arg_min(if(rank = 1000000, substr(bare, 23), value), rank) filter (field = 'cluster') as cluster,
        arg_min(value, rank) filter (field = 'namespace') as namespace,
        arg_min(value, rank) filter (field = 'pool') as pool,
        arg_min(lower(value), rank) filter (field = 'purpose') as purpose,
        arg_min(lower(value), rank) filter (field = 'volume_purpose') as volume_purpose
    from labelled
    where value is not null
    group by text
),

kept as (
    select text, '{' || string_agg(to_json(key) || ':' || to_json(value), ',' order by key) || '}' as tags
    from (
        select distinct
            text, key, if(field = 'keep', regexp_replace(value, {user_name}, '\1-*', 'g'), value) as value
        from labelled
        where value is not null
        qualify row_number() over (partition by text, key order by field = 'keep', rank) = 1
    )
    group by text
)

select
    texts.text,
    coalesce(kept.tags, '{}') as tags,
    said.hub,
    said.cluster,
    said.namespace,
    said.pool,
    coalesce(
        said.volume_purpose,
        case
            when said.purpose in ('user', 'users', 'notebook', 'notebooks', 'nb', 'singleuser') then 'user'
            when said.purpose in ('core', 'hub', 'system') then 'core'
            when said.purpose in ('worker', 'scheduler') or starts_with(said.purpose, 'dask') then 'dask'
            else said.purpose
        end
    ) as purpose
from texts
left join said on texts.text = said.text
left join kept on texts.text = kept.text
