"""What Hubledger's module of a cluster's cloud is given: the infrastructure section, and what the fleet knows already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terraform.fleet import Provider
from terraform.infra_errors import InfraError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from terraform.fleet import Cluster, Fleet
    from terraform.infrastructure import Infrastructure, Json


class Incomplete(InfraError):
    """The cluster's file lacks something that its module needs."""


def module_inputs(fleet: Fleet, cluster: Cluster, infrastructure: Infrastructure, day: date) -> dict[str, Json]:
    """Return the arguments of the module, by name. Raises Incomplete for what the cluster's file doesn't say."""
    given = dict(infrastructure.variables)
    identities = given.pop("hubs", {})
    if cluster.region is None:
        raise Incomplete(f"{cluster.path}: {cluster.provider.value}.region: is missing: say where the cluster is to be")
    only = given.pop(cluster.provider.value, {})
    for other in Provider:
        if other is not cluster.provider and other.value in given:
            raise Incomplete(
                f"{cluster.path}: infrastructure.{other.value}: the cluster is on {cluster.provider.value}: remove it"
            )
    return {
        **given,
        "cluster_name": cluster.aliases[-1],  # the cloud's name of it, which its bills carry
        "region": cluster.region,
        "hubs": _hubs(fleet, cluster, identities if isinstance(identities, dict) else {}, day),
        cluster.provider.value: {**_cloud(cluster), **(only if isinstance(only, dict) else {})},
    }


def _hubs(fleet: Fleet, cluster: Cluster, identities: Mapping[str, Json], day: date) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for hub in sorted(cluster.hubs, key=lambda each: each.name):
        identity = identities.get(hub.name, {})
        community = _community(fleet, cluster.name, hub.name, day)
        found[hub.name] = ({"community": community} if community else {}) | dict(
            identity if isinstance(identity, dict) else {}
        )
    return found


def _community(fleet: Fleet, cluster: str, hub: str, day: date) -> str | None:
    for community in fleet.communities:
        for member in community.hubs:
            here = (member.cluster, member.hub) == (cluster, hub)
            if here and (member.start is None or member.start <= day) and (member.end is None or day < member.end):
                return community.name
    return None


def _cloud(cluster: Cluster) -> dict[str, Json]:
    """What the cluster's own section of the cloud says already."""
    account = cluster.sub_accounts[0] if cluster.sub_accounts else None
    key = {Provider.GCP: "project", Provider.AWS: "account_id", Provider.AZURE: "subscription_id"}.get(cluster.provider)
    if key is None:
        return {}
    if account is None:
        raise Incomplete(
            f"{cluster.path}: {cluster.provider.value}.{key}: is missing: Terraform must know which account to work in"
        )
    known: dict[str, Json] = {key: account}
    if cluster.provider is Provider.GCP:
        if cluster.zone is not None:
            known["zone"] = cluster.zone
        if cluster.billing_accounts:
            known["billing_account"] = cluster.billing_accounts[0]
    if cluster.provider is Provider.AZURE and cluster.resource_group is not None:
        known["resource_group"] = cluster.resource_group
    return known
