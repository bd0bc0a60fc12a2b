"""What must hold among the clusters of a fleet, beyond what each file says alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from difflib import get_close_matches
from itertools import combinations
from typing import TYPE_CHECKING

from pydantic import BaseModel

from terraform.fleet import AwsBilling, AzureBilling, Notice
from terraform.fleet_document import Document, Fault, Location
from terraform.fleet_faults import suggestion
from terraform.fleet_sources import MappedFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from terraform.fleet import BillingSource, Cluster
    from terraform.fleet_document import Part
    from terraform.fleet_schema import ClusterFile

Documents = Mapping[str, Document | None]  # by the cluster's folder

_OURS = ("billing", "usage", "policy", "accounts", "infrastructure")
_NAMES: tuple[Location, ...] = (("name",), ("gcp", "cluster"), ("aws", "clusterName"), ("azure", "cluster"))
_WAYS = ("password_env", "password_file", "bearer_token_env", "bearer_token_file")
_LIKELY = 0.8  # how near a key must be to be taken for a misspelling, where unknown keys are allowed


def hub_names(document: Document) -> list[tuple[int, str]]:
    """The hubs of a cluster's file with their index, whatever else is wrong with it."""
    value = document.value.get("hubs") if isinstance(document.value, dict) else None
    hubs = enumerate(value) if isinstance(value, list) else ()
    return [(i, hub["name"]) for i, hub in hubs if isinstance(hub, dict) and isinstance(hub.get("name"), str)]


def names(documents: Mapping[str, Document]) -> Iterator[Fault]:
    """A cluster is called as its folder, its hubs differ, and no key of ours is misspelt."""
    for folder, document in documents.items():
        name = document.text(("name",))
        if name and name != folder:
            yield document.fault(("name",), f"'{name}' is not the folder's name, '{folder}': make them agree")
        seen: dict[str, int] = {}
        for index, hub in hub_names(document):
            if hub in seen:
                first = document.line(("hubs", seen[hub], "name"))
                yield document.fault(
                    ("hubs", index, "name"), f"'{hub}' is there twice (first on line {first}): keep one"
                )
            seen.setdefault(hub, index)
        keys = document.keys(())
        for key in keys:
            near = get_close_matches(key.lower(), [ours for ours in _OURS if ours not in keys], n=1, cutoff=_LIKELY)
            if near and key != "account":  # the format's own
                yield document.fault((key,), f"is not known: did you mean '{near[0]}'?")


def access(documents: Mapping[str, Document]) -> Iterator[Fault]:
    """A Prometheus is signed in to in one way, and that is whole."""
    for document in documents.values():
        keys = document.keys(("usage",))
        ways = [way for way in _WAYS if way in keys]
        passwords = [way for way in ways if way.startswith("password")]
        if len(ways) > 1:
            yield document.fault(("usage", ways[1]), f"{ways[0]} is given too: keep one of them")
        if passwords and "username" not in keys:
            yield document.fault(("usage", passwords[0]), "there is no username to go with it: add it")
        if "username" in keys and not passwords:
            yield document.fault(
                ("usage", "username"), "there is no password to go with it: add password_env or password_file"
            )


def sources(clusters: Iterable[Cluster], documents: Documents) -> Iterator[Fault]:
    """Clusters that name the same source of bills say the same about it."""
    seen: dict[str, tuple[BillingSource, str]] = {}
    for cluster in clusters:
        document = documents[cluster.path.parent.name]
        if document is None:
            continue
        for index, source in enumerate(cluster.billing):
            ours = "billing" in document.keys(())
            key = "path" if isinstance(source, AwsBilling | AzureBilling) else "bigquery"
            location: Location = ("billing", index) if ours else (cluster.provider.value, "billing", key)
            place = f"{document.path}:{document.line(location)}"
            first, where = seen.setdefault(source.id, (source, place))
            if first != source:
                yield document.fault(location, f"{source.id} is described otherwise at {where}: make them agree")


def mappings(parts: Iterable[Part[ClusterFile]], folder: Path, known: Sequence[str]) -> Iterator[Fault]:
    """A mapping that a source names is there."""
    for part in parts:
        if part.document is None or part.content is None:
            continue
        for index, source in enumerate(part.content.billing):
            if isinstance(source, MappedFile) and isinstance(source.mapping, str) and source.mapping not in known:
                text = f"there is no {folder / source.mapping}.yaml: {suggestion(source.mapping, list(known))}"
                yield part.document.fault(("billing", index, "mapping"), text)


def weights(clusters: Iterable[Cluster], documents: Documents) -> Iterator[Fault]:
    """A cluster's weights and the fleet's together leave one that is more than zero."""
    for cluster in clusters:
        document = documents[cluster.path.parent.name]
        given = cluster.policy.weights
        if document is not None and given.cpu == given.memory == given.gpu == 0:
            yield document.fault(
                ("policy", "weights"), "all weights are zero, with those of the fleet: give at least one that is more"
            )


def aliases(clusters: Sequence[Cluster], documents: Documents, notices: list[Notice]) -> Iterator[Fault]:
    """No two clusters have one name within a cloud account; where the account isn't known, that is a notice."""
    for first, second in combinations(clusters, 2):
        for alias in sorted(set(first.aliases) & set(second.aliases)):
            document = documents[second.path.parent.name]
            if document is None or first.provider is not second.provider:
                continue
            location = next((place for place in _NAMES if document.text(place) == alias), ("name",))
            shared = sorted(set(first.sub_accounts) & set(second.sub_accounts))
            if shared:
                text = f"'{alias}' is a name of {first.path} too, in the same account {shared[0]}: one must change"
                yield document.fault(location, text)
            elif not (first.sub_accounts and second.sub_accounts):
                text = (
                    f"'{alias}' is a name of {first.path} too: give both 'accounts', so that a bill can tell them apart"
                )
                notices.append(Notice(second.path, text))


def unknown_keys(path: Path, parts: Iterable[Part[ClusterFile]]) -> list[Notice]:
    """One notice of all keys that aren't known; it stands for the whole fleet."""
    places: dict[str, list[str]] = defaultdict(list)
    for part in parts:
        if part.document is None or part.content is None:
            continue
        for location, near in _unknown(part.content, ()):
            key = _pattern(location) + (f" (did you mean '{near}'?)" if near else "")
            places[key].append(f"{part.document.path}:{part.document.line(location)}")
    if not places:
        return []
    listed = [f"{key} at {found[0]}" + _more(len(found) - 1) for key, found in sorted(places.items())]
    return [Notice(path, f"keys that Hubledger doesn't know, kept and not read: {'; '.join(listed)}")]


def _unknown(model: BaseModel, location: Location) -> Iterator[tuple[Location, str | None]]:
    absent = [name for name in type(model).model_fields if name not in model.model_fields_set]
    for key in model.model_extra or ():
        near = get_close_matches(key.lower(), absent, n=1, cutoff=_LIKELY)
        yield (*location, key), near[0] if near else None
    for name in type(model).model_fields:
        value = getattr(model, name)
        for index, item in enumerate(value) if isinstance(value, list) else ():
            if isinstance(item, BaseModel):
                yield from _unknown(item, (*location, name, index))
        if isinstance(value, BaseModel):
            yield from _unknown(value, (*location, name))


def _pattern(location: Location) -> str:
    return "".join("[]" if isinstance(step, int) else f".{step}" for step in location).removeprefix(".")


def _more(count: int) -> str:
    return f" and {count} more" if count else ""
