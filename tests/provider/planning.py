"""What a provider works out by itself: planned values, what a change replaces, and what a cloud would have filled in.

Values are what MessagePack gives: dicts, lists, strings, numbers, None; a value that is not known yet is an `ExtType`.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from os import urandom
from typing import Any
from zlib import crc32

from msgpack import ExtType

Value = Any  # a cty value has no narrower Python type
Block = Mapping[str, Any]  # as in `terraform providers schema -json`

UNKNOWN = ExtType(0, b"\x00")
CERTIFICATE = b64encode(b"-----BEGIN CERTIFICATE-----\ntoy\n-----END CERTIFICATE-----\n").decode()
NAMED_VALUES: tuple[tuple[str, str], ...] = (  # the first pattern that the attribute's name matches
    (r"certificate|client_key|^data$", CERTIFICATE),
    (r"principal_id|object_id|client_id|tenant_id|subscription_id", "00000000-0000-4000-8000-000000000001"),
    (r"(account|owner)(_id)?$|registry_id", "123456789012"),
    (r"(^|_)ip(_address)?$|^gateway_address$", "10.0.0.2"),
    (r"cidr|_range$|_ip_cidr_block$", "10.0.0.0/24"),
    (r"url$|uri$|link$|issuer|host$|endpoint$", "https://{id}.toy.invalid"),
    (r"_at$|time(stamp)?$|date$", "2026-01-01T00:00:00Z"),
)


def unknown(value: Value) -> bool:
    return isinstance(value, ExtType)


def wholly_known(value: Value) -> bool:
    """Whether nothing in `value` is unknown."""
    if isinstance(value, Mapping):
        return all(wholly_known(part) for part in value.values())
    if isinstance(value, list):
        return all(wholly_known(part) for part in value)
    return not unknown(value)


def nested_in(block: Block) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Return what is nested in a block, with the name of each: blocks, and attributes with attributes of their own."""
    for name, attribute in block["attributes"].items():
        if "nested_type" in attribute:
            inner = attribute["nested_type"]
            yield name, {"nesting_mode": inner["nesting_mode"], "block": {"attributes": inner["attributes"]}}
    yield from block.get("block_types", {}).items()


def planned(block: Block, proposed: Mapping[str, Value], prior: Mapping[str, Value] | None) -> dict[str, Value]:
    """Return what Terraform proposes, with what only the cloud can say as unknown.

    Terraform itself has already kept the prior value of what is computed and not configured.
    """
    result = dict(proposed)
    for name, attribute in block["attributes"].items():
        if attribute.get("write_only"):
            result[name] = None  # it is told, never kept
        elif prior is None and attribute.get("computed") and proposed.get(name) is None:
            result[name] = UNKNOWN
    for name, nested in nested_in(block):
        result[name] = _planned_nested(nested, result.get(name), None if prior is None else prior.get(name))
    return result


def _planned_nested(nested: Mapping[str, Any], value: Value, prior: Value) -> Value:
    if value is None or unknown(value):
        return value
    mode, block = nested["nesting_mode"], nested["block"]
    if mode == "single":
        return planned(block, value, prior)
    if mode == "map":
        return {key: planned(block, element, (prior or {}).get(key)) for key, element in value.items()}
    before = prior if isinstance(prior, list) else []
    if mode == "set":
        return [element if element in before else planned(block, element, None) for element in value]
    return [planned(block, element, before[i] if i < len(before) else None) for i, element in enumerate(value)]


def replaced_by(paths: Sequence[str], before: Mapping[str, Value], after: Mapping[str, Value]) -> list[list[str | int]]:
    """Return the steps to each of `paths` (`zone`, `node_config.machine_type`) that changes."""
    result: list[list[str | int]] = []
    for path in paths:
        result += _changed(path.split("."), before, after)
    return result


