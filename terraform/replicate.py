"""The right to replicate: everything a community needs to leave, in a folder that works without Hubledger."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from terraform.infra_errors import InfraError
from terraform.infrastructure import Backend
from terraform.planning import prepare
from terraform.render import render
from terraform.site import open_site
from terraform.state_secrets import without_secrets
from terraform.work import replace as write

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from terraform.fleet import Cluster, Community, Fleet
    from terraform.infrastructure import Infrastructure, Json
    from terraform.site import Surroundings

_TABLES = ("node_pools", "home_storage", "buckets", "registries")


class NothingToTake(InfraError):
    """A community can't be replicated."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was written of one cluster: its folder, whether the community has it alone, and what it takes along."""

    cluster: Cluster
    folder: Path | None
    alone: bool
    hubs: tuple[str, ...]
    secrets: tuple[str, ...]
    state: bool


def community(fleet: Fleet, name: str) -> Community:
    """Return the community of that name. Raises NothingToTake."""
    found = next((one for one in fleet.communities if one.name == name), None)
    if found is None:
        known = ", ".join(one.name for one in fleet.communities) or "none"
        raise NothingToTake(f"there is no community '{name}' in {fleet.path}: there are {known}")
    return found


def infrastructure(there: Surroundings, leaving: Community, to: Path) -> list[Taken]:
    """Write what makes the community's clusters and hubs into the folder `to`, a folder a cluster.

    A cluster that is the community's alone comes as it is, with its state. Of a shared one, it gets a root that makes a
    cluster of its own, with its hubs and what is theirs; the state of the others' is not its business.
    """
    found = []
    for cluster in there.fleet.clusters:
        mine = [hub.hub for hub in leaving.hubs if hub.cluster == cluster.name and _holds(hub.start, hub.end, there)]
        if mine:
            found.append(_cluster(there, cluster, tuple(mine), to / cluster.name))
    if not found:
        raise NothingToTake(f"{leaving.path}: {leaving.name} has no hub today: there is nothing to take along")
    return found


def _holds(start: date | None, end: date | None, there: Surroundings) -> bool:
    return (start is None or start <= there.day) and (end is None or there.day < end)


def _cluster(there: Surroundings, cluster: Cluster, mine: tuple[str, ...], folder: Path) -> Taken:
    alone = {hub.name for hub in cluster.hubs} <= set(mine)
    given = cluster.infrastructure
    if given is None:
        return Taken(cluster, None, alone, mine, (), state=False)
    reduced = given if alone or given.module else _reduced(given, mine)
    hubs = cluster.hubs if alone else tuple(hub for hub in cluster.hubs if hub.name in mine)
    leaving = replace(cluster, hubs=hubs, infrastructure=replace(reduced, backend=Backend()))
    root = render(there.fleet, leaving, folder, there.day)
    for path, content in root.files.items():
        write(folder / path, content)
    if given.module:
        for file in sorted(given.module.rglob("*.tf*")):
            write(folder / "modules" / "cluster" / file.relative_to(given.module), file.read_bytes())
        main = json.loads(root.files["main.tf.json"])
        main["module"]["cluster"]["source"] = "./modules/cluster"
        write(folder / "main.tf.json", (json.dumps(main, indent=2, ensure_ascii=False) + "\n").encode())
    secrets = tuple(secret.variable for secret in reduced.secrets)
    state = _state(there, cluster, folder) if alone else False
    return Taken(cluster, folder, alone, mine, secrets, state)


def _reduced(given: Infrastructure, mine: tuple[str, ...]) -> Infrastructure:
    """The infrastructure without what is another hub's."""
    variables = dict(given.variables)
    for table in _TABLES:
        items = cast("Mapping[str, Mapping[str, Json]]", variables.get(table) or {})
        kept = {name: _ways(item, mine) for name, item in items.items() if item.get("hub") in (None, *mine)}
        if table in variables:
            variables[table] = kept
    identities = variables.get("hubs")
    if isinstance(identities, dict):
        variables["hubs"] = {name: each for name, each in identities.items() if name in mine}
    hubs = {name: each for name, each in given.hubs.items() if name in mine}
    wanted = {f"authenticator_config_{name}" for name in hubs}
    return replace(
        given,
        variables=variables,
        hubs=hubs,
        support=given.support,
        secrets=tuple(secret for secret in given.secrets if secret.variable in wanted),
    )


def _ways(item: Mapping[str, Json], mine: tuple[str, ...]) -> Mapping[str, Json]:
    """A bucket without the other hubs that may read or write it, and under no name that is taken."""
    kept = {key: value for key, value in item.items() if key not in ("readers", "writers", "name")}
    for way in ("readers", "writers"):
        if hubs := [hub for hub in cast("list[str]", item.get(way) or []) if hub in mine]:
            kept[way] = hubs
    return kept


def _state(there: Surroundings, cluster: Cluster, folder: Path) -> bool:
    """Write the cluster's state without secrets; tell whether it has one."""
    site = open_site(there, cluster)
    with site.work.held():
        prepare(site)
        state = site.terraform.pull()
        if not state.strip():
            return False
        shown = site.terraform.show_state()
        lock = site.work.lock_file
        if lock.exists():
            write(folder / lock.name, lock.read_bytes())
    write(folder / "terraform.tfstate", without_secrets(state, shown, site.terraform.masking), mode=0o600)
    return True
