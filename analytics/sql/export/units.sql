-- units.sql: one row per unit of the bills: as FOCUS writes it (UnitFormat), where it is a size, a time, or a size kept for a time.
with words as (
    select * from (
        values
        ('size', 'B', ['B', 'byte', 'bytes', 'Byte', 'Bytes']), ('size', 'KiB', ['KiB', 'kibibyte', 'kibibytes']),
        ('size', 'MiB', ['MiB', 'mebibyte', 'mebibytes']), ('size', 'GiB', ['GiB', 'gibibyte', 'gibibytes']),
        ('size', 'TiB', ['TiB', 'tebibyte', 'tebibytes']), ('size', 'PiB', ['PiB', 'pebibyte', 'pebibytes']),
        ('size', 'MB', ['MB', 'megabyte', 'megabytes']), ('size', 'GB', ['GB', 'gigabyte', 'gigabytes']),
        ('size', 'TB', ['TB', 'terabyte', 'terabytes']),
        ('time', 'Seconds', ['second', 'seconds', 'Second', 'Seconds', 'Sec', 'sec']),
        ('time', 'Minutes', ['minute', 'minutes', 'Minute', 'Minutes']),
        ('time', 'Hours', ['hour', 'hours', 'Hour', 'Hours', 'hr', 'hrs', 'Hr', 'Hrs']),
        ('time', 'Days', ['day', 'days', 'Day', 'Days']),
        ('time', 'Months', ['month', 'months', 'Month', 'Months', 'Mo', 'mo'])
    ) as words (kind, said, forms)
),
forms as (
    select kind, said, unnest(forms) as form from words
),
units as (
    select unit, regexp_extract(unit, '^([A-Za-z]+)(?:[ -]([A-Za-z]+))?$', ['first', 'second']) as part
    from (
        select PricingUnit as unit from origins where PricingUnit is not null
        union
        select ConsumedUnit from origins where ConsumedUnit is not null
    ) as found
)
select
    units.unit,
    case
        when length.form is not null and duration.form is not null then length.said || '-' || duration.said
        when part.second = '' then coalesce(length.said, alone.said, units.unit)
        else units.unit
    end as said
from units
left join forms as length on length.kind = 'size' and length.form = part.first
left join forms as duration on duration.kind = 'time' and duration.form = part.second
left join forms as alone on alone.kind = 'time' and alone.form = part.first
