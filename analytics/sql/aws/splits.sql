-- splits.sql: one row per machine × time of which split cost allocation data tells the pods, if it tells the whole machine:
-- the part of its cost that each namespace used. Pods are added up here; no name of one goes further.
-- AWS gives what nobody used (unused_cost) to the pods as well; here it stays with the machine, for the idle policy.
create or replace temp table aws_splits as
with pods as (
    select
        account,
        parent,
        start_time,
        tag.pod_namespace as namespace,
        sum(coalesce(split_cost, 0)) as used,
        sum(coalesce(split_cost, 0) + coalesce(unused_cost, 0)) as whole
    from aws_lines
    left join aws_tags as tag on aws_lines.tags = tag.text
    where parent is not null and cost = 0
    group by all
),

machines as (
    select account, resource, start_time, sum(effective) as effective
    from aws_billed
    where is_machine and starts_with(resource, 'i-')
    group by all
)

select
    pods.account,
    parent,
    pods.start_time,
    list({'namespace': namespace, 'share': cast(used as double) / cast(effective as double)} order by namespace)
        filter (namespace is not null and used > 0) as shares
from pods
join machines on pods.account = machines.account and pods.parent = machines.resource and pods.start_time = machines.start_time
group by pods.account, parent, pods.start_time, effective
having effective > 0
    and sum(used) <= effective * 1.000001
    and abs(sum(whole) - effective) <= effective * 0.01
    and count(*) filter (namespace is not null and used > 0) > 0
