-- lines.sql: one row per line of the export (twice the same line is two lines), money exact, discounts added up, the
-- other credits kept as a list.
-- cost_type: regular is Usage, or Purchase where it is a commitment's fee; tax is Tax; adjustment, rounding_error and what
-- may come new are Adjustment. A Correction is one of an invoice already issued: its usage lies before the invoice's month.
-- Of two values of a key the line's own label wins, then a tag, then a system label, then the project's label.
select
  * exclude (labels, project_labels, system_labels, tags, credits, cost),
  substr(invoice_month, 1, 4) || '-' || substr(invoice_month, 5, 2) as period,
  pacific(strptime(invoice_month, '%Y%m')) as period_start,
  pacific(strptime(invoice_month, '%Y%m') + interval 1 month) as period_end,
  money(coalesce(cost, 0)) as exact_cost,
  coalesce(list_sum([money(coalesce(c.amount, 0)) for c in credits if is_discount(c.type)]), 0) as discounts,
  [
    {'amount': money(coalesce(c.amount, 0)), 'description': coalesce(c.full_name, c.name, c.id, c.type, 'Credit')}
    for c in credits if not is_discount(c.type)
  ] as grants,
  [c for c in credits if is_commitment(c.type)][1] as commitment,
  case lower(coalesce(cost_type, 'regular'))
    when 'regular' then if(sku_description ilike 'commitment%', 'Purchase', 'Usage')
    when 'tax' then 'Tax'
    else 'Adjustment'
  end as category,
  case
    when
      (
        adjustment_info_type like '%!_CORRECTION' escape '!'
        or adjustment_info_mode similar to '(PARTIAL_CORRECTION|COMPLETE_NEGATION).*'
      )
      and usage_start_time < pacific(strptime(invoice_month, '%Y%m'))
      then 'Correction'
  end as charge_class,
  flat_json(
    list_concat(
      coalesce(labels, []),
      [{'key': t.key, 'value': t.value} for t in tags],
      coalesce(system_labels, []),
      coalesce(project_labels, [])
    )
  ) as all_tags
from export
