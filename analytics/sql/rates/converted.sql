-- converted.sql: one row per row of `allocations`, with its costs in the reporting currency $to as well.
-- Each is rounded once, to 12 places; what that leaves of the account's converted sum goes to the account's largest row, so that
-- every view of a month adds up to the same.
with rated as (
    select
        allocations.*,
        case when allocations.currency = $to then cast(1 as decimal(26, 14)) else rates.rate end as rate,
        row_number() over (
            partition by allocations.issuer, allocations.billing_account, allocations.currency
            order by
                abs(allocations.billed_cost) + abs(allocations.effective_cost) desc,
                allocations.day, allocations.cluster, allocations.hub, allocations.community, allocations.component,
                allocations.rule, allocations.basis, allocations.charge_category
        ) as place
    from allocations
    left join rates
        on allocations.issuer = rates.issuer
        and allocations.billing_account = rates.billing_account
        and allocations.currency = rates.currency
),
rounded as (
    select
        *,
        cast(billed_cost * rate as decimal(38, 12)) as billed_part,
        cast(effective_cost * rate as decimal(38, 12)) as effective_part
    from rated
),
rests as (
    select
        issuer,
        billing_account,
        currency,
        cast(sum(billed_cost) * max(rate) as decimal(38, 12)) - sum(billed_part) as billed_rest,
        cast(sum(effective_cost) * max(rate) as decimal(38, 12)) - sum(effective_part) as effective_rest
    from rounded
    group by issuer, billing_account, currency
)
select
    rounded.* exclude (rate, place, billed_part, effective_part),
    rounded.billed_part + case when rounded.place = 1 then rests.billed_rest else 0 end as reporting_billed_cost,
    rounded.effective_part + case when rounded.place = 1 then rests.effective_rest else 0 end as reporting_effective_cost
from rounded
inner join rests
    on rounded.issuer = rests.issuer
    and rounded.billing_account = rests.billing_account
    and rounded.currency = rests.currency
