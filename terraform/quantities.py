"""How much of what a resource is, as far as a bill tells its price: nodes of a machine type, GiB of a kind of storage."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Nodes:
    """A node pool: its name, machine type, whether the cloud may take its machines back, and its bounds."""

    pool: str
    machine_type: str
    spot: bool
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Storage:
    """So many GiB of a kind of storage, by Terraform's word for the kind."""

    resource: str
    kind: str
    gib: Decimal


def nodes(resource: str, values: Values) -> Nodes | None:
    """Return the nodes that a resource is, if it is a node pool and tells its machine type."""
    match resource:
        case "google_container_node_pool":
            config, scaling = _first(values, "node_config"), _first(values, "autoscaling")
            least = scaling.get("total_min_node_count") or scaling.get("min_node_count")
            most = scaling.get("total_max_node_count") or scaling.get("max_node_count")
            count = values.get("node_count")
            found = (values.get("name"), config.get("machine_type"), config.get("spot") or config.get("preemptible"))
            bounds = (least, most) if scaling else (count, count)
        case "aws_eks_node_group":
            scaling = _first(values, "scaling_config")
            types = values.get("instance_types")
            machine = types[0] if isinstance(types, list) and types else None
            found = (values.get("node_group_name"), machine, values.get("capacity_type") == "SPOT")
            bounds = (scaling.get("min_size"), scaling.get("max_size"))
        case "azurerm_kubernetes_cluster_node_pool":
            found = (values.get("name"), values.get("vm_size"), values.get("priority") == "Spot")
            count = values.get("node_count")
            scaled = values.get("max_count") is not None
            bounds = (values.get("min_count"), values.get("max_count")) if scaled else (count, count)
        case "azurerm_kubernetes_cluster":  # it is made with its first pool
            return nodes("azurerm_kubernetes_cluster_node_pool", _first(values, "default_node_pool"))
        case _:
            return None
    name, machine, spot = found
    if not isinstance(name, str) or not isinstance(machine, str):
        return None
    return Nodes(name, machine, bool(spot), int(str(bounds[0] or 0)), int(str(bounds[1] or bounds[0] or 0)))


def storage(resource: str, values: Values) -> Storage | None:
    """Return the storage that a resource is, if it has a size that is paid for whether it is used or not."""
    match resource:
        case "google_compute_disk":
            kind, size = values.get("type") or "pd-standard", values.get("size")
        case "google_filestore_instance":
            kind, size = values.get("tier"), _first(values, "file_shares").get("capacity_gb")
        case "aws_ebs_volume":
            kind, size = values.get("type") or "gp2", values.get("size")
        case "azurerm_storage_share":
            kind, size = "share", values.get("quota")
        case _:
            return None
    if not isinstance(kind, str) or size is None:
        return None
    return Storage(resource, kind, Decimal(str(size)))


@cache
def billed_as(resource: str, kind: str) -> re.Pattern[str] | None:
    """Return the pattern of a bill's word for a kind of storage; None where none is known. storage_kinds.csv lists them."""
    with Path(__file__).with_name("storage_kinds.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["resource"] == resource and row["kind"] == kind:
                return re.compile(row["billed_as"], re.IGNORECASE)
    return None


def _first(values: Values, name: str) -> Values:
    """The first of a resource's blocks of that name."""
    blocks: object = values.get(name)
    if isinstance(blocks, list) and blocks and isinstance(blocks[0], Mapping):
        return blocks[0]
    return blocks if isinstance(blocks, Mapping) else {}


def labels(values: Sequence[Values]) -> dict[str, str]:
    """Return the cost labels of a resource by their names without prefix, from wherever it has them."""
    found: dict[str, str] = {}
    for value in values:
        for place in ("labels", "tags", "resource_labels"):
            given = value.get(place) or _first(value, "node_config").get(place)
            if isinstance(given, Mapping):
                found |= {re.split("[:/]", str(key))[-1]: str(text) for key, text in given.items()}
    return found
