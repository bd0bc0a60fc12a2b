-- cells.sql: one row per origin × who bears it: what each bears of each of its costs and quantities.
-- The parts of an origin add up to it: what rounding leaves is the largest part's. The billed and effective costs that one bears of
-- a bucket on a day add up to what was allocated, too: the day's largest origin takes what is missing, which its own sum bears.
with parts as (
    select
        origins.origin_id, origins.is_main, bearers.*,
        cast(cast(origins.billed_cost as double) * billed_share as decimal(38, 12)) as billed_part,
        cast(cast(origins.effective_cost as double) * effective_share as decimal(38, 12)) as effective_part,
        cast(cast(origins.list_cost as double) * share as decimal(38, 12)) as list_part,
        cast(cast(origins.contracted_cost as double) * share as decimal(38, 12)) as contracted_part,
        cast(cast(origins.pricing_quantity as double) * share as decimal(38, 12)) as pricing_part,
        cast(cast(origins.consumed_quantity as double) * share as decimal(38, 12)) as consumed_part,
        cast(cast(origins.commitment_quantity as double) * share as decimal(38, 12)) as commitment_part,
        cast(cast(origins.pricing_cost as double) * effective_share as decimal(38, 12)) as pricing_cost_part
    from origins
    inner join bearers on origins.bucket_id = bearers.bucket_id and origins.day = bearers.day
),
given as (
    select origin_id,
        sum(billed_part) as billed, sum(effective_part) as effective, sum(list_part) as list, sum(contracted_part) as contracted,
        sum(pricing_part) as pricing, sum(consumed_part) as consumed, sum(commitment_part) as commitment, sum(pricing_cost_part) as pricing_cost
    from parts
    group by origin_id
),
whole as (
    select
        parts.origin_id, parts.is_main, parts.bucket_id, parts.day, parts.place,
        parts.billed_cost as borne_billed, parts.effective_cost as borne_effective,
        billed_part + case when place = 1 then origins.billed_cost - billed else 0 end as billed_cost,
        effective_part + case when place = 1 then origins.effective_cost - effective else 0 end as effective_cost,
        list_part + case when place = 1 then origins.list_cost - list else 0 end as list_cost,
        contracted_part + case when place = 1 then origins.contracted_cost - contracted else 0 end as contracted_cost,
        pricing_part + case when place = 1 then origins.pricing_quantity - pricing else 0 end as pricing_quantity,
        consumed_part + case when place = 1 then origins.consumed_quantity - consumed else 0 end as consumed_quantity,
        commitment_part + case when place = 1 then origins.commitment_quantity - commitment else 0 end as commitment_quantity,
        pricing_cost_part + case when place = 1 then origins.pricing_cost - given.pricing_cost else 0 end as pricing_cost
    from parts
    inner join given on parts.origin_id = given.origin_id
    inner join origins on parts.origin_id = origins.origin_id
),
others as (
    select bucket_id, day, place, sum(billed_cost) as billed_cost, sum(effective_cost) as effective_cost
    from whole
    where not is_main
    group by bucket_id, day, place
)
select
    whole.* exclude (is_main, borne_billed, borne_effective) replace (
        case when is_main then borne_billed - coalesce(others.billed_cost, 0) else whole.billed_cost end as billed_cost,
        case when is_main then borne_effective - coalesce(others.effective_cost, 0) else whole.effective_cost end as effective_cost
    )
from whole
left join others on whole.bucket_id = others.bucket_id and whole.day = others.day and whole.place = others.place
