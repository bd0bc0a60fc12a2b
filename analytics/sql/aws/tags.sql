-- tags.sql: one row per distinct text of raw tags: as one flat JSON object of the tags that are read, under the keys they were
-- set with, and the namespace among them. `aws_keys` says which raw key is which, and which of those for a namespace wins.
create or replace temp table aws_tags as
select
    text,
    '{' || string_agg(to_json(key) || ':' || to_json(value), ',' order by key) || '}' as flat,
    arg_min(value, namespace_rank) filter (namespace_rank is not null) as pod_namespace
from (
    select texts.text, keys.key, keys.namespace_rank, min(entry.value ->> '$') as value
    from aws_tag_texts as texts, json_each(texts.text) as entry
    join aws_keys as keys on entry.key = keys.raw
    where entry.value ->> '$' <> ''
    group by all
)
group by text
