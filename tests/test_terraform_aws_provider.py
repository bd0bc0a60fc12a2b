"""HashiCorp's own AWS provider on moto: a cluster with its cost labels is planned, made, found changed and destroyed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.provider.schemas import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures_terraform import Terraform

# What AWS's provider changed itself between 3.39 and 6.
CHANGED_TYPES = {
    "aws_iam_openid_connect_provider.client_id_list",
    "aws_route_table.route",
    "aws_s3_bucket.logging",
}

pytestmark = pytest.mark.slow


def test_a_cluster_is_made_found_changed_and_destroyed_on_aws(terraform_on_aws: Terraform, s3_endpoint: str) -> None:
    terraform = terraform_on_aws
    terraform.run("init")
    terraform.run("plan", "-out=plan")
    changes = terraform.show("plan")["resource_changes"]
    after = {change["address"]: change["change"]["after"] for change in changes}
    tagged = {address: value["tags"] for address, value in after.items() if value.get("tags")}
    assert len(tagged) == 10
    assert tagged["aws_ebs_volume.home"]["2i2c:volume-purpose"] == "home-nfs"
    assert {address for address, tags in tagged.items() if tags.get("2i2c:cluster-name") != "northlight"} == set()
    terraform.run("apply", "plan")
    terraform.run("plan", "-detailed-exitcode")

    client = boto3.client(
        "ec2", "us-west-2", endpoint_url=s3_endpoint, aws_access_key_id="test", aws_secret_access_key="test"
    )
    (volume,) = client.describe_volumes(Filters=[{"Name": "tag:2i2c:cluster-name", "Values": ["northlight"]}])[
        "Volumes"
    ]
    client.delete_tags(Resources=[volume["VolumeId"]], Tags=[{"Key": "2i2c:volume-purpose"}])
    terraform.run("plan", "-out=plan", "-detailed-exitcode", expect=2)
    drifted = {change["address"]: change["change"] for change in terraform.show("plan")["resource_drift"]}
    assert "2i2c:volume-purpose" not in drifted["aws_ebs_volume.home"]["after"]["tags"]

    terraform.run("destroy", "-auto-approve", timeout=240)
    assert terraform.state()["resources"] == []


def pairs(
    place: str, one: dict[str, Any], other: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Return the attributes and blocks that both have, with where they are."""
    for section in ("attributes", "block_types"):
        mine, theirs = one.get(section, {}), other.get(section, {})
        for name in sorted(set(mine) & set(theirs)):
            yield f"{place}.{name}", mine[name], theirs[name]
            if section == "block_types":
                yield from pairs(f"{place}.{name}", mine[name]["block"], theirs[name]["block"])


def type_of(entry: dict[str, Any]) -> object:
    return entry.get("type") or entry["nesting_mode"]


def flags_of(entry: dict[str, Any]) -> list[bool]:
    return [bool(entry.get(flag)) for flag in ("required", "optional", "computed", "min_items")]


def test_the_schemas_read_from_cdktn_are_like_a_real_providers(terraform_on_aws: Terraform) -> None:
    terraform = terraform_on_aws
    terraform.run("init")
    (real,) = json.loads(terraform.run("providers", "schema", "-json").stdout)["provider_schemas"].values()
    (ours,) = json.loads((SCHEMAS / "aws.json").read_text())["provider_schemas"].values()
    flags: list[bool] = []
    types: set[str] = set()
    for kind in sorted(set(real["resource_schemas"]) & set(ours["resource_schemas"])):
        one, other = real["resource_schemas"][kind]["block"], ours["resource_schemas"][kind]["block"]
        for place, before, now in pairs(kind, one, other):
            flags.append(flags_of(before) == flags_of(now))
            if type_of(before) != type_of(now):
                types.add(place)
    assert types == CHANGED_TYPES
    assert len(flags) > 600
    assert sum(flags) / len(flags) > 0.9  # what was required has often become optional since
