-- lines.sql: one row per line item of all files.
-- Net columns are there where the account has private discounts; the discounts' own lines then have a net cost of 0.
select
    * replace (if(is_discounted, 0, cost) as cost, if(is_discounted, 0, effective) as effective)
from (
    select
        * exclude (is_net),
        file_index * 4294967296 + file_row_number as row_id,
        getvariable('aws_has_net') and not is_net and ends_with(line_type, 'Discount') as is_discounted
    from read_parquet({files}, hive_partitioning = false)
)
