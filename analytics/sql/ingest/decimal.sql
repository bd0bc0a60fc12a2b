-- decimal.sql: a DOUBLE `value` as the DECIMAL of its shortest decimal text, rounded half away from zero to 12 places.
-- Through text this takes 400 ns a value, times 10^12 it takes 10, and both give one number where the product's error
-- (its own and the DOUBLE's: less than 0.0005 per 1 of value) can't carry it over the next half.
case
    when value between -1000 and 1000 and abs(value * 1e12 - round(value * 1e12)) < 0.4999 - 0.0005 * abs(value)
        then cast(value as decimal(38, 12))
    when value = trunc(value) and abs(value) < 9007199254740992 then cast(cast(value as bigint) as decimal(38, 12))
    else cast(cast(value as varchar) as decimal(38, 12))
end
