"""Values as they stand in a configuration in JSON: text in which Terraform finds no expression."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from terraform.infrastructure import Json


def literal(value: Json) -> Json:
    """Return a value that Terraform takes as it is."""
    if isinstance(value, str):
        return value.replace("${", "$${").replace("%{", "%%{")
    if isinstance(value, dict):
        return {literal(key): literal(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [literal(each) for each in value]
    return value
