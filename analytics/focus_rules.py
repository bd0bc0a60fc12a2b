"""What FOCUS asks of Cost and Usage rows, as SQL: a rule is broken by the rows for which its condition is true.

Rules on a single column follow from focus_columns.csv, those on several are in focus_rules.csv. Both name a version's own
rule in the FinOps Foundation's requirements model where it has one.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.engine import literal
from analytics.focus_versions import columns, within
from terraform.currencies import minor_units

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from analytics.focus_versions import Column

HERE = Path(__file__).parent
RULES, SERVICES = HERE / "focus_rules.csv", HERE / "focus_services.csv"
NUMBER = r"-?\d+(\.\d+)?(E-?\d+)?"
MOMENT = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z"
SIZE, WORDS = r"([KMGTPE]i?)?[bB]", r"[A-Za-z][A-Za-z0-9]*( +[A-Za-z][A-Za-z0-9]*)*"
SPAN = "(Year|Month|Day|Hour|Minute|Second)"
UNIT = f"({WORDS}|({SIZE}|{WORDS})-{SPAN}s|({SIZE}|{WORDS})/{SPAN}|[0-9]+ ({SIZE}|{WORDS})|({SIZE}|{WORDS})/[0-9]+ {SPAN}s)"
TOLERANCE = (
    "1e-9"  # of a product, relative to the cost where that is above 1; the FinOps Foundation's validator has the same
)
SKU_KEYS = (
    "CoreCount", "DiskMaxIops", "DiskSpace", "DiskType", "GpuCount", "InstanceSeries", "InstanceType", "MemorySize",
    "NetworkMaxIops", "NetworkMaxThroughput", "OperatingSystem", "Redundancy", "StorageClass",
)  # fmt: skip
LISTS = {
    "AllocatedMethodDetails": "Elements",
    "ContractApplied": "Elements",
    "CommitmentProgramEligibilityDetails": "CommitmentPrograms",
}
TYPES = {
    "decimal": re.compile(r"DECIMAL|DOUBLE|FLOAT|.*INT.*"),
    "time": re.compile(r"TIMESTAMP.*"),
    "json": re.compile(r"JSON|VARCHAR|STRUCT.*"),
    "pairs": re.compile(r"JSON|VARCHAR|MAP.*|STRUCT.*"),
    "text": re.compile(r"VARCHAR|ENUM.*|UUID"),
}


class Level(StrEnum):
    """How strictly FOCUS asks for something."""

    MUST = "must"
    SHOULD = "should"


@dataclass(frozen=True, slots=True)
class Rule:
    """A requirement on `columns`, the first of which is at fault where `broken` is true of a row.

    `one` names the column that every value of the first has one value of, over all rows, instead. A rule does not apply
    where the column `unless_empty` has no value at all: the issuer doesn't support what it is about.
    """

    id: str
    level: Level
    columns: tuple[str, ...]
    broken: str
    requirement: str
    reference: str
    unless_empty: str | None = None
    one: str | None = None


def row_rules(version: str, types: Mapping[str, str], *, sparse: bool) -> list[Rule]:
    """Return the rules of `version` that apply to rows with columns of these DuckDB `types`.

    `sparse` rows have every column, so that one without any value is as good as not there, unless it is mandatory.
    """
    rules = [
        rule
        for column in columns(version).values()
        if column.name in types
        for rule in _of_column(column, types, sparse=sparse)
    ]
    return rules + [rule for rule in _written(version) if all(name in types for name in rule.columns)]


def column_faults(version: str, types: Mapping[str, str], *, typed: bool) -> list[tuple[Rule, str]]:
    """Return the rules that the columns themselves break, whatever the rows, each with what is there instead.

    `typed` is False for a file whose columns have no types, as a CSV's.
    """
    known = columns(version)
    found = []
    for column in known.values():
        if column.name not in types and column.level in ("mandatory", "recommended"):
            level = Level.MUST if column.level == "mandatory" else Level.SHOULD
            found.append(
                (_rule(column, "present", level, "", f"is there: FOCUS has it as {column.level}"), "no such column")
            )
        elif typed and column.name in types and not _has_type(column, types[column.name]):
            rule = _rule(column, "type", Level.MUST, "", f"is of type {_type(column)}")
            found.append((rule, types[column.name]))
    for name in types:
        if name not in known and not re.fullmatch(r"x_[A-Za-z0-9_]+", name):
            rule = Rule(
                "column-unknown",
                Level.MUST,
                (name,),
                "",
                f"is a column of FOCUS {version} or begins with x_",
                "ColumnHandling-A-010",
            )
            found.append((rule, "no such column in FOCUS"))
    return found


def is_text(kind: str) -> bool:
    """Tell whether a DuckDB type is plain text, as every column of a CSV is."""
    return kind == "VARCHAR"


def _of_column(column: Column, types: Mapping[str, str], *, sparse: bool) -> Iterator[Rule]:
    name, text = column.name, f'"raw {column.name}"'
    if not column.allows_nulls:
        rule = _rule(column, "null", Level.MUST, f"{name} is null", "is not null")
        yield replace(rule, unless_empty=name) if sparse and column.level != "mandatory" else rule
    if column.kind in ("decimal", "price") and is_text(types[name]):
        yield _rule(
            column,
            "format",
            Level.MUST,
            f"not regexp_full_match({text}, '{NUMBER}')",
            "is a number such as -12.5 or 35.2E-7",
            "NumericFormat",
        )
    if column.kind == "price":
        yield _rule(column, "negative", Level.MUST, f"{name} < 0", "is not negative")
    if column.kind == "time" and is_text(types[name]):
        broken = f"not regexp_full_match({text}, '{MOMENT}') or {text} is not null and try_cast({text} as timestamptz) is null"
        yield _rule(
            column, "format", Level.MUST, broken, "is a time in UTC such as 2026-10-01T00:00:00Z", "DateTimeFormat"
        )
    if column.kind == "currency":
        broken = f"{name} not in ({_list(minor_units())})"
        yield _rule(column, "values", Level.MUST, broken, "is a currency of ISO 4217", "CurrencyFormat")
    if column.kind == "unit":
        broken = f"trim({name}) <> {name} or trim({name}) = '' or regexp_full_match({name}, '{NUMBER}')"
        yield _rule(column, "format", Level.MUST, broken, "names a unit", "UnitFormat")
        unlike = f"not regexp_full_match({name}, '{UNIT}')"
        yield _rule(
            column, "style", Level.SHOULD, unlike, "is written like GB, Hours, GiB-Months, Requests/Day", "UnitFormat"
        )
    values = tuple(_parents()) if name == "ServiceSubcategory" else column.values
    if values:
        yield _rule(column, "values", Level.MUST, f"{name} not in ({_list(values)})", f"is one of {_shortened(values)}")
    if column.kind in ("json", "pairs"):
        yield from _of_json(column)


def _of_json(column: Column) -> Iterator[Rule]:
    name = column.name

    def where(broken: str) -> str:
        return f"case when json_valid({name}) then {broken} end"  # other functions raise errors on what is no JSON

    style = "KeyValueFormat" if column.kind == "pairs" else "JsonObjectFormat"
    no_object = f"coalesce({where(f'json_type({name})')}, '') <> 'OBJECT' and {name} is not null"
    yield _rule(column, "format", Level.MUST, no_object, "is a JSON object", style)
    keys = f"json_keys({name})"
    yield _rule(
        column, "repeated", Level.MUST, where(f"len({keys}) > len(list_distinct({keys}))"), "has each key once", style
    )
    if column.kind == "pairs":
        nested = f"list_has_any(json_type({name}, '$.*'), ['OBJECT', 'ARRAY'])"
        yield _rule(column, "values", Level.MUST, where(nested), "has plain values", style)
    if name == "SkuPriceDetails":
        foreign = (
            f"list_filter({keys}, lambda key: key not in ({_list(SKU_KEYS)}) and not starts_with(key, 'x_')) <> []"
        )
        yield _rule(column, "keys", Level.MUST, where(foreign), "has keys of FOCUS, or with x_ before them")
    if name in LISTS:
        empty = f"coalesce(json_array_length({name}, '$.{LISTS[name]}'), 0) = 0"
        yield _rule(
            column,
            "elements",
            Level.MUST,
            where(empty),
            f"has a list {LISTS[name]} that is not empty",
            "the column's JSON schema",
        )
    if name == "AllocatedMethodDetails":
        ratios = f"json_extract({name}, '$.Elements[*].AllocatedRatio')"
        wrong = (
            f"len({ratios}) <> json_array_length({name}, '$.Elements') or list_filter({ratios}, lambda ratio:"
            " coalesce(try_cast(ratio as double) not between 0 and 1, true)) <> []"
        )
        yield _rule(
            column,
            "ratios",
            Level.MUST,
            where(f"({wrong})"),
            "has an AllocatedRatio between 0 and 1 in each element",
            "the column's JSON schema",
        )


def _written(version: str) -> Iterator[Rule]:
    with RULES.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if not within(version, row["since"], row["until"]):
                continue
            one = row["broken"].removeprefix("one ") if row["broken"].startswith("one ") else None
            yield Rule(
                row["rule"],
                Level(row["level"]),
                tuple(row["columns"].split("|")),
                "" if one else _expanded(row["broken"]),
                row["requirement"],
                row["reference"],
                row["unless_empty"] or None,
                one,
            )


def _expanded(broken: str) -> str:
    """Write out what several conditions in focus_rules.csv have in common."""
    parents = ", ".join(f"({literal(sub)}, {literal(category)})" for sub, category in _parents().items())
    words = {
        "is_priced": "(ChargeCategory in ('Usage', 'Purchase') and ChargeClass is distinct from 'Correction')",
        "is_consumed": "(ChargeCategory = 'Usage' and ChargeClass is distinct from 'Correction'"
        " and CommitmentDiscountStatus is distinct from 'Unused')",
        "wrong_parent": f"ServiceSubcategory in ({_list(_parents())}) and (ServiceSubcategory, ServiceCategory) not in ({parents})",
    }
    for word, text in words.items():
        broken = broken.replace(word, text)
    return re.sub(
        r"differs\((\w+), (\w+), (\w+)\)",
        rf"abs(cast(\1 as double) * cast(\2 as double) - cast(\3 as double)) > {TOLERANCE} * greatest(abs(cast(\3 as double)), 1)",
        broken,
    )


def _rule(column: Column, what: str, level: Level, broken: str, requirement: str, reference: str = "") -> Rule:
    return Rule(
        f"{column.name}-{what}", level, (column.name,), broken, requirement, reference or f"column {column.name}"
    )


def _has_type(column: Column, kind: str) -> bool:
    return TYPES.get({"price": "decimal"}.get(column.kind, column.kind), TYPES["text"]).match(kind) is not None


def _type(column: Column) -> str:
    return {"decimal": "Decimal", "price": "Decimal", "time": "Date/Time", "json": "JSON", "pairs": "JSON"}.get(
        column.kind, "String"
    )


def _parents() -> dict[str, str]:
    with SERVICES.open(newline="", encoding="utf-8") as file:
        return {row["subcategory"]: row["category"] for row in csv.DictReader(file)}


def _list(texts: Iterable[str]) -> str:
    return ", ".join(map(literal, texts))


def _shortened(values: tuple[str, ...], most: int = 6) -> str:
    return ", ".join(values[:most]) + (f" … ({len(values)} in all)" if len(values) > most else "")
