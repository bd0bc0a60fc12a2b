-- macros.sql: what the queries on an AWS bill share.

create or replace temp macro part_of(amount, share) as cast(cast(amount as double) * share as decimal(38, 12));

-- List and contracted costs are for information: sums are made of billed and effective ones.
create or replace temp macro times(price, quantity) as try_cast(cast(price as double) * cast(quantity as double) as decimal(38, 12));

-- A unit's price: as it is given, else what the cost comes to.
create or replace temp macro list_unit(rate, given, cost, quantity) as (
    case
        when rate is not null then try_cast(rate as decimal(38, 12))
        when quantity = 0 or coalesce(given, cost) < 0 then 0
        else try_cast(cast(coalesce(given, cost) as double) / cast(quantity as double) as decimal(38, 12))
    end
);

-- AWS's times are UTC, whether they say so or not.
create or replace temp macro utc(moment) as make_timestamptz(epoch_us(moment));
