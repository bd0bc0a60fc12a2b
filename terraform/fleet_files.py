"""Reads a fleet from its folder: `fleet.yaml`, `clusters/<name>/cluster.yaml`, `communities/<name>.yaml`, `mappings/<name>.yaml`.

A folder of 2i2c's `cluster.yaml` files, or its parent, is a fleet as it is. Files named `enc-*` are never opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from terraform import (
    contract_checks,
    fleet_checks,
    fleet_values,
    infrastructure_checks,
    membership_checks,
    sign_in_checks,
)
from terraform.fleet import Fleet, Notice
from terraform.fleet_document import Fault, Part, read
from terraform.fleet_faults import faults
from terraform.fleet_rates import RATES_FILE, REFERENCE_FILE, read_rates
from terraform.fleet_schema import ClusterFile, CommunityFile, FleetFile
from terraform.mapping_schema import MappingFile, value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

File = TypeVar("File", bound=BaseModel)

_TEMPLATES = "templates"  # 2i2c keeps templates of cluster.yaml beside the clusters
_EXAMPLE = "'hubledger fleet init DIR' writes an example"


class FleetError(Exception):
    """The fleet can't be used; says every fault, one a line."""

    def __init__(self, found: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(found), key=lambda one: (str(one.path), one.line or 0, one.key, one.text)))
        super().__init__("\n".join(map(str, self.faults)))


@dataclass(frozen=True, slots=True)
class _Folder:
    """Where a fleet's files are."""

    fleet: Path
    clusters: Path
    communities: Path
    mappings: Path


def load(path: Path) -> Fleet:
    """The fleet in the folder `path`.

    Raises FleetError with every fault of every file.
    """
    found: list[Fault] = []
    notices: list[Notice] = []
    try:
        folder = _folder(path)
        cluster_files = list(_cluster_files(folder, found, notices))
        community_files = list(_named_files(folder.communities, found))
        mapping_files = list(_named_files(folder.mappings, found))
    except OSError as error:
        raise FleetError([Fault(path, None, "", f"can't be read ({error.strerror}): check its permissions")]) from error

    general = [_part(file, FleetFile, found) for file in (folder.fleet,) if file.exists()]
    cluster_parts = [_part(file, ClusterFile, found) for file in cluster_files]
    community_parts = [_part(file, CommunityFile, found) for file in community_files]
    mapping_parts = [_part(file, MappingFile, found) for file in mapping_files]

    whole = fleet_values.settings(next((part.content for part in general if part.content), FleetFile()))
    mappings = {part.path.stem: value(part.content, part.path.stem) for part in mapping_parts if part.content}
    clusters = [
        fleet_values.cluster(part.content, whole.policy, part.path, mappings) for part in cluster_parts if part.content
    ]
    communities = [fleet_values.community(part.content, part.path) for part in community_parts if part.content]

    table = folder.fleet.with_name(RATES_FILE)
    rates, rate_faults = read_rates(table) if table.exists() else ((), [])
    found += rate_faults

    by_name = {part.path.parent.name: part.document for part in cluster_parts}
    readable = {name: document for name, document in by_name.items() if document}
    found += fleet_checks.names(readable)
    found += fleet_checks.access(readable)
    found += fleet_checks.sources(clusters, by_name)
    found += fleet_checks.mappings(cluster_parts, folder.mappings, [part.path.stem for part in mapping_parts])
    found += fleet_checks.weights(clusters, by_name)
    found += fleet_checks.aliases(clusters, by_name, notices)
    found += infrastructure_checks.infrastructures(cluster_parts)
    found += membership_checks.memberships(by_name, [part.document for part in community_parts if part.document])
    found += contract_checks.contracts(general, community_parts)
    found += sign_in_checks.viewers(general, [file.stem for file in community_files])
    if found:
        raise FleetError(found)
    notices += fleet_checks.unknown_keys(path, cluster_parts)
    reference = folder.fleet.with_name(REFERENCE_FILE)
    return Fleet(
        path,
        whole,
        tuple(clusters),
        tuple(communities),
        tuple(notices),
        rates,
        reference if reference.exists() else None,
    )


def reference_rates_file(path: Path) -> Path:
    """Where the fleet in the folder `path` keeps its copy of the ECB's rates. Raises FleetError where there is no fleet."""
    return _folder(path).fleet.with_name(REFERENCE_FILE)


def _folder(path: Path) -> _Folder:
    if not path.is_dir():
        what = "is a file, not the fleet's folder" if path.exists() else "is not there"
        remedy = f"name the fleet's folder with --fleet or HUBLEDGER_FLEET; {_EXAMPLE}"
        raise FleetError([Fault(path, None, "", f"{what}: {remedy}")])
    if (path / "clusters").is_dir():
        root, clusters = path, path / "clusters"
    elif path.name == "clusters" and ((path.parent / "fleet.yaml").exists() or (path.parent / "communities").is_dir()):
        root, clusters = path.parent, path
    else:
        root, clusters = path, path
    return _Folder(root / "fleet.yaml", clusters, root / "communities", root / "mappings")


def _cluster_files(folder: _Folder, found: list[Fault], notices: list[Notice]) -> Iterator[Path]:
    none = True
    for place in sorted(folder.clusters.iterdir()):
        file = place / "cluster.yaml"
        if not place.is_dir() or place.name.startswith("."):
            continue
        if place.name == _TEMPLATES:
            if file.exists():
                notices.append(Notice(file, "not read: a folder of this name holds templates, no cluster"))
        elif file.exists() or file.is_symlink():
            none = False
            yield file
        elif (misnamed := place / "cluster.yml").exists():
            found.append(Fault(misnamed, None, "", "is not read under this name: call it cluster.yaml"))
    if none:
        text = f"no clusters: expected {folder.clusters / '<name>' / 'cluster.yaml'}; {_EXAMPLE}"
        found.append(Fault(folder.clusters, None, "", text))


def _named_files(folder: Path, found: list[Fault]) -> Iterator[Path]:
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        if file.name.startswith((".", "enc-")) or file.is_dir():
            continue
        if file.suffix == ".yaml":
            yield file
        elif file.suffix == ".yml":
            found.append(Fault(file, None, "", f"is not read under this name: call it {file.stem}.yaml"))


def _part(file: Path, model: type[File], found: list[Fault]) -> Part[File]:
    document, syntax = read(file)
    found += syntax
    if document is None:
        return Part(file, None, None)
    value = document.value
    if value is None:
        if model is not FleetFile:
            found.append(Fault(file, None, "", f"is empty: give it at least a name; {_EXAMPLE}"))
            return Part(file, None, None)
        value = {}
    try:
        return Part(file, document, model.model_validate(value))
    except ValidationError as error:
        found += faults(document, model, error)
        return Part(file, document, None)
