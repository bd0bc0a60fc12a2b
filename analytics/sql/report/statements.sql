-- statements.sql: one row per invoice total that somebody entered, oldest first, and whether a later one has corrected it.
select
    entry, billing_period, issuer, billing_account, invoice, amount, currency, note, stated_at,
    row_number() over (
        partition by billing_period, issuer, billing_account, invoice, currency order by stated_at desc, entry desc
    ) > 1 as corrected
from invoice_totals
order by billing_period, issuer, billing_account, invoice, currency, stated_at, entry
