-- Tables of long_lake.py, as macros of a month: everything follows from the number of the hub, the component and the day.
create macro made_days(of_month, days) as table
    select cast(of_month || '-01' as date) + cast(number as integer) as day, number as day_number
    from range(days) as numbers(number);

create macro made_hubs(hubs, clusters, communities) as table
    select
        number,
        'cluster-' || lpad(cast(number % clusters as varchar), 2, '0') as cluster,
        'hub-' || lpad(cast(number as varchar), 3, '0') as hub,
        'community-' || lpad(cast(number % communities as varchar), 2, '0') as community
    from range(hubs) as numbers(number);

create macro made_parts() as table
    select * from (values
        ('compute', 'node', 'usage', 'Usage', 31), ('compute', 'node', 'idle', 'Usage', 17), ('gpu', 'node', 'usage', 'Usage', 23),
        ('gpu', 'node', 'idle', 'Usage', 5), ('home storage', 'home', 'usage', 'Usage', 11), ('home storage', 'home', 'idle', 'Usage', 3),
        ('object storage', 'label', 'direct', 'Usage', 7), ('core', 'shared', 'shared', 'Usage', 13),
        ('networking', 'shared', 'shared', 'Usage', 2), ('observability', 'shared', 'shared', 'Usage', 1),
        ('database', 'label', 'direct', 'Usage', 4), ('backup', 'home', 'usage', 'Usage', 1), ('tax', 'related', 'shared', 'Tax', 6),
        ('credit', 'related', 'shared', 'Credit', -2)
    ) as parts(component, rule, basis, charge_category, weight);

create macro made_allocations(of_month, days, hubs, clusters, communities) as table
    select
        of_month as billing_period,
        made_days.day,
        'Google Cloud' as issuer,
        'ACCOUNT-1' as billing_account,
        of_hubs.cluster,
        of_hubs.community,
        of_hubs.hub,
        parts.component,
        parts.rule,
        parts.basis,
        parts.charge_category,
        'USD' as currency,
        cast(parts.weight * (of_hubs.number % 7 + 1) * (case when isodow(made_days.day) >= 6 then 4 else 10 end) as decimal(38, 12))
            / 100 + cast(0.000123456789 as decimal(38, 12)) as billed_cost,
        cast(parts.weight * (of_hubs.number % 7 + 1) * (case when isodow(made_days.day) >= 6 then 4 else 10 end) as decimal(38, 12))
            / 100 as effective_cost,
        cast(case when made_days.day_number % 9 = 4 then 0.75 else 1 end as decimal(9, 6)) as coverage
    from made_days(of_month, days) as made_days, made_hubs(hubs, clusters, communities) as of_hubs, made_parts() as parts
    union all
    select
        of_month, made_days.day, 'Google Cloud', 'ACCOUNT-1', null, null, null, 'compute', 'unattributed', 'unattributed', 'Usage', 'USD',
        cast(0.42 as decimal(38, 12)), cast(0.42 as decimal(38, 12)), cast(1 as decimal(9, 6))
    from made_days(of_month, days) as made_days;

create macro made_activity(of_month, days, hubs, clusters, communities) as table
    select
        strftime(made_days.day, '%Y-%m-%d') as period, of_hubs.cluster, of_hubs.hub, of_hubs.number % 40 + 1 as active_users,
        cast(of_hubs.number % 40 + 1 as decimal(18, 6)) * 3 / 2 as server_hours, of_month as month
    from made_days(of_month, days) as made_days, made_hubs(hubs, clusters, communities) as of_hubs
    union all
    select of_month, cluster, hub, number % 40 + 1, cast((number % 40 + 1) * days as decimal(18, 6)) * 3 / 2, of_month
    from made_hubs(hubs, clusters, communities) as of_hubs;

create macro made_deliveries(of_month, days, hubs, clusters, communities, done) as table
    select
        'made-' || of_month as delivery_id, 'made' as source, 'Google Cloud' as issuer, 'ACCOUNT-1' as billing_account,
        of_month as billing_period, 'made' as object, '1' as version, count(*) as rows, sum(billed_cost) as billed_cost, 'USD' as currency,
        done as final, timestamptz '2026-11-18 06:00:00+00' as seen_at, cast(null as timestamptz) as superseded_at
    from made_allocations(of_month, days, hubs, clusters, communities);
