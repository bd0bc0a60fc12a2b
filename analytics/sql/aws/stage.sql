-- stage.sql: one row per line item of a file: what differs from line to line, and the key of the texts that many lines share.
-- `new` holds those texts where `aws_texts` doesn't have the key yet; once a file has begun, such rows are few.
-- Within `case`, a column is converted only for the rows that need it.
select
    text_key,
    text_check,
    if(is_known is null, to_json({{ {shared} }}), null) as new,
    {resource} as resource,
    {parent} as parent,
    {tags} as tags,
    utc(start_time) as start_time,
    utc(if(end_time > start_time, end_time, start_time + interval 1 hour)) as end_time,
    coalesce(net, unblended, 0) as cost,
    net is not null as is_net,
    case {line_type}
        when 'Usage' then coalesce(net, unblended, 0)
        when 'SavingsPlanCoveredUsage' then coalesce({plan_cost}, net, unblended, 0)
        when 'SavingsPlanNegation' then 0
        when 'SavingsPlanUpfrontFee' then 0
        when 'SavingsPlanRecurringFee' then coalesce({committed}, 0) - coalesce({used}, 0)
        when 'DiscountedUsage' then coalesce({reservation_cost}, net, unblended, 0)
        when 'RIFee' then coalesce({unused_upfront}, 0) + coalesce({unused_recurring}, 0)
        when 'Fee' then if({reservation} is null, coalesce(net, unblended, 0), 0)
        else coalesce(net, unblended, 0)
    end as effective,
    if({parent} is null, null, {split_cost}) as split_cost,
    if({parent} is null, null, {unused_cost}) as unused_cost,
    {amount} as amount,
    {list_rate} as list_rate,
    {list_cost} as list_cost,
    {unblended_rate} as unblended_rate
from (
    select
        *,
        hash({texts}) as text_key,
        hash({texts_reversed}) as text_check,
        {start_time} as start_time,
        {end_time} as end_time,
        {net_unblended} as net,
        {unblended} as unblended
    from (
        select
            *,
            case
                when {resource} is null then null
                when starts_with({resource}, 'i-') then 'Instance'
                when starts_with({resource}, 'vol-') then 'Volume'
                when starts_with({resource}, 'arn:') then coalesce(nullif(split_part(split_part({resource}, ':', 6), '/', 1), ''), split_part({resource}, ':', 3))
                when {product_code} = 'AmazonS3' then 'Bucket'
                else {product_code}
            end as resource_type
        from {source}
    )
)
left join (select text_key as known_key, text_check as known_check, true as is_known from aws_texts)
    on text_key = known_key and text_check = known_check
