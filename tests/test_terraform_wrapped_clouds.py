"""A fleet's file becomes a cluster with a hub on AWS and on Azure: rendered, planned, applied, and as it should be after that."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.fixtures_infra import Infra
    from tests.provider.cloud import Cloud

pytestmark = [pytest.mark.slow]

COMMON: dict[str, Any] = {
    "network": {"authorized_ranges": {"office": "192.0.2.0/24"}},
    "home_storage": {
        "aurora": {"kind": "disk", "hub": "aurora", "size_gib": 500},
        "shared": {"kind": "share", "size_gib": 200, "snapshot_days": 14},
    },
    "buckets": {"scratch": {"hub": "aurora", "expire_days": 7}},
    "registries": {"images": {}},
    "collector": {},
    "support": {"certificates": {"email": "ops@openhubs.example"}},
    "hubs": {
        "aurora": {
            "authenticator": "github",
            "authenticator_config": {"env": "HUB_AUTH"},
            "buckets": {"scratch": "scratch"},
        }
    },
}
HUBS = [{"name": "aurora", "domain": "aurora.openhubs.example"}, {"name": "drift", "domain": "d.openhubs.example"}]
AWS: dict[str, Any] = {
    "provider": "aws",
    "aws": {"account_id": "481516230042", "clusterName": "northlight", "region": "us-west-2"},
    "hubs": HUBS,
}
AZURE: dict[str, Any] = {
    "provider": "azure",
    "azure": {
        "subscription_id": "7d1f0c52-5c0a-4e0e-9d6e-2b7a4f6c1e90",
        "cluster": "northlight",
        "region": "westeurope",
    },
    "hubs": HUBS,
}
ONLY_AWS: dict[str, Any] = {
    "zones": ["us-west-2a"],
    "node_pools": {
        "core": {"purpose": "core", "machine_type": "r7i.large", "min": 1, "max": 3},
        "users": {"purpose": "user", "machine_type": "r7i.xlarge", "max": 20},
        "dask": {"purpose": "dask", "machine_type": "r7g.4xlarge", "max": 30, "spot": True},
    },
    "aws": {"admins": ["arn:aws:iam::481516230042:role/operators"], "split_costs": True},
    "billing_export": {"format": "native"},
    "budget": {"monthly_amount": 4000, "emails": ["costs@openhubs.example"]},
}
ONLY_AZURE: dict[str, Any] = {
    "node_pools": {
        "core": {"purpose": "core", "machine_type": "Standard_E2s_v5", "min": 1, "max": 3},
        "users": {"purpose": "user", "machine_type": "Standard_E4s_v5", "max": 10},
        "dask": {"purpose": "dask", "machine_type": "Standard_E16s_v5", "max": 10, "spot": True},
    },
    "azure": {"tenant_id": "0a5f1d6e-3f7b-4a51-8a59-6f1c0d2b9e77", "admins": ["b6f0f6d4-6b0e-4b0c-8b1c-0f3f5f8e2a11"]},
    "billing_export": {},
    "budget": {"monthly_amount": 1500, "currency": "EUR", "emails": ["costs@openhubs.example"]},
}
SECRET: Mapping[str, Any] = {
    "HUB_AUTH": json.dumps({"GitHubOAuthenticator": {"client_id": "Iv1.0", "client_secret": "sekretsekretsekret"}})
}


@pytest.mark.parametrize(
    ("cloud", "section", "cluster", "group", "provider", "signs_in"),
    [
        pytest.param(AWS, ONLY_AWS, "aws_eks_cluster", "aws_eks_node_group", {"region": "us-west-2"}, "aws", id="aws"),
        pytest.param(
            AZURE,
            ONLY_AZURE,
            "azurerm_kubernetes_cluster",
            "azurerm_kubernetes_cluster_node_pool",
            {"storage_use_azuread": True},
            "kubelogin",
            id="azure",
        ),
    ],
)
def test_a_cluster_of_the_fleet_is_made_with_its_hub(
    cloudy_infra: Infra,
    toy_cloud: Cloud,
    terraform_binary: Path,
    cloud: Mapping[str, Any],
    section: Mapping[str, Any],
    cluster: str,
    group: str,
    provider: Mapping[str, object],
    signs_in: str,
) -> None:
    infra = cloudy_infra
    infra.cluster("northlight", None, section={**COMMON, **section}, extra=cloud)
    (infra.fleet / "communities").mkdir()
    (infra.fleet / "communities" / "northern-sky.yaml").write_text("name: northern-sky\nhubs: [northlight/aurora]\n")
    assert "main.tf.json" in infra.run("render", "northlight").stdout
    root = json.loads((infra.work("northlight") / "main.tf.json").read_text())
    assert provider.items() <= root["provider"]["aws" if cloud is AWS else "azurerm"].items()

    planned = infra.run("plan", "northlight", **SECRET).stdout
    assert f"module.cluster.{cluster}.this" in planned
    assert "northlight: applied" in infra.run("apply", "northlight", **SECRET).stdout
    assert toy_cloud.only(cluster)["name"] == "northlight"
    tags = [made["tags"] for made in toy_cloud.objects[group].values()]
    assert all(tag["2i2c:cluster-name"] == "northlight" and tag["2i2c:node-purpose"] for tag in tags)
    disk = toy_cloud.only("aws_ebs_volume" if cloud is AWS else "azurerm_managed_disk")
    assert disk["tags"]["2i2c:community"] == "northern-sky", "who pays today is known from the community's file"

    shown = infra.run("outputs", "northlight", "--format", "json").stdout
    outputs = {output["name"]: output["value"] for output in json.loads(shown)}
    assert outputs["hub_urls"] == {"aurora": "https://aurora.openhubs.example"}
    assert set(outputs["home_storage"]) == {"aurora", "shared"}
    assert outputs["kubernetes"]["exec"]["command"] == signs_in
    bare: dict[str, Any] = {**SECRET, "PATH": "/nowhere", "HUBLEDGER_TERRAFORM": str(terraform_binary)}
    assert f"{signs_in} is not on the path" in infra.run("doctor", "northlight", expect=1, **bare).stdout
    assert "no changes" in infra.run("plan", "northlight", **SECRET).stdout
    next(iter(toy_cloud.objects[group].values()))["tags"] = {}
    drifted = infra.run("drift", "northlight", expect=3, **SECRET).stdout
    assert "northlight: 1 drifted" in drifted
    assert f"module.cluster.{group}.this" in drifted
