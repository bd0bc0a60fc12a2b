"""The outputs of a cluster's root module, with their types; sensitive ones only for who asks for one by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from terraform.infra_errors import InfraError


class NoSuchOutput(InfraError):
    """An output was asked for that there isn't."""


@dataclass(frozen=True, slots=True)
class Output:
    """An output: its type as Terraform writes it, and its value as JSON has it."""

    name: str
    type: str
    sensitive: bool
    value: object


def outputs(told: Mapping[str, object]) -> tuple[Output, ...]:
    """Return the outputs that `terraform output -json` told, by name."""
    found = []
    for name, given in sorted(told.items()):
        output = cast("Mapping[str, object]", given)
        found.append(Output(name, written(output["type"]), output.get("sensitive") is True, output["value"]))
    return tuple(found)


def written(kind: object) -> str:
    """Return a type as Terraform's language writes it: `["list", "string"]` is list(string)."""
    if isinstance(kind, str):
        return "any" if kind == "dynamic" else kind
    match kind:
        case ["object", Mapping() as fields]:
            return "object({" + ", ".join(f"{name} = {written(each)}" for name, each in sorted(fields.items())) + "})"
        case ["object", Mapping() as fields, _]:
            return written(["object", fields])
        case ["tuple", [*items]]:
            return "tuple([" + ", ".join(written(each) for each in items) + "])"
        case [str() as name, inner]:
            return f"{name}({written(inner)})"
    return "any"
