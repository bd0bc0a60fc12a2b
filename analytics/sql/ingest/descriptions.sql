-- descriptions.sql: one row per kind of charge as `charges` shows it, with the delivery its rows belong to.
-- What FOCUS wants filled is filled, where it follows from what the bill says; what it wants empty of a tax is emptied.
create temp table ingest_kind_descriptions as
select
    kinds.* exclude (rows, billed, final, backwards, newest)
        replace (
            regexp_replace(kinds.ChargeDescription, {user_name}, '\1-*', 'g') as ChargeDescription,
            coalesce(
                kinds.ChargeFrequency,
                case kinds.ChargeCategory when 'Usage' then 'Usage-Based' when 'Purchase' then 'Recurring' else 'One-Time' end
            ) as ChargeFrequency,
            coalesce(
                kinds.CommitmentDiscountType, max(kinds.CommitmentDiscountType) over (partition by kinds.CommitmentDiscountId)
            ) as CommitmentDiscountType,
            coalesce(kinds.HostProviderName, kinds.ServiceProviderName) as HostProviderName,
            if(kinds.ChargeCategory = 'Tax', null, kinds.PricingCategory) as PricingCategory,
            coalesce(kinds.RegionName, kinds.RegionId) as RegionName,
            coalesce(kinds.ServiceSubcategory, 'Other (' || kinds.ServiceCategory || ')') as ServiceSubcategory,
            if(kinds.ChargeCategory = 'Tax', null, kinds.SkuId) as SkuId,
            if(kinds.ChargeCategory = 'Tax' or kinds.SkuId is null, null, kinds.SkuMeter) as SkuMeter,
            if(kinds.SkuPriceId is null, null, kinds.SkuPriceDetails) as SkuPriceDetails,
            coalesce(kinds.SubAccountName, kinds.SubAccountId) as SubAccountName
        ),
    kinds.ChargeCategory = 'Tax' as is_tax,
    kinds.ChargeCategory in ('Usage', 'Purchase') as is_priced,
    kinds.ChargeCategory = 'Usage' and kinds.CommitmentDiscountStatus is distinct from 'Unused' as is_consumed,
    delivery.delivery_id as x_DeliveryId
from ingest_kinds as kinds
join ingest_deliveries as delivery
    on kinds.InvoiceIssuerName = delivery.issuer
    and kinds.BillingAccountId = delivery.billing_account
    and kinds.x_BillingPeriod = delivery.billing_period
    and kinds.BillingCurrency = delivery.currency
