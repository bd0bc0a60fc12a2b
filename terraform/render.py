"""From a cluster of the fleet to a root module of Terraform's in JSON: the same input gives the same bytes, everywhere."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from terraform import hub_modules
from terraform.fleet import Provider
from terraform.infra_errors import InfraError
from terraform.literals import literal
from terraform.module_inputs import module_inputs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from terraform.fleet import Cluster, Fleet
    from terraform.infrastructure import Backend, Infrastructure, Json

MODULES = Path(__file__).with_name("modules")
MAIN = "main.tf.json"
_NOTE = "Written by `hubledger infra render` from the fleet's files: change those, edits here are lost."
_OUTPUT = re.compile(r'^\s*output\s+"([^"]+)"\s*\{', re.MULTILINE)
_MARK = re.compile(r'"(?:[^"\\]|\\.)*"|#[^\n]*|//[^\n]*|/\*.*?\*/|[{}]', re.DOTALL)
_SENSITIVE = re.compile(r"\bsensitive\s*=\s*true\b")
_LEFT_OUT = ("tests", "examples", ".terraform")


class NoInfrastructure(InfraError):
    """A cluster has no infrastructure that could be rendered."""


@dataclass(frozen=True, slots=True)
class Root:
    """A root module: its files by their path in the work folder, and the arguments of its modules.

    `modules` are the folders whose content belongs to the configuration but stays where it is.
    """

    files: Mapping[str, bytes]
    arguments: Mapping[str, Json]  # by module
    modules: tuple[Path, ...] = ()

    def configuration_hash(self) -> str:
        """Return the hash of all that makes the configuration, without the modules' arguments."""
        main = json.loads(self.files[MAIN])
        main["module"] = {name: module["source"] for name, module in main.get("module", {}).items()}
        parts = {path: content for path, content in self.files.items() if path != MAIN}
        parts |= {f"{folder.name}/{path}": content for folder in self.modules for path, content in _content(folder)}
        return digest(
            json.dumps(main, sort_keys=True).encode(), *(x for pair in sorted(parts.items()) for x in _bytes(pair))
        )

    def variables_hash(self) -> str:
        """Return the hash of what the modules are given."""
        return digest(json.dumps(self.arguments, sort_keys=True).encode())


def digest(*parts: bytes) -> str:
    """Return one hash of several parts; where one ends and the next begins counts."""
    whole = sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()


def render(fleet: Fleet, cluster: Cluster, folder: Path, day: date) -> Root:
    """Return the root module of a cluster, whose work folder is `folder`, as it is on `day` (which decides who pays).

    Raises NoInfrastructure where the fleet's files don't say what the cluster is made of.
    """
    infrastructure = cluster.infrastructure
    if infrastructure is None:
        raise NoInfrastructure(
            f"{cluster.path}: infrastructure: is missing: add it, or import it with"
            f" `hubledger infra import-tfvars {cluster.name} FILE`"
        )
    if infrastructure.module is None:
        files = dict(_vendored(cluster, infrastructure))
        module, source = MODULES / cluster.provider.value, f"./modules/{cluster.provider.value}"
        arguments = module_inputs(fleet, cluster, infrastructure, day)
        folders: tuple[Path, ...] = ()
    else:
        module = infrastructure.module
        if not any(module.glob("*.tf*")):
            raise NoInfrastructure(
                f"{cluster.path}: infrastructure.module: {module} has no module of Terraform's: name the folder of its files"
            )
        files, source = {}, _relative(module, folder)
        arguments = dict(infrastructure.variables)
        folders = (module,)
    secrets = [secret.variable for secret in infrastructure.secrets]
    modules: dict[str, Json] = {"cluster": {"source": source, **_literals(arguments)}}
    providers: dict[str, Json] = {}
    outputs = dict(_outputs(module))
    if infrastructure.module is not None:
        modules["cluster"] = {
            "source": source,
            **_literals(arguments),
            **{name: f"${{var.{name}}}" for name in secrets},
        }
    else:
        providers = _providers(cluster)
        if infrastructure.support is not None:
            providers |= hub_modules.providers()
            made = hub_modules.modules(cluster, infrastructure, arguments)
            modules |= {
                name: {"source": f"./modules/{name.partition('_')[0]}", **inputs} for name, inputs in made.items()
            }
            outputs |= hub_modules.outputs(infrastructure)
    main: dict[str, Json] = {
        "//": _NOTE,
        "terraform": {"backend": {infrastructure.backend.kind: backend(infrastructure.backend, cluster.name)}},
        "provider": providers,
        "variable": {name: {"type": "string", "sensitive": True} for name in secrets},
        "module": modules,
        "output": outputs,
    }
    text = json.dumps({key: value for key, value in main.items() if value}, indent=2, ensure_ascii=False)
    return Root({MAIN: f"{text}\n".encode(), **files}, modules, folders)


