-- communities.sql: one row per community that bears something.
select distinct community from seen where community is not null order by community
