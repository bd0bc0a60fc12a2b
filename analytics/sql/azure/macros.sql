-- macros.sql: what the views on Microsoft's exports share.

-- A text, or null for the words by which Microsoft says that there is none.
create or replace temp macro present(value) as if(
  lower(trim(value)) in (
    '', '-1', '-2', 'null', 'n/a', 'unassigned', 'unavailable', 'not applicable', 'notapplicable', '00000000-0000-0000-0000-000000000000'
  ),
  null,
  trim(value)
);

-- A day or time as exports write it: 10/31/2026, 20261031, 2026-10-31, 2026-10-31T00:00Z.
create or replace temp macro moment(value) as case
  when regexp_matches(value, '^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}') then cast(strptime(split_part(value, ' ', 1), '%m/%d/%Y') as timestamptz)
  when regexp_matches(value, '^[0-9]{8}$') then cast(strptime(value, '%Y%m%d') as timestamptz)
  else cast(value as timestamptz)
end;

-- The month that the middle of a billing period lies in.
create or replace temp macro period(first, after) as strftime(first + (after - first) / 2, '%Y-%m');

-- How many units one priced unit is ('100 Hours', '10K', '1M'), and what it is a unit of.
create or replace temp macro block(unit) as coalesce(try_cast(regexp_extract(unit, '^([0-9.]+)', 1) as double), 1)
  * case upper(regexp_extract(unit, '^[0-9.]+ ?([KkMm])( |/|$)', 1)) when 'K' then 1e3 when 'M' then 1e6 else 1 end;
create or replace temp macro unit_name(unit) as case
  when unit is null then null
  else coalesce(
    nullif(
      regexp_replace(
        regexp_replace(regexp_replace(unit, '^[0-9.]+ ?([KkMm]( |/|$))?', if(regexp_matches(unit, '/'), '\2', '')), '^ */', 'Units/'),
        '^(Hour|Day|Month|Minute)$', '\1s'
      ),
      ''
    ),
    'Units'
  )
end;

-- A product of prices and quantities, for information: what is billed is never multiplied.
create or replace temp macro product(a, b) as try_cast(round(cast(a as double) * cast(b as double), 12) as decimal(38, 12));

-- Tags as a JSON object: older exports leave out its braces.
create or replace temp macro braced(tags) as case
  when lower(trim(tags)) in ('', '""', 'null') then null when starts_with(trim(tags), '{') then trim(tags) else '{' || trim(tags) || '}'
end;

-- The tags, and the cluster of a node resource group where no tag says it.
create or replace temp macro with_cluster(tags, cluster) as case
  when cluster is null or not json_valid(coalesce(tags, '{}')) then tags
  when list_contains([lower(key) for key in json_keys(coalesce(tags, '{}'))], 'aks-managed-cluster-name') then tags
  else cast(json_merge_patch(json(coalesce(tags, '{}')), json_object('aks-managed-cluster-name', cluster)) as varchar)
end;

-- A machine of a scale set, which the bill names in the details of its SKU alone.
create or replace temp macro machine_of(id, details) as case
  when regexp_matches(id, '(?i)/virtualMachineScaleSets/[^/]+$') and json_valid(details)
    and starts_with(lower(json_extract_string(details, '$.VMName')), lower(regexp_extract(id, '[^/]+$')) || '_')
    and regexp_matches(json_extract_string(details, '$.VMName'), '_[0-9]+$')
    then id || '/virtualMachines/' || regexp_extract(json_extract_string(details, '$.VMName'), '([0-9]+)$', 1)
  else id
end;

create or replace temp macro group_of(id) as nullif(regexp_extract(id, '(?i)/?resourcegroups/([^/]+)', 1), '');
