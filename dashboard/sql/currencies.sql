-- currencies.sql: one row per currency that bills are in, the one with most cost first.
select currency from seen group by currency order by sum(abs(billed_cost)) desc, currency
