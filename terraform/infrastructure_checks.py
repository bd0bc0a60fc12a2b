"""What must hold in and among the infrastructures of a fleet's clusters, beyond what each key says alone."""

from __future__ import annotations

import re
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from terraform.fleet import Provider
from terraform.fleet_faults import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from terraform.fleet_document import Document, Fault, Location, Part
    from terraform.fleet_schema import ClusterFile
    from terraform.infrastructure_schema import InfrastructureFile

_MACHINES = {
    Provider.GCP: (re.compile(r"[a-z][a-z0-9]*-[a-z0-9]+(-[a-z0-9]+)*"), "n2-highmem-4"),
    Provider.AWS: (re.compile(r"[a-z][a-z0-9-]*[.][a-z0-9-]+"), "r5.xlarge"),
    Provider.AZURE: (re.compile(r"Standard_[A-Z][A-Za-z0-9_-]+"), "Standard_E4s_v5"),
}


def infrastructures(parts: Iterable[Part[ClusterFile]]) -> Iterator[Fault]:
    """Pools have machines of their cloud, what is a hub's is one of the cluster's, and clusters follow each other in some order."""
    whole = [(part.document, part.content) for part in parts if part.document and part.content]
    names = [content.name for _, content in whole]
    after: dict[str, Sequence[str]] = {}
    for document, content in whole:
        if content.infrastructure is None:
            continue
        after[content.name] = [name for name in content.infrastructure.after if name in names]
        for index, name in enumerate(content.infrastructure.after):
            if name not in names:
                text = f"there is no cluster '{name}': {suggestion(name, names)}"
                yield document.fault(("infrastructure", "after", index), text)
        if content.infrastructure.module is None:
            yield from _own(document, content, content.infrastructure)
    yield from _circles(whole, after)


def _own(document: Document, content: ClusterFile, given: InfrastructureFile) -> Iterator[Fault]:
    hubs = [hub.name for hub in content.hubs]
    pools = given.node_pools or {}
    if not pools:
        text = "is missing: add a pool of purpose core, and pools for users"
        yield document.fault(("infrastructure",), text, missing="node_pools")
    elif not any(pool.purpose == "core" and (pool.min or 0) >= 1 and not pool.spot for pool in pools.values()):
        text = "there is no pool of purpose core that keeps a node (min 1 or more) and isn't spot: hubs themselves run there"
        yield document.fault(("infrastructure", "node_pools"), text)
    kind = _MACHINES.get(content.provider)
    for name, pool in pools.items():
        if kind and not kind[0].fullmatch(pool.machine_type):
            text = f"'{pool.machine_type}' is no machine type of {content.provider.value}: write it as in {kind[1]}"
            yield document.fault(("infrastructure", "node_pools", name, "machine_type"), text)
    named: list[tuple[Location, str]] = [(("hubs", name), name) for name in given.hubs or {}]
    for key in ("node_pools", "home_storage", "buckets", "registries"):
        named += [((key, name, "hub"), item.hub) for name, item in (getattr(given, key) or {}).items() if item.hub]
    for name, bucket in (given.buckets or {}).items():
        for way in ("readers", "writers"):
            named += [((name, way, i), hub) for i, hub in enumerate(getattr(bucket, way) or [])]
    for location, hub in named:
        if hub not in hubs:
            text = f"'{hub}' is no hub of this cluster: {suggestion(hub, hubs)}"
            yield document.fault(("infrastructure", *location), text)


def _circles(whole: Iterable[tuple[Document, ClusterFile]], after: dict[str, Sequence[str]]) -> Iterator[Fault]:
    try:
        TopologicalSorter(after).prepare()
    except CycleError as error:
        circle = error.args[1]
        document = next(document for document, content in whole if content.name == circle[0])
        text = f"goes round in a circle, {' after '.join(reversed(circle))}: take one away"
        yield document.fault(("infrastructure", "after"), text)
