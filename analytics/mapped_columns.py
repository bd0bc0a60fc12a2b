"""From a mapping to SQL: for each column of FOCUS and each tag, what gives it from the text of the source columns.

A value that is there and can't be what it should be is null in `good` and not in `raw`: that is how it is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analytics.engine import identifier, literal
from analytics.tables import CHARGES, MONEY, TIME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terraform.mapping import Mapping, Numbers, Origin

BLANKS = "[\u00a0\u202f\u2009 ]"
CATEGORIES = ("Usage", "Purchase", "Tax", "Credit", "Adjustment")


@dataclass(frozen=True, slots=True)
class Made:
    """A value that a mapping makes: the source text, and the value in the lake's type, as SQL; and what it should be."""

    name: str
    columns: tuple[str, ...]
    raw: str
    good: str
    wanted: str


def columns(mapping: Mapping) -> list[Made]:
    """Return what the mapping makes for columns of FOCUS."""
    return [_column(mapping, name, origin) for name, origin in mapping.columns]


def tags(mapping: Mapping) -> list[Made]:
    """Return what the mapping makes for tags; a name is the tag's key."""
    return [_text(mapping, key, origin) for key, origin in mapping.tags]


def source_columns(mapping: Mapping) -> list[tuple[str, str]]:
    """Return each source column that the mapping takes, with the place in the mapping that takes it."""
    taken = [(column, f"columns.{name}") for name, origin in mapping.columns for column in origin.all_columns]
    taken += [(column, f"tags.{key}") for key, origin in mapping.tags for column in origin.all_columns]
    taken += [(each.column, f"leave_out[{index}]") for index, each in enumerate(mapping.left_out)]
    if mapping.period and mapping.period.column:
        taken.append((mapping.period.column, "period"))
    return taken


def period(mapping: Mapping) -> Made | None:
    """Return what says the first day of the month that a line is billed in, as a local TIMESTAMP; None: its charge's start."""
    given = mapping.period
    if given is None:
        return None
    raw = _present(mapping, given.column) if given.column else "regexp_extract(x_File, '[^/]*$')"
    part = raw if given.extract is None else f"regexp_extract({raw}, {literal(given.extract)}, 1)"
    read = f"date_trunc('month', try_strptime({part}, {literal(given.format)}))"
    return Made("period", (given.column,) if given.column else (), raw, read, f"a month as {given.format}")


def left_out(mapping: Mapping) -> str:
    """Return the condition on lines that are no charges."""
    tests = [f"regexp_matches({identifier(each.column)}, {literal(each.matches)})" for each in mapping.left_out]
    return f"coalesce({' or '.join(tests)}, false)" if tests else "false"


def tag_object(made: Sequence[Made]) -> str:
    """Return the tags as a JSON object; those without a value are left out."""
    if not made:
        return "null::varchar"
    pairs = ", ".join(f"to_json({literal(tag.name)})::varchar || ':' || to_json({tag.good})::varchar" for tag in made)
    return f"'{{' || concat_ws(',', {pairs}) || '}}'"


def _column(mapping: Mapping, name: str, origin: Origin) -> Made:
    kind = CHARGES.schema.field(name).type
    if kind == MONEY:
        return _number(mapping, name, origin)
    if kind == TIME:
        return _time(mapping, name, origin)
    made = _text(mapping, name, origin)
    if name == "ChargeCategory":
        known = ", ".join(map(literal, CATEGORIES))
        return Made(
            name,
            made.columns,
            made.raw,
            f"if({made.good} in ({known}), {made.good}, null)",
            f"one of {', '.join(CATEGORIES)}",
        )
    return made


def _text(mapping: Mapping, name: str, origin: Origin) -> Made:
    raw = _raw(mapping, origin)
    if not origin.values:
        return Made(name, origin.columns, raw, raw, "")
    cases = " ".join(f"when {literal(given)} then {literal(meant)}" for given, meant in origin.values)
    if origin.otherwise is not None:
        return Made(
            name, origin.columns, raw, f"nullif(case {raw} {cases} else {literal(origin.otherwise)} end, '')", ""
        )
    wanted = f"one of {', '.join(given for given, _ in origin.values)}, which the mapping knows"
    return Made(name, origin.columns, raw, f"case {raw} {cases} end", wanted)


