"""What a cluster is made of, as values: where its state is, which module makes it, and what that module is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Json: TypeAlias = object  # a value that JSON can hold


@dataclass(frozen=True, slots=True)
class Backend:
    """Where Terraform keeps the cluster's state: the backend's kind, its settings, and the variable of a secret one."""

    kind: str = "local"
    settings: Mapping[str, Json] = field(default_factory=dict)
    conn_str_env: str | None = None


@dataclass(frozen=True, slots=True)
class SecretSource:
    """Where a secret variable of the module is: in an environment variable, or alone in a file."""

    variable: str
    env: str | None = None
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Infrastructure:
    """The section `infrastructure:` of a cluster.

    `module` is a folder with a module of one's own; None is Hubledger's module of the cluster's cloud. `variables` are
    what the file gives it; `support` and `hubs` what it says of those modules, None or empty where they aren't made.
    `after` are clusters that must be applied before this one.
    """

    backend: Backend
    module: Path | None
    variables: Mapping[str, Json]
    support: Mapping[str, Json] | None
    hubs: Mapping[str, Mapping[str, Json]]
    secrets: tuple[SecretSource, ...]
    after: tuple[str, ...]
