-- entries.sql: one row per FOCUS row to be: a line with its discounts netted in, and each other credit of it on its
-- own, with the line's attributes, so that it follows what it relates to.
-- Where there is no price (tax, adjustment, credit) FOCUS has the list and contracted costs equal to the billed one.
select
  * exclude (category, charge_class),
  category,
  charge_class,
  exact_cost + discounts as billed,
  case
    when category in ('Usage', 'Purchase') then coalesce(money(cost_at_list), exact_cost) else exact_cost + discounts
  end as listed,
  case
    when category in ('Usage', 'Purchase') then coalesce(money(cost_at_effective_price_default), exact_cost)
    else exact_cost + discounts
  end as contracted,
  coalesce(adjustment_info_description, sku_description) as charge_description,
  category in ('Usage', 'Purchase') as is_priced
from lines
union all by name
select
  lines.* exclude (category, charge_class),
  'Credit' as category,
  cast(null as varchar) as charge_class,
  given.amount as billed,
  given.amount as listed,
  given.amount as contracted,
  given.description as charge_description,
  false as is_priced
from lines, unnest(lines.grants) as t(given)
