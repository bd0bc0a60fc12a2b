-- tag_texts.sql: one row per distinct text of raw tags.
create or replace temp table aws_tag_texts as
select distinct tags as text
from aws_lines
where tags is not null and json_valid(tags) and json_type(tags) = 'OBJECT'