def _changed(names: Sequence[str], before: Value, after: Value) -> list[list[str | int]]:
    if not isinstance(before, Mapping) or not isinstance(after, Mapping) or names[0] not in after:
        return []
    name, rest = names[0], names[1:]
    old, new = before.get(name), after[name]
    if not rest:
        return [] if old == new else [[name]]
    if isinstance(old, list) and isinstance(new, list):
        pairs = enumerate(zip(old, new, strict=False))
        return [[name, i, *steps] for i, (one, other) in pairs for steps in _changed(rest, one, other)]
    return [[name, *steps] for steps in _changed(rest, old, new)]


def identity(kind: str, value: Mapping[str, Value], *, template: str | None, prefix: str | None) -> str:
    """Return the id the cloud gives an object: made from its attributes by `template`, else random after `prefix`."""
    metadata = value.get("metadata")  # Kubernetes keeps the name there
    if isinstance(metadata, list) and metadata and isinstance(metadata[0], Mapping):
        value = {**value, **metadata[0]}
    if template is not None:
        try:
            return template.format_map({name: part for name, part in value.items() if isinstance(part, str)})
        except KeyError:
            pass  # the cloud chooses the name
    return f"{prefix or kind}-0{urandom(8).hex()}"


def completed(
    block: Block, value: Mapping[str, Value], *, identifier: str, formats: Mapping[str, str]
) -> dict[str, Value]:
    """Return an object as the cloud would have made it: nothing in it is unknown any more.

    `formats` are the values of attributes that others are made from: `{"email": "{account_id}@toy.invalid"}`.
    """
    known = {name: part for name, part in value.items() if isinstance(part, str)}

    ip = ".".join(map(str, [34, *crc32(identifier.encode()).to_bytes(4)[:3]]))  # each object its own

    def fill(name: str, cty_type: Value) -> Value:
        if name == "id":
            return identifier
        if name in formats:
            return formats[name].format_map(_Text({**known, "id": identifier, "ip": ip}))
        return _filled(name, cty_type, identifier)

    return _completed(block, value, fill)


class _Text(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return f"toy-{key.replace('_', '-')}"


def _completed(block: Block, value: Mapping[str, Value], fill: Callable[[str, Value], Value]) -> dict[str, Value]:
    result = dict(value)
    for name, attribute in block["attributes"].items():
        if unknown(value.get(name)) and "type" in attribute:
            result[name] = fill(name, attribute["type"])
    for name, nested in nested_in(block):
        inner, within = value.get(name), nested["block"]
        if unknown(inner):  # a block that the cloud adds
            added = {
                **dict.fromkeys(within["attributes"], UNKNOWN),
                **{key: [] for key in within.get("block_types", {})},
            }
            inner = added if nested["nesting_mode"] == "single" else [added]
        match inner:
            case list():
                result[name] = [_completed(within, element, fill) for element in inner]
            case Mapping() if nested["nesting_mode"] == "map":
                result[name] = {key: _completed(within, element, fill) for key, element in inner.items()}
            case Mapping():
                result[name] = _completed(within, inner, fill)
    return result


def _filled(name: str, cty_type: Value, identifier: str) -> Value:
    """Return a value of that type for an attribute of that name."""
    match cty_type:
        case "string":
            return _text(name, identifier)
        case "number":
            return 1
        case "bool":
            return False
        case ["list" | "set", element]:
            return [_filled(name, element, identifier)]
        case ["map", _]:
            return {}
        case ["object", attributes]:
            return {key: _filled(key, inner, identifier) for key, inner in attributes.items()}
    return None


def _text(name: str, identifier: str) -> str:
    last = identifier.rpartition("/")[2]
    if name.endswith("_arn"):
        return f"arn:aws:toy:us-east-1:123456789012:{identifier}"
    for pattern, value in NAMED_VALUES:
        if re.search(pattern, name):
            return value.format(id=last.lower().replace("_", "-")) if "{" in value else value
    if name in ("name", "unique_id", "uid"):
        return last
    return f"{name}-of-{last}"
