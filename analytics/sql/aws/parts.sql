-- parts.sql: one row per machine's line item × namespace, and one for what is left of it: together the line item, exactly.
select
    machine.* exclude (part, parts, shares)
        replace (part.billed as billed, part.effective as effective, part.quantity as quantity, part.cost as cost),
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
                    'quantity': quantity - list_sum(list_transform(parts, lambda p: p.quantity)),
                    'cost': cost - list_sum(list_transform(parts, lambda p: p.cost))
                }
            )
        ) as part
    from (
        select
            costs.*,
            shares,
            list_transform(
                shares,
                lambda s: {
                    'namespace': s.namespace,
                    'billed': part_of(billed, s.share),
                    'effective': part_of(effective, s.share),
                    'quantity': part_of(quantity, s.share),
                    'cost': part_of(cost, s.share)
                }
            ) as parts
        from aws_billed as costs
        join aws_splits as splits
            on costs.account = splits.account
            and costs.resource = splits.parent
            and costs.start_time = splits.start_time
            and is_machine
    )
) as machine
