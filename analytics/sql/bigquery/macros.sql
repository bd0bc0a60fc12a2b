-- macros.sql: what the views on a billing export share.

-- An amount, exact: a float by its shortest decimal text, a NUMERIC as it is.
create or replace temp macro money(amount) as cast(cast(amount as varchar) as decimal(38, 12));

-- A quantity that doesn't fit is left out; it is never money.
create or replace temp macro quantity(amount) as try_cast(cast(amount as varchar) as decimal(38, 12));

-- A price or cost in the pricing currency, for information: sums are made of the billing currency.
create or replace temp macro dollars(amount, rate) as try_cast(round(cast(amount as double) / rate, 12) as decimal(38, 12));

-- Whether a credit lowers the price of what it is on. FOCUS 1.4 has BilledCost "inclusive of the impacts of all reduced
-- rates and discounts" and keeps ChargeCategory Credit for what is granted. The list is what Google's own reports call
-- discounts; PROMOTION, CREDIT_TYPE_UNSPECIFIED and whatever comes new are "promotions and others" there, and rows of
-- their own here.
create or replace temp macro is_discount(credit_type) as coalesce(
  upper(credit_type) in (
    'COMMITTED_USAGE_DISCOUNT', 'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE', 'FEE_UTILIZATION_OFFSET',
    'SUSTAINED_USAGE_DISCOUNT', 'SPENDING_BASED_DISCOUNT', 'DISCOUNT', 'FREE_TIER', 'SUBSCRIPTION_BENEFIT',
    'RESELLER_MARGIN'
  ),
  false
);

create or replace temp macro is_commitment(credit_type) as coalesce(
  upper(credit_type) in (
    'COMMITTED_USAGE_DISCOUNT', 'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE', 'FEE_UTILIZATION_OFFSET'
  ),
  false
);

-- The first entry of each key, as one flat JSON object. A key without a value has the empty text.
create or replace temp macro flat_json(entries) as cast(
  to_json(
    map_from_entries(
      list_transform(
        list_filter(
          list_filter(entries, lambda entry: entry.key is not null),
          lambda entry, i: list_position(
            list_transform(list_filter(entries, lambda other: other.key is not null), lambda other: other.key),
            entry.key
          ) = i
        ),
        lambda entry: struct_pack(key := entry.key, value := coalesce(entry.value, ''))
      )
    )
  ) as varchar
);

-- Midnight in California, where Google's months begin.
create or replace temp macro pacific(local) as timezone('America/Los_Angeles', cast(local as timestamp));
