"""A state without secrets: what Terraform or a provider calls sensitive is taken out; the next plan reads it from the cloud."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terraform.secret_values import Masking


def without_secrets(state: bytes, shown: Mapping[str, object], masking: Masking) -> bytes:
    """Return a state (version 4) without sensitive values. `shown` is `terraform show -json` of it, which says which those are."""
    told: dict[str, Any] = json.loads(state)
    sensitive = dict(_sensitive(cast("Mapping[str, Any]", shown.get("values") or {}).get("root_module") or {}))
    for output in told.get("outputs", {}).values():
        if output.get("sensitive"):
            output["value"] = None
    for resource in told.get("resources", []):
        for instance in resource.get("instances", []):
            attributes = instance.get("attributes")
            masks = sensitive.get(_address(resource, instance))
            instance["attributes"] = _cleared(attributes, masks, masking)
            for path in instance.get("sensitive_attributes", []):
                _clear(instance["attributes"], [step["value"] for step in path])
    return (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode()


def _sensitive(module: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for resource in module.get("resources", []):
        yield resource["address"], resource.get("sensitive_values")
    for child in module.get("child_modules", []):
        yield from _sensitive(child)


def _address(resource: Mapping[str, Any], instance: Mapping[str, Any]) -> str:
    parts = [resource["module"]] if "module" in resource else []
    parts += ["data"] if resource["mode"] == "data" else []
    key = instance.get("index_key")
    index = "" if key is None else f"[{json.dumps(key)}]"
    return ".".join([*parts, resource["type"], resource["name"]]) + index


def _cleared(value: Any, masks: object, masking: Masking) -> Any:
    """The value without what the masks mark, and without text that is a known secret."""
    if masks is True:
        return None
    if isinstance(value, dict):
        inner = masks if isinstance(masks, Mapping) else {}
        return {key: _cleared(each, inner.get(key), masking) for key, each in value.items()}
    if isinstance(value, list):
        rest = masks if isinstance(masks, list) else []
        return [_cleared(each, rest[i] if i < len(rest) else None, masking) for i, each in enumerate(value)]
    return masking.text(value) if isinstance(value, str) else value


def _clear(value: Any, path: list[Any]) -> None:
    *steps, last = path or [None]
    for step in steps:
        try:
            value = value[step["value"] if isinstance(step, dict) else step]
        except (KeyError, IndexError, TypeError):
            return
    key = last["value"] if isinstance(last, dict) else last
    if (isinstance(value, dict) and key in value) or (
        isinstance(value, list) and isinstance(key, int) and key < len(value)
    ):
        value[key] = None
