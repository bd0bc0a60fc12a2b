-- parts.sql: one row per machine's line item × namespace, and one for what is left of it: together the line item, exactly.
select
    machine.* replace (
        part.billed as billed, part.effective as effective, part.amount as amount, part.list_cost as list_cost, part.cost as cost
    ),
    part.namespace as namespace,
    false as unused
from (
    select
        *,
        unnest(
            list_append(
                parts,
                {
                    'namespace': cast(null as varchar),
                    'billed': billed - list_sum(list_transform(parts, lambda p: p.billed)),
                    'effective': effective - list_sum(list_transform(parts, lambda p: p.effective)),
                    'amount': amount - list_sum(list_transform(parts, lambda p: p.amount)),
                    'list_cost': list_cost - list_sum(list_transform(parts, lambda p: p.list_cost)),
                    'cost': cost - list_sum(list_transform(parts, lambda p: p.cost))
                }
            )
        ) as part
    from (
        select
            costs.*,
            list_transform(
                shares,
                lambda s: {
                    'namespace': s.namespace,
                    'billed': part_of(billed, s.share),
                    'effective': part_of(effective, s.share),
                    'amount': part_of(amount, s.share),
                    'list_cost': part_of(list_cost, s.share),
                    'cost': part_of(cost, s.share)
                }
            ) as parts
        from aws_costs as costs
        join aws_splits as splits
            on costs.account = splits.account
            and costs.resource = splits.parent
            and costs.start_time = splits.start_time
            and is_machine(product_code, usage_type, line_type)
    )
) as machine
