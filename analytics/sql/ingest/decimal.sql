-- decimal.sql: a DOUBLE `value` as the DECIMAL of its shortest decimal text, rounded half away from zero to 12 places.
-- Through text this takes 150 ns a value. Times 10^12 it takes 10, and is the same number whenever the product is exact enough
-- that rounding can't go the other way: its own error, two ulps, is less than its distance from the next half.
case
    when value = trunc(value) and abs(value) < 9007199254740992 then cast(cast(value as bigint) as decimal(38, 12))
    when abs(value) < 1000
        and abs(abs(value) * 1e12 - floor(abs(value) * 1e12) - 0.5) > abs(value) * 1e12 * 4.5e-16 + 2e-9
        then cast(value as decimal(38, 12))
    else cast(cast(value as varchar) as decimal(38, 12))
end
