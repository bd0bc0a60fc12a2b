-- stored.sql: one row per home storage × hour × hub (0 is nobody's): what the directories held.
select places.place_id, directories.hour, directories.hub_id, directories.storage_gib_hours
from directories
inner join places on directories.cluster = places.cluster
where places.scope = 'home'
