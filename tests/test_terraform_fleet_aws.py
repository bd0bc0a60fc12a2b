"""AWS's bills in a fleet's files: a place in S3 or Cost Explorer, in our key and in the format that 2i2c keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jsonschema
import pytest

from terraform.fleet import AwsBilling, BillingSource, CostExplorerBilling
from terraform.fleet_files import FleetError, load
from terraform.fleet_schema import json_schema
from tests.fixtures_fleet import write

if TYPE_CHECKING:
    from pathlib import Path

CLUSTER = """\
name: reef
provider: aws
aws:
  clusterName: reef-eks
  account_id: 012345678901
hubs:
  - name: prod
"""
EXPORT = "s3://bills/exports/reef"


def fleet(folder: Path, billing: str, cluster: str = CLUSTER) -> Path:
    return write(folder, {"clusters/reef/cluster.yaml": cluster + billing})


@pytest.mark.parametrize(
    ("billing", "source"),
    [
        (f"billing: {{source: aws, path: {EXPORT}}}\n", AwsBilling(EXPORT)),
        (f"billing: {{source: aws, path: {EXPORT}/}}\n", AwsBilling(EXPORT)),
        (
            f"billing: [{{source: aws, path: {EXPORT}, region: eu-west-1, profile: bills, endpoint: 'http://s3:9000'}}]\n",
            AwsBilling(EXPORT, "eu-west-1", "bills", "http://s3:9000"),
        ),
        (
            "billing: {source: cost-explorer, account: 012345678901}\n",
            CostExplorerBilling("012345678901", "2i2c:hub-name"),
        ),
        (
            "billing: {source: cost-explorer, account: 012345678901, tag: hub, profile: bills}\n",
            CostExplorerBilling("012345678901", "hub", None, "bills"),
        ),
    ],
)
def test_a_cluster_says_where_its_aws_bill_is(tmp_path: Path, billing: str, source: BillingSource) -> None:
    assert load(fleet(tmp_path, billing)).clusters[0].billing == (source,)


def test_the_bill_may_stand_in_the_cloud_s_own_section(tmp_path: Path) -> None:
    nested = CLUSTER.replace("hubs:", f"  billing: {{paid_by_us: true, path: {EXPORT}}}\nhubs:")
    cluster = load(fleet(tmp_path, "", nested)).clusters[0]
    assert cluster.billing == (AwsBilling(EXPORT),)
    assert cluster.paid_by_us is True


def test_two_places_in_s3_are_two_sources_and_one_place_is_one(tmp_path: Path) -> None:
    assert AwsBilling(EXPORT).id == f"aws:{EXPORT}"
    assert CostExplorerBilling("012345678901").id == "cost-explorer:012345678901"
    cluster = load(fleet(tmp_path, "billing: {source: cost-explorer, account: 012345678901}\n")).clusters[0]
    assert cluster.billing_accounts == ("012345678901",)


@pytest.mark.parametrize(
    ("billing", "said"),
    [
        ("billing: {source: aws, path: /bills}\n", "billing.path: '/bills' is not a place in S3"),
        ("billing: {source: aws, path: 's3://bills/*.parquet'}\n", "is not a place in S3"),
        ("billing: {source: aws}\n", "billing.path: is missing: add it (Where the bill is delivered"),
        (f"billing: {{source: aws, pth: {EXPORT}}}\n", "billing.pth: is not known: did you mean 'path'?"),
        (f"billing: {{source: asw, path: {EXPORT}}}\n", "'asw' is none of"),
        (f"billing: {{source: aws, path: {EXPORT}, secret_key: x}}\n", "billing.secret_key: is not known"),
        (f"billing: {{source: aws, path: {EXPORT}, endpoint: 'http://me:pw@s3'}}\n", "this value is not the address"),
        ("billing: {source: cost-explorer}\n", "billing.account: is missing"),
        ("billing: {source: cost-explorer, account: reef}\n", "'reef' is not the id of an AWS account"),
        ("billing: {source: cost-explorer, acount: 012345678901}\n", "did you mean 'account'?"),
    ],
)
def test_a_fault_is_named_by_line_and_key(tmp_path: Path, billing: str, said: str) -> None:
    with pytest.raises(FleetError) as caught:
        load(fleet(tmp_path, billing))
    assert "cluster.yaml:8: billing" in str(caught.value)
    assert said in str(caught.value)
    assert "me:pw" not in str(caught.value)


@pytest.mark.parametrize("source", ["aws", "cost-explorer"])
def test_the_schema_knows_the_source_and_its_keys(source: str) -> None:
    schema = json_schema("cluster")
    good = {"source": source, **({"path": EXPORT} if source == "aws" else {"account": "012345678901"})}
    cluster = {"name": "reef", "provider": "aws", "billing": good}
    jsonschema.validate(cluster, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**cluster, "billing": {**good, "bucket": "bills"}}, schema)
