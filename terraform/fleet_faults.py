"""From what pydantic found in a document to faults that a person can act on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, cast

from terraform.fleet_fields import SECRET

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

    from terraform.fleet_document import Document, Fault, Location

Schema = Mapping[str, object]

_WANTED = {
    "string_type": "text",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "decimal_parsing": "a number",
    "decimal_type": "a number",
    "finite_number": "a number",
    "date_from_datetime_parsing": "a day: write it as YYYY-MM-DD",
    "date_parsing": "a day: write it as YYYY-MM-DD",
    "date_type": "a day: write it as YYYY-MM-DD",
    "list_type": "a list: start each item with '- '",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
}
_BOUNDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


def suggestion(word: str, known: list[str]) -> str:
    """What to do about a word that isn't known: the nearest known one, or all there are."""
    near = nearest(word, known)
    if near is not None:
        return f"did you mean '{near}'?"
    return f"known here: {', '.join(sorted(known))}" if known else "remove it"


def nearest(word: str, known: list[str]) -> str | None:
    lower = {name.lower(): name for name in known}
    found = get_close_matches(word.lower(), lower, n=1, cutoff=0.6)
    return lower[found[0]] if found else None


def faults(document: Document, model: type[BaseModel], error: ValidationError) -> list[Fault]:
    """Every fault that pydantic found in the document, read as `model`."""
    details = error.errors(include_url=False, include_context=True)
    schema = _schema(model)
    return [found for detail in details for found in _fault(document, schema, detail)]


@cache
def _schema(model: type[BaseModel]) -> Schema:
    return model.model_json_schema()


def _fault(document: Document, schema: Schema, detail: ErrorDetails) -> Iterator[Fault]:
    location: Location = detail["loc"]
    match detail["type"]:
        case "missing":
            yield from _missing(document, schema, location[:-1], str(location[-1]))
        case "union_tag_not_found":
            yield from _missing(document, schema, location, "source")
        case "union_tag_invalid":
            known = _kinds(_at(schema, location))
            given = document.text((*location, "source"))
            text = f"{_shown(given)} is none of {', '.join(known)}: {suggestion(given, known)}"
            yield document.fault((*location, "source"), text)
        case "extra_forbidden":
            text = _instead(str(location[-1]), _keys(schema, location[:-1]), document.keys(location[:-1]))
            yield document.fault(location, f"is not known: {text}")
        case _:
            yield document.fault(location, _wrong(detail))


def _instead(key: str, known: list[str], present: list[str]) -> str:
    by_name = [name for name in known if name.endswith(("_env", "_file")) and name.startswith(key)]
    if SECRET.search(key) and by_name:
        return f"a secret is never written here: use {' or '.join(by_name)}"
    return suggestion(key, [name for name in known if name not in present])


def _missing(document: Document, schema: Schema, parent: Location, key: str) -> Iterator[Fault]:
    known = _keys(schema, parent)
    for sibling in document.keys(parent):
        if (
            sibling not in known
            and nearest(sibling, [name for name in known if name not in document.keys(parent)]) == key
        ):
            if key == "source" or not _strict(schema, parent):  # else the unknown key is a fault already
                yield document.fault((*parent, sibling), f"is not known: did you mean '{key}'?")
            return
    meaning = next((text for part in _at(schema, (*parent, key)) if (text := part.get("description"))), "")
    if key == "source":
        meaning = f"one of {', '.join(_kinds(_at(schema, parent)))}"
    yield document.fault(parent, f"is missing: add it ({str(meaning).rstrip('.')})", missing=key)


def _wrong(detail: ErrorDetails) -> str:
    value, kind = detail["input"], detail["type"]
    if kind == "fleet":
        return detail["msg"]
    if value is None or kind == "string_too_short":
        return "is empty: give it a value or remove the key"
    secret = any(SECRET.search(str(step)) for step in detail["loc"])
    shown = "this value" if secret else _shown(value)
    if kind in _WANTED:
        remedy = ": put it in quotes" if kind == "string_type" and isinstance(value, bool) else ""
        return f"{shown} is not {_WANTED[kind]}{remedy}"
    if kind in {"enum", "literal_error"}:
        known = str(detail["ctx"]["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
        return f"{shown} is none of {', '.join(known)}: {suggestion(str(value), known)}"
    for bound, words in _BOUNDS.items():
        if bound in detail.get("ctx", {}):
            return f"{shown} is out of range: give {words} {detail['ctx'][bound]}"
    return f"{shown}: {detail['msg'][0].lower()}{detail['msg'][1:]}"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"'{value}'" if len(value) <= 60 else f"'{value[:57]}...'"
    return "a list" if isinstance(value, list) else "nothing" if value is None else "a mapping"


def _at(schema: Schema, location: Location) -> list[Schema]:
    """The parts of the schema that may describe what stands at `location`."""
    parts = _alternatives(schema, schema)
    for step in location:
        found: list[Schema] = []
        for part in parts:
            if isinstance(step, int):
                found += [cast("Schema", part["items"])] if "items" in part else []
            elif step in cast("Schema", part.get("properties", {})):
                found.append(cast("Schema", cast("Schema", part["properties"])[step]))
            elif isinstance(part.get("additionalProperties"), Mapping):
                found.append(cast("Schema", part["additionalProperties"]))
        if not found:  # the name of a union's kind, or the one item that may stand without its list
            found = [part for part in parts if _kind(part) == step] or parts
        parts = [alternative for part in found for alternative in _alternatives(schema, part)]
    return parts


def _alternatives(schema: Schema, part: Schema) -> list[Schema]:
    if "$ref" in part:
        name = str(part["$ref"]).rsplit("/", 1)[-1]
        target = cast("Mapping[str, Schema]", schema["$defs"])[name]
        return _alternatives(schema, {**target, **{key: text for key, text in part.items() if key != "$ref"}})
    options = cast("list[Schema]", part.get("anyOf", part.get("oneOf", [])))
    inner = [alternative for option in options for alternative in _alternatives(schema, option)]
    return [{**alternative, **_described(part)} for alternative in inner] if options else [part]


def _described(part: Schema) -> Schema:
    return {"description": part["description"]} if "description" in part else {}


def _kind(part: Schema) -> object:
    source = cast("Mapping[str, Schema]", part.get("properties", {})).get("source", {})
    return source.get("const")


def _kinds(parts: list[Schema]) -> list[str]:
    return sorted({str(kind) for part in parts if (kind := _kind(part)) is not None})


def _keys(schema: Schema, location: Location) -> list[str]:
    return list(
        dict.fromkeys(key for part in _at(schema, location) for key in cast("Schema", part.get("properties", {})))
    )


def _strict(schema: Schema, location: Location) -> bool:
    return any(part.get("additionalProperties") is False for part in _at(schema, location))