def backend(backend: Backend, cluster: str) -> dict[str, Json]:
    """Return the settings of a backend, with what follows from the cluster's name filled in."""
    given = dict(backend.settings)
    match backend.kind:
        case "local":
            return {"path": "terraform.tfstate"} | given
        case "gcs":
            given = {"prefix": f"hubledger/{cluster}"} | given
            return _renamed(given, endpoint="storage_custom_endpoint")
        case "s3":
            given = {"key": f"hubledger/{cluster}/terraform.tfstate", "encrypt": True, "use_lockfile": True} | given
            if "endpoint" in given:  # another store than AWS's knows nothing of AWS's accounts
                given |= {"endpoints": {"s3": given.pop("endpoint")}, "use_path_style": True}
                given |= {f"skip_{name}": True for name in ("credentials_validation", "metadata_api_check")}
                given |= {
                    f"skip_{name}": True for name in ("region_validation", "requesting_account_id", "s3_checksum")
                }
            return given
        case "azurerm":
            given = {"key": f"hubledger/{cluster}.tfstate", "use_azuread_auth": True} | given
            return _renamed(
                given,
                resource_group="resource_group_name",
                storage_account="storage_account_name",
                container="container_name",
            )
        case "pg":
            return {"schema_name": f"terraform_{cluster}"} | given
    raise NoInfrastructure(f"{cluster}: infrastructure.backend: {backend.kind} is no backend")


def _renamed(given: Mapping[str, Json], **names: str) -> dict[str, Json]:
    return {names.get(key, key): value for key, value in given.items()}


def _providers(cluster: Cluster) -> dict[str, Json]:
    """What the cloud's provider must be told: where, and that it works on no other account than this cluster's."""
    account = cluster.sub_accounts[0] if cluster.sub_accounts else None
    match cluster.provider:
        case Provider.GCP:
            return {"google": {"project": account, "region": cluster.region}}
        case Provider.AWS:
            return {"aws": {"region": cluster.region, "allowed_account_ids": [account]}}
        case Provider.AZURE:
            return {
                "azurerm": {"features": {}, "subscription_id": account, "storage_use_azuread": True}
            }  # no shared keys
    return {}


def _vendored(cluster: Cluster, infrastructure: Infrastructure) -> Iterator[tuple[str, bytes]]:
    """Hubledger's modules, which go into the work folder: what is applied is what stands there."""
    if not (MODULES / cluster.provider.value).is_dir():
        raise NoInfrastructure(
            f"{cluster.path}: provider: {cluster.provider.value} has no module of Hubledger's: name your own with"
            " infrastructure.module"
        )
    names = [cluster.provider.value, "labels"]
    names += ["support"] * (infrastructure.support is not None) + ["hub"] * bool(infrastructure.hubs)
    for name in names:
        for path, content in _content(MODULES / name):
            yield f"modules/{name}/{path}", content


def _content(folder: Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder)
        if file.is_file() and not set(path.parts[:-1]) & set(_LEFT_OUT) and not path.name.startswith("."):
            yield path.as_posix(), file.read_bytes()


def _outputs(module: Path) -> Iterator[tuple[str, Json]]:
    for file in sorted(module.glob("*.tf")):
        text = file.read_text(encoding="utf-8")
        for found in _OUTPUT.finditer(text):
            output: dict[str, Json] = {"value": f"${{module.cluster.{found[1]}}}"}
            hidden = _SENSITIVE.search(text, found.end(), _end_of_block(text, found.end()))
            yield found[1], output | ({"sensitive": True} if hidden else {})


def _end_of_block(text: str, start: int) -> int:
    """Where the block ends whose inside begins at `start`; braces in quotes and comments are none of it."""
    depth = 1
    for mark in _MARK.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(mark[0], 0)
        if depth == 0:
            return mark.start()
    return len(text)


def _literals(arguments: Mapping[str, Json]) -> dict[str, Json]:
    return {name: literal(value) for name, value in sorted(arguments.items())}


def _relative(module: Path, folder: Path) -> str:
    path = Path(os.path.relpath(module, folder)).as_posix()
    return path if path.startswith(".") else f"./{path}"


def _bytes(pair: tuple[str, bytes]) -> tuple[bytes, bytes]:
    return pair[0].encode(), pair[1]
