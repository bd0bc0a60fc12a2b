-- placed.sql: one row per place of one scope × spot that lies in it.
select places.place_id, spots.spot_id
from spots
inner join places
    on spots.cluster = places.cluster
    and places.scope_key = case $scope
        when 'node' then spots.machine when 'pool' then spots.pool when 'purpose' then spots.purpose else ''
    end
where places.scope = $scope and spots.purpose <> 'core'
