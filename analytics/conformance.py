"""The rules of FOCUS applied to rows: how many break which, and where the first of them are.

All rules of rows are counted in one scan; a second one, only if any is broken, finds the places.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analytics.engine import identifier, literal, sql
from analytics.focus_rules import Level, Rule, is_text, row_rules
from analytics.focus_versions import columns
from analytics.source import nameless

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

ROWS_PER_FILE = 10**12  # a place is one number: the file's × this, and the row's
TAGS = ("Tags", "AllocatedTags")
LONGEST = 80  # characters of a value that are shown
ORIGIN_COLUMNS = ("x_SplitOriginId", "x_SplitOriginCost")
SPLIT_COLUMNS = {"AllocatedMethodDetails", "AllocatedMethodId", "AllocatedResourceId"}
SPLIT = "DataGeneratorCalculatedSplitCostAllocationHandling"


@dataclass(frozen=True, slots=True)
class Place:
    """A row that breaks a rule: its file, its number (the first below a header is 1; None: a whole column), its values."""

    file: str
    row: int | None
    values: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that is broken: by how many rows, and the first of them."""

    rule: Rule
    count: int
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of Cost and Usage: SQL whose `place` tells them apart, the DuckDB types of its columns, its files' names.

    `sparse` rows have every column, also those that their issuer knows nothing of.
    """

    source: str
    types: Mapping[str, str]
    files: Sequence[str]
    sparse: bool = False


def check(con: duckdb.DuckDBPyConnection, rows: Rows, version: str, *, most: int) -> tuple[int, tuple[Violation, ...]]:
    """Apply the rules of `version` to `rows`: return how many rows there are, and what they break.

    At most `most` places are given for each rule that is broken.
    """
    con.execute(
        f"create or replace temp view checked as select {_typed(version, rows.types)}, place from ({rows.source})"
    )
    rules = row_rules(version, rows.types, sparse=rows.sparse)
    supported = _supported(con, rules)
    conditions = {rule: _condition(rule, version, rows.types, supported) for rule in rules if rule.broken}
    counted = ", ".join(["count(*)", *(f"count(*) filter (where {condition})" for condition in conditions.values())])
    total, *counts = con.execute(f"select {counted} from checked").fetchall()[0]
    broken = {rule: count for rule, count in zip(conditions, counts, strict=True) if count}
    found = _placed(con, broken, conditions, rows, most)
    for rule in rules:
        if rule.one and (violation := _several(con, rule, rows, version, most)):
            found.append(violation)
    if {*ORIGIN_COLUMNS, *SPLIT_COLUMNS} <= rows.types.keys() and columns(version).keys() >= SPLIT_COLUMNS:
        found += _split(con, rows, most)
    return int(total), tuple(found)


def _typed(version: str, types: Mapping[str, str]) -> str:
    """Return the columns of `checked`: each in the type its rules compare, and as text under "raw <its name>"."""
    texts = []
    for column in columns(version).values():
        name, kind = column.name, types.get(column.name)
        money = column.kind in ("decimal", "price")
        if kind is None:
            typed = (
                "null::decimal(38, 12)" if money else "null::timestamptz" if column.kind == "time" else "null::varchar"
            )
        elif money:
            typed = f"try_cast({name} as decimal(38, 12))" if is_text(kind) else name
        elif column.kind == "time":
            typed = f"try_cast({name} as timestamptz)" if is_text(kind) else f"cast({name} as timestamptz)"
        elif kind.startswith("STRUCT") and kind.endswith("[]"):
            typed = f"cast(to_json(map_from_entries({name})) as varchar)"
        elif kind.startswith(("MAP", "STRUCT")):
            typed = f"cast(to_json({name}) as varchar)"
        else:
            typed = f"cast({name} as varchar)"
        raw = "null::varchar" if kind is None else f"cast({name} as varchar)"
        texts += [f"{typed} as {name}", f"{raw} as {identifier(f'raw {name}')}"]
    texts += [f"cast({name} as varchar) as {name}" for name in ORIGIN_COLUMNS if name in types]
    return ", ".join(texts)


def _supported(con: duckdb.DuckDBPyConnection, rules: Sequence[Rule]) -> dict[str, list[str]]:
    """Return for each column that rules may be exempt for the issuers that give it any value."""
    names = sorted({rule.unless_empty for rule in rules if rule.unless_empty})
    counts = ", ".join(f"count({identifier(f'raw {name}')}) > 0" for name in names)
    if not names:
        return {}
    query = f"select coalesce(InvoiceIssuerName, ''), {counts} from checked group by all"
    issuers = con.execute(query).fetchall()
    return {name: [issuer[0] for issuer in issuers if issuer[position]] for position, name in enumerate(names, 1)}


def _condition(rule: Rule, version: str, types: Mapping[str, str], supported: Mapping[str, Sequence[str]]) -> str:
    """Return when `rule` is broken by a row of `checked`; a value that is no number is there all the same."""
    condition = rule.broken
    for column in columns(version).values():
        if column.kind in ("decimal", "price", "time") and is_text(types.get(column.name, "")):
            condition = re.sub(rf"\b{column.name} is (not )?null", rf'"raw {column.name}" is \1null', condition)
    if rule.unless_empty:
        issuers = ", ".join(map(literal, supported[rule.unless_empty])) or "null"
        condition = f"({condition}) and coalesce(InvoiceIssuerName, '') in ({issuers})"
    return condition


def _placed(
    con: duckdb.DuckDBPyConnection, broken: Mapping[Rule, int], conditions: Mapping[Rule, str], rows: Rows, most: int
) -> list[Violation]:
    """Find the first places of each rule that is broken, in one scan, and read their values in another."""
    if not broken:
        return []
    first = ", ".join(f"coalesce(min(place, {most}) filter (where {conditions[rule]}), [])" for rule in broken)
    found = dict(zip(broken, con.execute(f"select {first} from checked").fetchall()[0], strict=True))
    names = sorted({name for rule in broken for name in rule.columns})
    values = ", ".join(f"left({identifier(f'raw {name}')}, {LONGEST})" for name in names)
    places = ", ".join(str(place) for place in {place for places in found.values() for place in places})
    read = con.execute(f"select place, {values} from checked where place in ({places})").fetchall() if places else []
    at = {row[0]: dict(zip(names, row[1:], strict=True)) for row in read}
    return [
        Violation(
            rule,
            count,
            tuple(
                _place(rows, place, {name: at[place][name] for name in rule.columns}) for place in sorted(found[rule])
            ),
        )
        for rule, count in broken.items()
    ]


def _several(con: duckdb.DuckDBPyConnection, rule: Rule, rows: Rows, version: str, most: int) -> Violation | None:
    """Find the values of the rule's first column that don't have one value of `one`, within a provider."""
    provider = next(name for name in ("ServiceProviderName", "ProviderName") if name in columns(version))
    query = sql("validate/several")
    for part, value in {"provider": provider, "of": rule.columns[0], "one": rule.one or "null"}.items():
        query = query.replace("{" + part + "}", value)
    found = con.execute(query).fetchall()
    if not found:
        return None
    places = tuple(_place(rows, place, {rule.columns[0]: text}) for _, place, text in found[:most])
    return Violation(rule, sum(count for count, *_ in found), places)


def _split(con: duckdb.DuckDBPyConnection, rows: Rows, most: int) -> list[Violation]:
    """Check each charge that was split: that its parts say how, and come to it."""
    con.execute(sql("validate/origins"))
    found = []
    for column, what, level, condition, value, requirement in SPLIT_RULES:
        rule = Rule(f"{column}-{what}", level, (column, "x_SplitOriginId"), condition, requirement, SPLIT)
        query = f"select place, origin, {value} from split_origins where {condition} order by place"
        broken = con.execute(query).fetchall()
        if broken:
            places = tuple(
                _place(rows, place, {column: text, "x_SplitOriginId": origin}) for place, origin, text in broken[:most]
            )
            found.append(Violation(rule, len(broken), places))
    return found


# What must hold of the parts of a charge, over sql/validate/origins.sql: column, name, level, when it is broken, what is told, in words.
SPLIT_RULES = (
    (
        "AllocatedMethodDetails", "incomplete", Level.MUST, "incomplete > 0", "incomplete || ' of ' || rows || ' parts'",
        "is there, with a ratio, in every part, and so are AllocatedMethodId, BilledCost and x_SplitOriginCost",
    ),
    (
        "AllocatedMethodDetails", "sum", Level.MUST, "incomplete = 0 and abs(ratio - 1) > 0.000000001", "ratio",
        "has ratios that add up to 1 over the parts of a charge",
    ),
    (
        "BilledCost", "sum", Level.MUST,
        "incomplete = 0 and (origin_cost <> other_cost or abs(cost - origin_cost) > 0.000000001)",
        "cost || ' of ' || origin_cost", "adds up to the charge's over its parts",
    ),
    (
        "AllocatedMethodId", "one", Level.MUST, "incomplete = 0 and methods > 1", "methods || ' methods'",
        "is the same in all parts of a charge",
    ),
    (
        "AllocatedResourceId", "unique", Level.SHOULD, "repeated > 0", "repeated || ' repeated'",
        "differs between the parts of a charge",
    ),
)  # fmt: skip


def _place(rows: Rows, place: int, values: Mapping[str, object]) -> Place:
    file, row = divmod(place, ROWS_PER_FILE)
    return Place(rows.files[file], row, {name: _shown(name, value) for name, value in values.items()})


def _shown(name: str, value: object) -> str | None:
    """Return a value for people to see: whatever may be or carry the name of a user is masked."""
    if value is None or name not in TAGS:
        return None if value is None else nameless(str(value))
    return "{…}" if str(value).lstrip().startswith("{") else "…"
