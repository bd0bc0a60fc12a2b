-- services.sql: one row per service of a provider: the one category it has here, that of most of its cost in the month.
-- FOCUS wants one for each service; some issuers give a service's machines, disks and traffic a category each.
select ServiceProviderName, service, arg_max(service_category, (size, service_category)) as service_category
from (
    select origins.ServiceProviderName, buckets.service, buckets.service_category,
        sum(abs(origins.billed_cost) + abs(origins.effective_cost)) as size
    from origins
    inner join buckets using (bucket_id)
    group by all
) as categories
group by all
