"""Read a Terraform provider's schema back from the JavaScript that cdktn generated from it.

Each resource is a class with a comment for each attribute (`// size - computed: true, optional: true, required: false`)
and a `toHclTerraform` function that says which of them are blocks and of what type. What the JavaScript does not say is
not in the result: descriptions, sensitivity, what a change replaces, the largest number of blocks where it is not one.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

CLASS = re.compile(r"^class (\w+) extends cdktn\.(\w+) \{\n(.*?)^\}", re.DOTALL | re.MULTILINE)
FUNCTION = re.compile(r"^function (\w+)ToHclTerraform\(struct\) \{\n(.*?)^\}", re.DOTALL | re.MULTILINE)
ATTRIBUTE = re.compile(
    r"^    // ([a-z0-9_]+) - computed: (true|false), optional: (true|false), required: (true|false)\n"
    r"(.*?)(?=^    // [a-z0-9_]+ - computed|^    // =====|\Z)",
    re.DOTALL | re.MULTILINE,
)
HCL = re.compile(
    r'^ {8,12}([a-z0-9_]+): \{\n\s+value: (.*?),\n\s+isBlock: (true|false),\n\s+type: "(\w+)",\n\s+storageClassType: "(\w+)",',
    re.MULTILINE,
)
FIELD = re.compile(r'new (?:\w+_\d+\.)?(\w+)\(this, ".*?"(?:, (true|false))?\)')
GETTER = re.compile(r"(get\w+Attribute)\(")
COLLECTION = re.compile(r"new cdktn\.(String|Number|Boolean|Any)(Map|List|ListMap|MapList)\(this")
TYPE_NAME = re.compile(r'tfResourceType = "(\w+)"')
PARTS = re.compile("(List|Map|OutputReference)$")
GETTERS: dict[str, Any] = {
    "getStringAttribute": "string",
    "getNumberAttribute": "number",
    "getBooleanAttribute": "bool",
    "getListAttribute": ["list", "string"],
    "getNumberListAttribute": ["list", "number"],
    "getStringMapAttribute": ["map", "string"],
    "getNumberMapAttribute": ["map", "number"],
    "getBooleanMapAttribute": ["map", "bool"],
}
PRIMITIVES = {"string": "string", "number": "number", "boolean": "bool"}
ELEMENTS = {"String": "string", "Number": "number", "Boolean": "bool", "Any": "dynamic"}
BASES = {
    "TerraformProvider": "provider",
    "TerraformResource": "resource_schemas",
    "TerraformDataSource": "data_source_schemas",
}


class Unreadable(Exception):
    """The JavaScript is not as cdktn wrote it when this was made."""


class Hcl(NamedTuple):
    """What a toHclTerraform function says of an attribute."""

    value: str
    structured: str
    kind: str  # simple, list, set, map, struct
    storage: str

    @property
    def is_structured(self) -> bool:
        return self.structured == "true"

    @property
    def nesting(self) -> str:
        return "single" if self.kind == "struct" else self.kind

    @property
    def written_as_attribute(self) -> bool:
        """Whether its elements are written `name = [{…}]`; the mapper's second argument says if they are blocks."""
        return bool(re.search(r"Mapper(Hcl)?\([^()]*, false\)", self.value))


