-- macros.sql: what the views on an AWS bill share.

-- Whether a line item is for an instance's own time, which is what split cost allocation data shares.
create or replace temp macro is_machine(product_code, usage_type, line_type) as (
    product_code = 'AmazonEC2'
    and line_type in ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage')
    and regexp_matches(usage_type, '(BoxUsage|SpotUsage|DedicatedUsage)(:|$)')
);

create or replace temp macro part_of(amount, share) as cast(cast(amount as double) * share as decimal(38, 12));

-- List costs are for information: sums are made of billed and effective ones.
create or replace temp macro times(price, quantity) as cast(cast(price as double) * cast(quantity as double) as decimal(38, 12));

-- AWS's times are UTC, whether they say so or not.
create or replace temp macro utc(moment) as make_timestamptz(epoch_us(moment));
