-- focus.sql: one row per charge of a FOCUS export (1.0, 1.0r2, 1.2-preview), in columns of FOCUS 1.4.
-- Microsoft's prices are in the pricing currency in some exports and in the billing currency in others: the one that gives the
-- cost is it. An enrolment's lines have no invoice, and its month is closed within five days.
select
  azure_rows.* exclude (dataset, joined, made, ExchangeRate, ResourceGroup, rate, list_in_pricing, contracted_in_pricing) replace (
    machine_of(ResourceId, SkuPriceDetails) as ResourceId,
    coalesce(ContractedCost, ListCost, BilledCost) as ContractedCost,
    coalesce(ListCost, ContractedCost, BilledCost) as ListCost,
    if(contracted_in_pricing, product(ContractedUnitPrice, ExchangeRate), ContractedUnitPrice) as ContractedUnitPrice,
    if(list_in_pricing, product(ListUnitPrice, ExchangeRate), ListUnitPrice) as ListUnitPrice,
    coalesce(PricingCurrency, BillingCurrency) as PricingCurrency,
    coalesce(
      PricingCurrencyContractedUnitPrice,
      if(contracted_in_pricing or rate = 1, ContractedUnitPrice, product(ContractedUnitPrice, 1 / rate))
    ) as PricingCurrencyContractedUnitPrice,
    coalesce(
      PricingCurrencyListUnitPrice, if(list_in_pricing or rate = 1, ListUnitPrice, product(ListUnitPrice, 1 / rate))
    ) as PricingCurrencyListUnitPrice,
    coalesce(PricingCurrencyEffectiveCost, if(rate = 1, EffectiveCost, product(EffectiveCost, 1 / rate))) as PricingCurrencyEffectiveCost,
    coalesce(ServiceCategory, 'Other') as ServiceCategory,
    coalesce(ServiceSubcategory, 'Other (' || coalesce(ServiceCategory, 'Other') || ')') as ServiceSubcategory,
    coalesce(ServiceName, ChargeDescription, 'Microsoft Azure') as ServiceName,
    coalesce(ServiceProviderName, 'Microsoft') as ServiceProviderName,
    coalesce(HostProviderName, ServiceProviderName, 'Microsoft') as HostProviderName,
    coalesce(InvoiceIssuerName, 'Microsoft') as InvoiceIssuerName,
    if(starts_with(SubAccountId, '/'), SubAccountId, '/subscriptions/' || SubAccountId) as SubAccountId,
    coalesce(SubAccountType, if(SubAccountId is null, null, 'Subscription')) as SubAccountType,
    if(
      SkuPriceId is null,
      null,
      cast(
        json_merge_patch(
          if(json_valid(SkuPriceDetails), json(SkuPriceDetails), '{}'), json_object('x_BillingExchangeRate', cast(ExchangeRate as double))
        ) as varchar
      )
    ) as SkuPriceDetails,
    with_cluster(braced(Tags), azure_groups.cluster) as Tags
  ),
  period(BillingPeriodStart, BillingPeriodEnd) as x_BillingPeriod,
  InvoiceId is not null
    or (regexp_matches(BillingAccountId, '/billingAccounts/[0-9]+$') and made > BillingPeriodEnd + interval 5 day) as x_Final
from (
  select
    *,
    nullif(coalesce(cast(ExchangeRate as double), if(PricingCurrency = BillingCurrency, 1, null)), 0) as rate,
    abs(cast(ListUnitPrice as double) * PricingQuantity * rate - ListCost) < abs(cast(ListUnitPrice as double) * PricingQuantity - ListCost) as list_in_pricing,
    abs(cast(ContractedUnitPrice as double) * PricingQuantity * rate - ContractedCost)
      < abs(cast(ContractedUnitPrice as double) * PricingQuantity - ContractedCost) as contracted_in_pricing
  from azure_rows
) as azure_rows
left join azure_groups
  on azure_groups.name = lower(coalesce(ResourceGroup, group_of(ResourceId)))
  and azure_groups.subscription_of is not distinct from lower(SubAccountId)
