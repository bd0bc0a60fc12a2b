-- tables.sql: the tables that measuring fills, scope by scope and level by level; what a row is stands in the step of the same name.
create or replace table measured (
    place_id bigint, period_id bigint, hub_id bigint,
    cpu_capacity decimal(38, 6), memory_capacity decimal(38, 6), gpu_capacity decimal(38, 6),
    cpu_used decimal(38, 6), memory_used decimal(38, 6), gpu_used decimal(38, 6)
);
create or replace table shares (
    place_id bigint, period_id bigint, hub_id bigint,
    cpu_use double, cpu_idle double, memory_use double, memory_idle double, gpu_use double, gpu_idle double,
    rest_use double, rest_idle double, gpu_rest_use double, gpu_rest_idle double
);
create or replace table gaps (place_id bigint, period_id bigint, coverage decimal(9, 6));