def _number(mapping: Mapping, name: str, origin: Origin) -> Made:
    raw, numbers = _raw(mapping, origin), origin.numbers or mapping.numbers
    wanted = f"a number as {'1' + (numbers.thousands or '') + '234' + numbers.decimal + '50'}"
    if origin.times == 1 and origin.times_column is None:
        return Made(name, origin.columns, raw, f"try_cast({_plain(raw, numbers)} as decimal(38, 12))", wanted)
    # Both factors have eight places, so that their product is exact; a number with more is a fault, not rounded.
    plain, wanted = _plain(raw, numbers), f"{wanted}, of eight decimals at most"
    exact = f"try_cast({plain} as decimal(38, 8))"
    factor = f"cast({origin.times} as decimal(38, 8))"
    if origin.times_column is not None:
        factor = f"try_cast({_plain(_present(mapping, origin.times_column), numbers)} as decimal(38, 8))"
        factor = factor if origin.times > 0 else f"-{factor}"
        wanted += f", and '{origin.times_column}' such a one"
    product = f"try(cast({exact} * {factor} as decimal(38, 12)))"
    good = f"if(try_cast({plain} as decimal(38, 12)) = {exact}, {product}, null)"
    return Made(name, origin.all_columns, raw, good, wanted)


def _plain(raw: str, numbers: Numbers) -> str:
    """Return a number without its thousands and with a point; null where it isn't written as `numbers` says."""
    mark = "\\" + numbers.decimal
    apart = {"": "", " ": BLANKS, ".": "\\."}.get(numbers.thousands, numbers.thousands)
    whole = f"([0-9]+|[0-9]{{1,3}}({apart}[0-9]{{3}})+)" if apart else "[0-9]+"
    pattern = f"^[+-]?({whole}({mark}[0-9]*)?|{mark}[0-9]+)([eE][+-]?[0-9]+)?$"
    text = raw if not apart else f"regexp_replace({raw}, {literal(apart)}, '', 'g')"
    if numbers.decimal != ".":
        text = f"replace({text}, {literal(numbers.decimal)}, '.')"
    return f"if(regexp_matches({raw}, {literal(pattern)}), {text}, null)"


def _time(mapping: Mapping, name: str, origin: Origin) -> Made:
    raw, written = _raw(mapping, origin), origin.format or mapping.days.format
    zone = literal(mapping.days.timezone)
    later = " + interval 1 day" if origin.inclusive else ""
    if written is not None:
        good = f"timezone({zone}, try_strptime({raw}, {literal(written)}){later})"
        return Made(name, origin.columns, raw, good, f"a time as {written}")
    with_zone = f"regexp_matches({raw}, '([Zz]|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$') and contains({raw}, ':')"
    good = (
        f"if({with_zone}, try_cast({raw} as timestamptz){later}, timezone({zone}, try_cast({raw} as timestamp){later}))"
    )
    return Made(name, origin.columns, raw, good, "a time as 2026-10-31 or 2026-10-31T13:05:00Z")


def _raw(mapping: Mapping, origin: Origin) -> str:
    if origin.constant is not None:
        return literal(origin.constant)
    parts = [_present(mapping, column) for column in origin.columns]
    text = parts[0] if len(parts) == 1 else f"nullif(concat_ws({literal(origin.separator)}, {', '.join(parts)}), '')"
    return text if origin.extract is None else f"nullif(regexp_extract({text}, {literal(origin.extract)}, 1), '')"


def _present(mapping: Mapping, column: str) -> str:
    nothing = ", ".join(literal(text) for text in ("", *mapping.empty))
    return f"if(trim({identifier(column)}) in ({nothing}), null, trim({identifier(column)}))"
