"""The Terraform modules as their HCL says: variables, outputs and resources, and the tables of them that a README shows."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import hcl2

from tests.environments import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODULES = REPOSITORY / "terraform" / "modules"
CLOUDS = ("gcp", "aws", "azure")
NAMES = ("labels", *CLOUDS, "support", "hub")
# What holds data: it may not be destroyed, whatever a variable says.
HOLDS_DATA = {
    "google_artifact_registry_repository",
    "google_backup_dr_backup_vault",
    "google_bigquery_dataset",
    "google_compute_disk",
    "google_filestore_instance",
    "google_storage_bucket",
    "aws_backup_vault",
    "aws_ebs_volume",
    "aws_ecr_repository",
    "aws_efs_file_system",
    "aws_s3_bucket",
    "azurerm_container_registry",
    "azurerm_data_protection_backup_vault",
    "azurerm_managed_disk",
    "azurerm_storage_account",
    "azurerm_storage_container",
    "azurerm_storage_share",
    "kubernetes_persistent_volume_v1",
    "kubernetes_persistent_volume_claim_v1",
}
TABLES = re.compile(r"(?<=<!-- tables -->\n).*(?=<!-- /tables -->)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Variable:
    """An input. `default` is HCL, and None where there is none: the variable is required."""

    name: str
    type: str
    description: str
    default: str | None
    validations: int
    sensitive: bool


@dataclass(frozen=True, slots=True)
class Output:
    """An output."""

    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as it is written."""

    kind: str
    name: str
    prevents_destroy: bool
    place: str


@dataclass(frozen=True, slots=True)
class Module:
    """A module's own files, without its examples."""

    name: str
    variables: tuple[Variable, ...]
    outputs: tuple[Output, ...]
    resources: tuple[Resource, ...]
    data: tuple[str, ...]
    providers: dict[str, str]

    @property
    def readme(self) -> Path:
        return MODULES / self.name / "README.md"

    def variable(self, name: str) -> Variable:
        """Return one of the variables."""
        return next(variable for variable in self.variables if variable.name == name)


@cache
def read(name: str) -> Module:
    """Read a module."""
    files = {path: hcl2.loads(path.read_text()) for path in sorted((MODULES / name).glob("*.tf"))}
    blocks = [(path, kind, block) for path, file in files.items() for kind in file for block in _blocks(file[kind])]
    return Module(
        name,
        tuple(_variable(*pair) for _, kind, block in blocks if kind == "variable" for pair in _labelled(block)),
        tuple(
            Output(label, _text(body["description"]))
            for _, kind, block in blocks
            if kind == "output"
            for label, body in _labelled(block)
        ),
        tuple(
            _resource(path, kind, label, body)
            for path, block_kind, block in blocks
            if block_kind == "resource"
            for kind, inner in _labelled(block)
            for label, body in _labelled(inner)
        ),
        tuple(label for _, kind, block in blocks if kind == "data" for label, _ in _labelled(block)),
        {
            label: _text(needed["version"])
            for _, kind, block in blocks
            if kind == "terraform"
            for group in block.get("required_providers", [])
            for label, needed in _labelled(group)
        },
    )


def tables(module: Module) -> str:
    """Return what a README shows of the inputs and outputs."""
    inputs = [
        "## Inputs",
        "",
        "| name | type | default | meaning |",
        "|---|---|---|---|",
        *(
            f"| `{variable.name}` | {_cell(variable.type)} "
            f"| {'**required**' if variable.default is None else _cell(variable.default)} "
            f"| {_prose(variable.description)} |"
            for variable in sorted(module.variables, key=lambda variable: (variable.default is not None, variable.name))
        ),
        "",
        "## Outputs",
        "",
        "| name | meaning |",
        "|---|---|",
        *(
            f"| `{output.name}` | {_prose(output.description)} |"
            for output in sorted(module.outputs, key=lambda output: output.name)
        ),
        "",
    ]
    return "\n".join(inputs)


def renewed(module: Module) -> str:
    """Return the module's README with the tables it should have."""
    return TABLES.sub(lambda _: tables(module), module.readme.read_text())


def _blocks(value: Any) -> list[dict[str, Any]]:
    return value if isinstance(value, list) else [value]


def _labelled(block: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield a block's labels with their bodies; what begins with an underscore is hcl2's own."""
    for label, body in block.items():
        if not label.startswith("__"):
            yield _text(label), body


def _variable(name: str, body: dict[str, Any]) -> Variable:
    return Variable(
        name,
        _expression(body.get("type", "")),
        _text(body.get("description", "")),
        _expression(body["default"]) if "default" in body else None,
        len(body.get("validation", [])),
        body.get("sensitive") is True,
    )


def _resource(path: Path, kind: str, name: str, body: dict[str, Any]) -> Resource:
    guarded = any(block.get("prevent_destroy") is True for block in body.get("lifecycle", []))
    return Resource(kind, name, guarded, f"{path.relative_to(MODULES)}: {kind}.{name}")


def _text(value: str) -> str:
    """Return a string without the quotes that hcl2 leaves around it."""
    return json.loads(value) if value.startswith('"') else value


def _expression(value: Any) -> str:
    """Return an expression as it is written, in one line."""
    if value is None:
        return "null"
    if isinstance(value, dict):
        pairs = ", ".join(f"{name} = {_expression(inner)}" for name, inner in value.items() if name[:2] != "__")
        return f"{{{pairs}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_expression, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    written = str(value)
    return " ".join((written[2:-1] if written.startswith("${") else written).split())


def _cell(code: str) -> str:
    return f"`{code}`".replace("|", "\\|")


def _prose(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
