-- tag_texts.sql: one row per distinct text of raw tags.
create or replace temp table aws_tag_texts as
select text
from (select distinct tags as text from aws_lines)
where text is not null and json_valid(text) and json_type(text) = 'OBJECT'
