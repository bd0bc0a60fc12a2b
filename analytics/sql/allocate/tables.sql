-- tables.sql: the tables that measuring fills, scope by scope and level by level; what a row is stands in the step of the same name.
create or replace table measured (
    place_id integer, period_id integer, hub_id integer,
    cpu_capacity decimal(18, 6), memory_capacity decimal(18, 6), gpu_capacity decimal(18, 6),
    cpu_used decimal(18, 6), memory_used decimal(18, 6), gpu_used decimal(18, 6)
);
create or replace table shares (
    place_id integer, period_id integer, hub_id integer,
    cpu_use double, cpu_idle double, memory_use double, memory_idle double, gpu_use double, gpu_idle double,
    rest_use double, rest_idle double, gpu_rest_use double, gpu_rest_idle double
);
create or replace table gaps (place_id integer, period_id integer, coverage decimal(9, 6));
