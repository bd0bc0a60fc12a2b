"""What the modules support and hub are given: what the fleet says, and what the cluster's module tells of itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from terraform.infra_errors import InfraError
from terraform.infrastructure_names import secret_variable
from terraform.literals import literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terraform.fleet import Cluster, Hub
    from terraform.infrastructure import Infrastructure, Json


class IncompleteHub(InfraError):
    """A hub is to be made, and something that it needs is not said."""


def providers() -> dict[str, Json]:
    """Return the providers that reach into the cluster, as its module says how; a short-lived token is all they have."""
    access: dict[str, Json] = {
        name: f"${{module.cluster.kubernetes.{name}}}" for name in ("host", "cluster_ca_certificate")
    }
    access["exec"] = {
        name: f"${{module.cluster.kubernetes.exec.{name}}}" for name in ("api_version", "command", "args", "env")
    }
    return {"kubernetes": access, "helm": {"kubernetes": access}}


def modules(
    cluster: Cluster, infrastructure: Infrastructure, arguments: Mapping[str, Json]
) -> dict[str, Mapping[str, Json]]:
    """Return the arguments of the modules support and hub_<name>, by name. Raises IncompleteHub."""
    pools = cast("Mapping[str, Mapping[str, Json]]", infrastructure.variables.get("node_pools") or {})
    common = {name: literal(arguments[name]) for name in ("cluster_name", "community", "labels") if name in arguments}
    found: dict[str, Mapping[str, Json]] = {
        "support": {
            "cloud": cluster.provider.value,
            **common,
            **cast("Mapping[str, Json]", literal(dict(infrastructure.support or {}))),
            "gpus": any("gpu" in pool for pool in pools.values()),
            "cluster_autoscaler": "${module.cluster.cluster_autoscaler}",
            "collector": "${module.cluster.collector}",
        }
    }
    hubs = cast("Mapping[str, Mapping[str, Json]]", arguments["hubs"])
    for hub in cluster.hubs:
        if hub.name in infrastructure.hubs:
            found[f"hub_{hub.name}"] = _hub(cluster, infrastructure, hub, hubs[hub.name])
    return found


def outputs(infrastructure: Infrastructure) -> dict[str, Json]:
    """Return the root's outputs of these modules."""
    urls = {name: f"${{module.hub_{name}.url}}" for name in infrastructure.hubs}
    prometheus: dict[str, Json] = {"prometheus_url": {"value": "${module.support.prometheus_url}"}}
    return prometheus | ({"hub_urls": {"value": urls}} if urls else {})


def _hub(cluster: Cluster, infrastructure: Infrastructure, hub: Hub, known: Mapping[str, Json]) -> dict[str, Json]:
    given = dict(infrastructure.hubs[hub.name])
    place = f"{cluster.path}: infrastructure.hubs.{hub.name}"
    if not hub.domain:
        raise IncompleteHub(f"{cluster.path}: hubs: {hub.name} has no domain: say where the hub is to answer")
    storage = given.pop("home_storage", None) or _own_storage(infrastructure, hub.name, place)
    tables = infrastructure.variables
    for name, table in ((storage, "home_storage"), *((each, "buckets") for each in _names(given.get("buckets")))):
        if name not in cast("Mapping[str, Json]", tables.get(table) or {}):
            raise IncompleteHub(f"{place}: there is no {name} in infrastructure.{table}: add it, or name another one")
    buckets = cast("Mapping[str, str]", given.pop("buckets", None) or {})
    community = {"community": known["community"]} if "community" in known else {}
    return {
        "name": hub.name,
        "cluster_name": cluster.aliases[-1],
        **community,
        "domain": hub.domain,
        "display_name": literal(hub.display_name),
        "ingress": {"class": "${module.support.ingress_class}", "issuer": "${module.support.cluster_issuer}"},
        "storage_class": "${module.support.storage_class}",
        "home_storage": f"${{module.cluster.home_storage[{json.dumps(storage)}]}}",
        "identity": f"${{module.cluster.hub_identities[{json.dumps(hub.name)}]}}",
        **cast("Mapping[str, Json]", literal(given)),
        "buckets": {use: f"${{module.cluster.buckets[{json.dumps(name)}].url}}" for use, name in buckets.items()},
        "authenticator_config": f"${{yamldecode(var.{secret_variable(hub.name)})}}",
    }


def _own_storage(infrastructure: Infrastructure, hub: str, place: str) -> str:
    storages = cast("Mapping[str, Mapping[str, Json]]", infrastructure.variables.get("home_storage") or {})
    own = [name for name, storage in storages.items() if storage.get("hub") == hub]
    shared = [name for name, storage in storages.items() if "hub" not in storage]
    for names in (own, shared):
        if len(names) == 1:
            return names[0]
    raise IncompleteHub(f"{place}.home_storage: is missing: say which of infrastructure.home_storage the hub uses")


def _names(buckets: Json) -> list[str]:
    return list(buckets.values()) if isinstance(buckets, dict) else []
