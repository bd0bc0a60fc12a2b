-- overlap.sql: one row per sub-account that both the bill and another source's partition have, of issuer $1, account $2, month $3.
select distinct other.SubAccountId
from ingest_other as other
join (
    select distinct SubAccountId
    from ingest_kinds
    where InvoiceIssuerName = $1 and BillingAccountId = $2 and x_BillingPeriod = $3
) as bill on other.SubAccountId is not distinct from bill.SubAccountId
order by 1
