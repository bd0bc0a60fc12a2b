"""From what `infrastructure:` of a cluster's file says to values: defaults filled in, paths resolved."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from terraform.infrastructure import Backend, Infrastructure, SecretSource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terraform.backend_schema import BackendFile
    from terraform.infrastructure import Json
    from terraform.infrastructure_schema import InfrastructureFile

_OURS = {"backend", "module", "variables", "secrets", "after", "support", "hub"}


def infrastructure(content: InfrastructureFile, folder: Path) -> Infrastructure:
    """The infrastructure that a cluster's file in `folder` says."""
    variables: Mapping[str, Json] = content.model_dump(mode="json", exclude_none=True, exclude=_OURS)
    if content.module is not None:
        variables = content.model_dump(mode="json", include={"variables"})["variables"] or {}
    return Infrastructure(
        backend=_backend(content.backend),
        module=_resolve(content.module, folder) if content.module else None,
        variables=variables,
        support=None,
        hub={},
        secrets=tuple(
            SecretSource(name, secret.env, _resolve(secret.file, folder) if secret.file else None)
            for name, secret in sorted((content.secrets or {}).items())
        ),
        after=tuple(dict.fromkeys(content.after)),
    )


def _backend(content: BackendFile | None) -> Backend:
    given = content.model_dump(exclude_none=True) if content else {}
    if not given:
        return Backend()
    ((kind, settings),) = given.items()
    return Backend(kind, settings, settings.pop("conn_str_env", None))


def _resolve(path: str, folder: Path) -> Path:
    return Path(os.path.normpath(Path.cwd() / folder / Path(path).expanduser()))
