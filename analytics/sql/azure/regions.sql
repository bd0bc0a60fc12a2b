-- regions.sql: one row per way to write an Azure region: its id, its name, and the older 'EU West'.
with named as (
  select * from (
    values
      ('Australia East', 'AU East'), ('Australia Southeast', 'AU Southeast'), ('Austria East', null), ('Belgium Central', null),
      ('Brazil South', 'BR South'), ('Canada Central', 'CA Central'), ('Canada East', 'CA East'), ('Central India', 'IN Central'),
      ('Central US', 'US Central'), ('Chile Central', null), ('East Asia', 'AP East'), ('East US', 'US East'), ('East US 2', 'US East 2'),
      ('France Central', 'FR Central'), ('Germany West Central', 'DE West Central'), ('Indonesia Central', null), ('Israel Central', 'IL Central'),
      ('Italy North', 'IT North'), ('Japan East', 'JA East'), ('Japan West', 'JA West'), ('Korea Central', 'KR Central'),
      ('Korea South', 'KR South'), ('Malaysia West', null), ('Mexico Central', 'MX Central'), ('New Zealand North', 'NZ North'),
      ('North Central US', 'US North Central'), ('North Europe', 'EU North'), ('Norway East', 'NO East'), ('Poland Central', 'PL Central'),
      ('Qatar Central', 'QA Central'), ('South Africa North', 'ZA North'), ('South Central US', 'US South Central'), ('South India', 'IN South'),
      ('Southeast Asia', 'AP Southeast'), ('Spain Central', 'ES Central'), ('Sweden Central', 'SE Central'), ('Switzerland North', 'CH North'),
      ('UAE North', 'AE North'), ('UK South', 'GB South'), ('UK West', 'GB West'), ('West Central US', 'US West Central'),
      ('West Europe', 'EU West'), ('West India', 'IN West'), ('West US', 'US West'), ('West US 2', 'US West 2'), ('West US 3', 'US West 3'),
      ('Global', null)
  ) as t(name, older)
),

identified as (select name, older, lower(replace(name, ' ', '')) as id from named)

select id as written, id, name from identified
union
select lower(name), id, name from identified
union
select lower(older), id, name from identified where older is not null
