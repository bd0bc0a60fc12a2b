-- conservation.sql: one row per billing account × period × day × currency × charge category where allocations and charges differ.
-- There is none.
with told as (
    select
        billing_period, day, issuer,
        billing_account, charge_category, currency,
        billed_cost, effective_cost
    from charge_days
    union all
    select billing_period, day, issuer, billing_account, charge_category, currency, -billed_cost, -effective_cost
    from allocations
)
select
    billing_period, day, issuer, billing_account, charge_category, currency,
    sum(billed_cost) as billed_difference, sum(effective_cost) as effective_difference
from told
group by all
having sum(billed_cost) <> 0 or sum(effective_cost) <> 0