class Source:
    """The JavaScript of a resource with its structures."""

    def __init__(self, text: str, *, framework: bool) -> None:
        """`framework`: the provider is made with the newer framework, which has nested attributes."""
        self.classes = {match[1]: (match[2], match[3]) for match in CLASS.finditer(text)}
        self.functions = {match[1]: _hcl(match[2]) for match in FUNCTION.finditer(text)}
        self.framework = framework

    def schemas(self) -> dict[str, dict[str, Any]]:
        """Return the schemas by their section (`resource_schemas`) and type."""
        found: dict[str, dict[str, Any]] = {}
        for name, (base, body) in self.classes.items():
            if base in BASES:
                kind = TYPE_NAME.search(body)
                if kind is None:
                    raise Unreadable(f"class {name} has no tfResourceType")
                schema = {"version": 0, "block": self._block(name, _hcl(body))}
                found.setdefault(BASES[base], {})[kind[1]] = schema
        return found

    def _block(self, name: str, hcl: dict[str, Hcl]) -> dict[str, Any]:
        attributes: dict[str, Any] = {}
        blocks: dict[str, Any] = {}
        for attribute, computed, optional, required, body in ATTRIBUTE.findall(self.classes[name][1]):
            said = {"computed": computed, "optional": optional, "required": required}
            flags = {flag: True for flag, is_set in said.items() if is_set == "true"}
            entry, is_block = self._entry(f"{name}.{attribute}", hcl.get(attribute), body, flags, attribute)
            (blocks if is_block else attributes)[attribute] = entry
        return {"attributes": attributes, **({"block_types": blocks} if blocks else {})}

    def _entry(
        self, place: str, hcl: Hcl | None, body: str, flags: dict[str, bool], attribute: str
    ) -> tuple[dict[str, Any], bool]:
        """Return what `attribute` is in the schema, and whether it is a block."""
        if hcl and "markWriteOnlyAttribute" in hcl.value:
            flags = {**flags, "write_only": True}
        member = FIELD.search(body)
        if member and member[1] in self.classes and PARTS.search(member[1]):
            base = PARTS.sub("", member[1])
            inner = self._block(f"{base}OutputReference", self.functions.get(base[0].lower() + base[1:], {}))
            many = member[1].endswith("List")
            if hcl is None or not hcl.is_structured:  # the cloud's alone
                coll = "map" if member[1].endswith("Map") else "set" if member[2] == "true" else "list"
                return {**flags, "type": [coll, _object(inner)]}, False
            return self._nested(hcl, inner, flags, attribute, single=not many)
        if hcl and hcl.is_structured:
            inner = self._block_of_function(hcl)
            return self._nested(hcl, inner, flags, attribute, single="Mapper" not in hcl.value)
        cty_type = _type(hcl, body)
        if cty_type is None:
            raise Unreadable(f"{place}: no type found")
        return {**flags, "type": cty_type}, False

    def _nested(
        self, hcl: Hcl, inner: dict[str, Any], flags: dict[str, bool], attribute: str, *, single: bool
    ) -> tuple[dict[str, Any], bool]:
        mode = hcl.nesting
        if self.framework and (hcl.written_as_attribute or (mode == "single" and attribute != "timeouts")):
            return {**flags, "nested_type": {"nesting_mode": mode, "attributes": inner["attributes"]}}, False
        if hcl.written_as_attribute:  # a list of objects that the older SDK also lets be written as blocks
            return {**flags, "type": [mode, _object(inner)]}, False
        entry: dict[str, Any] = {"nesting_mode": mode, "block": inner}
        if mode in ("list", "set"):
            if single:
                entry["max_items"] = 1
            if flags.get("required"):
                entry["min_items"] = 1
        return entry, True

    def _block_of_function(self, hcl: Hcl) -> dict[str, Any]:
        """Return a block for which there is no class, as in a provider's own settings: all in it is optional."""
        names = [name for name in re.findall(r"(\w+)ToHclTerraform", hcl.value) if name in self.functions]
        attributes: dict[str, Any] = {}
        blocks: dict[str, Any] = {}
        for name, part in (self.functions[names[0]] if names else {}).items():
            if part.is_structured:
                inner = self._block_of_function(part)
                entry, is_block = self._nested(part, inner, {"optional": True}, name, single="Mapper" not in part.value)
                (blocks if is_block else attributes)[name] = entry
            else:
                attributes[name] = {"optional": True, "type": _declared(part) or "string"}
        return {"attributes": attributes, **({"block_types": blocks} if blocks else {})}


def _hcl(text: str) -> dict[str, Hcl]:
    return {found[0]: Hcl(*found[1:]) for found in HCL.findall(text)}


def _declared(hcl: Hcl) -> Any:
    if hcl.kind == "simple":
        return PRIMITIVES.get(hcl.storage)
    parts = re.fullmatch(r"(string|number|boolean|any)((?:List|Map)+)", hcl.storage)
    if parts is None:
        return None
    result: Any = {**PRIMITIVES, "any": "dynamic"}[parts[1]]
    for collection in re.findall("List|Map", parts[2]):
        result = [collection.lower(), result]
    return [hcl.kind if hcl.kind in ("list", "set", "map") else result[0], result[1]]


def _type(hcl: Hcl | None, body: str) -> Any:
    declared = _declared(hcl) if hcl else None
    if declared is not None:
        return declared
    getter = GETTER.search(body)
    if getter and getter[1] in GETTERS:
        cty_type = GETTERS[getter[1]]
        return ["set", cty_type[1]] if re.search(r"Fn\.tolist\(", body) else cty_type
    held = COLLECTION.search(body)
    if held is None:
        return None
    element = ELEMENTS[held[1]]
    return {
        "Map": ["map", element],
        "List": ["list", element],
        "ListMap": ["map", ["list", element]],
        "MapList": ["list", ["map", element]],
    }[held[2]]


def _object(block: dict[str, Any]) -> list[Any]:
    fields = {name: _type_of(attribute) for name, attribute in block["attributes"].items()}
    for name, nested in block.get("block_types", {}).items():
        inner = _object(nested["block"])
        fields[name] = inner if nested["nesting_mode"] == "single" else [nested["nesting_mode"], inner]
    return ["object", fields]


def _type_of(attribute: dict[str, Any]) -> Any:
    if "nested_type" not in attribute:
        return attribute["type"]
    nested = attribute["nested_type"]
    inner = _object(nested)
    return inner if nested["nesting_mode"] == "single" else [nested["nesting_mode"], inner]
