"""From what `infrastructure:` of a cluster's file says to values: defaults filled in, paths resolved."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from terraform.infrastructure import Backend, Infrastructure, SecretSource
from terraform.infrastructure_names import secret_variable

if TYPE_CHECKING:
    from terraform.backend_schema import BackendFile
    from terraform.hub_schema import SecretFile
    from terraform.infrastructure import Json
    from terraform.infrastructure_schema import InfrastructureFile

_OURS = {"backend", "module", "variables", "secrets", "after", "support", "hubs"}
_IDENTITY = {"service_account"}  # of a hub's keys, what the cluster's module takes


def infrastructure(content: InfrastructureFile, folder: Path) -> Infrastructure:
    """The infrastructure that a cluster's file in `folder` says."""
    variables: dict[str, Json] = content.model_dump(mode="json", exclude_none=True, exclude=_OURS)
    if content.module is not None:
        variables = content.model_dump(mode="json", include={"variables"})["variables"] or {}
    given = content.hubs or {}
    if identities := {name: hub.model_dump(include=_IDENTITY, exclude_none=True) for name, hub in given.items()}:
        variables["hubs"] = identities
    secrets = [_secret(name, secret, folder) for name, secret in (content.secrets or {}).items()]
    secrets += [
        _secret(secret_variable(name), hub.authenticator_config, folder)
        for name, hub in given.items()
        if hub.authenticator_config
    ]
    return Infrastructure(
        backend=_backend(content.backend),
        module=_resolve(content.module, folder) if content.module else None,
        variables=variables,
        support=content.support.model_dump(mode="json", exclude_none=True) if content.support else None,
        hubs={
            name: hub.model_dump(mode="json", exclude_none=True, exclude={*_IDENTITY, "authenticator_config"})
            for name, hub in sorted(given.items())
            if hub.authenticator
        },
        secrets=tuple(sorted(secrets, key=lambda secret: secret.variable)),
        after=tuple(dict.fromkeys(content.after)),
    )


def _secret(variable: str, content: SecretFile, folder: Path) -> SecretSource:
    return SecretSource(variable, content.env, _resolve(content.file, folder) if content.file else None)


def _backend(content: BackendFile | None) -> Backend:
    given = content.model_dump(exclude_none=True) if content else {}
    if not given:
        return Backend()
    ((kind, settings),) = given.items()
    return Backend(kind, settings, settings.pop("conn_str_env", None))


def _resolve(path: str, folder: Path) -> Path:
    return Path(os.path.normpath(Path.cwd() / folder / Path(path).expanduser()))
