-- lines.sql: one row per line item of all files.
-- Net columns are there where the account has private discounts; the discounts' own lines then have a net cost of 0.
-- List and contracted cost are the unit price × the quantity, the price for a fee being the fee. What has no price of its own
-- (discounts, negations) has prices of 0, and what is no usage or purchase, or corrects an earlier bill, has none.
select
    * exclude (is_net, is_discount, is_usage, amount, list_rate, list_cost, unblended_rate)
        replace (if(is_discounted, 0, cost) as cost, if(is_discounted, 0, effective) as effective),
    if(is_priced, if(is_usage, list_unit(list_rate, list_cost, cost, quantity), if(category = 'Purchase', cost, 0)), null) as list_price,
    if(
        is_priced,
        case
            when category = 'Purchase' then cost
            when not is_usage then 0
            when line_type <> 'Usage' then list_unit(list_rate, list_cost, cost, quantity)
            when abs(unblended_rate * cast(quantity as double) - cast(cost as double)) < 0.000001
                then try_cast(unblended_rate as decimal(38, 12))
            else list_unit(null, null, cost, quantity)
        end,
        null
    ) as contracted_price
from (
    select
        lines.* exclude (text_key, text_check, new),
        texts.*,
        if(category = 'Purchase', 1, coalesce(amount, 1)) as quantity,
        file_index * 4294967296 + file_row_number as row_id,
        getvariable('aws_has_net') and not is_net and is_discount as is_discounted
    from read_parquet({files}, hive_partitioning = false) as lines
    join aws_descriptions as texts on lines.text_key = texts.text_key and lines.text_check = texts.text_check
)
