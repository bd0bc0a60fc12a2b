"""Azure's bills in a fleet's files: a folder in Blob storage, in our key and in the format that 2i2c keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jsonschema
import pytest

from terraform.fleet import AzureBilling, BlobFolder
from terraform.fleet_files import FleetError, load
from terraform.fleet_schema import json_schema
from tests.fixtures_fleet import write

if TYPE_CHECKING:
    from pathlib import Path

CLUSTER = """\
name: basalt
provider: azure
azure:
  cluster: basalt
  subscription: 6b1d42aa-0f7e-4c7f-9d20-3c51a8e9b704
hubs:
  - name: prod
"""
EXPORT = "abfss://exports@ohcbills.dfs.core.windows.net/costs/basalt"
FOLDER = BlobFolder("exports", "costs/basalt", "https://ohcbills.blob.core.windows.net")


def fleet(folder: Path, billing: str, cluster: str = CLUSTER) -> Path:
    return write(folder, {"clusters/basalt/cluster.yaml": cluster + billing})


@pytest.mark.parametrize(
    "path",
    [
        EXPORT,
        f"{EXPORT}/",
        "abfs://exports@ohcbills.blob.core.windows.net/costs/basalt",
        "https://ohcbills.blob.core.windows.net/exports/costs/basalt",
        "https://ohcbills.dfs.core.windows.net/exports/costs/basalt/",
    ],
)
def test_every_way_to_write_a_folder_s_address_is_one_source(tmp_path: Path, path: str) -> None:
    source = load(fleet(tmp_path, f"billing: {{source: azure, path: '{path}'}}\n")).clusters[0].billing
    assert source == (AzureBilling(FOLDER),)
    assert source[0].id == "azure:https://ohcbills.blob.core.windows.net/exports/costs/basalt"


@pytest.mark.parametrize(
    ("billing", "source"),
    [
        (f"path: '{EXPORT}', sas_env: BILLS_SAS", AzureBilling(FOLDER, sas_env="BILLS_SAS")),
        (
            "path: 'az://exports/costs', connection_string_env: BILLS",
            AzureBilling(BlobFolder("exports", "costs"), connection_string_env="BILLS"),
        ),
        (
            "path: 'az://exports', endpoint: 'http://127.0.0.1:10000/devstoreaccount1/'",
            AzureBilling(BlobFolder("exports", ""), endpoint="http://127.0.0.1:10000/devstoreaccount1"),
        ),
        (
            f"path: '{EXPORT}', amortized_path: '{EXPORT}-amortized'",
            AzureBilling(FOLDER, BlobFolder(FOLDER.container, "costs/basalt-amortized", FOLDER.account)),
        ),
        (
            "path: 'https://ohcbills.blob.core.usgovcloudapi.net/exports/costs'",
            AzureBilling(BlobFolder("exports", "costs", "https://ohcbills.blob.core.usgovcloudapi.net")),
        ),
    ],
)
def test_a_cluster_says_where_its_azure_bill_is(tmp_path: Path, billing: str, source: AzureBilling) -> None:
    assert load(fleet(tmp_path, f"billing: {{source: azure, {billing}}}\n")).clusters[0].billing == (source,)


def test_the_bill_may_stand_in_the_cloud_s_own_section(tmp_path: Path) -> None:
    nested = (
        f"  billing: {{paid_by_us: true, path: '{EXPORT}', amortized_path: '{EXPORT}-amortized', tenant: x}}\nhubs:"
    )
    loaded = load(fleet(tmp_path, "", CLUSTER.replace("hubs:", nested)))
    amortized = BlobFolder("exports", "costs/basalt-amortized", FOLDER.account)
    assert loaded.clusters[0].billing == (AzureBilling(FOLDER, amortized),)
    assert loaded.clusters[0].paid_by_us is True
    assert "azure.billing.tenant" in loaded.notices[0].text


@pytest.mark.parametrize(
    ("billing", "said"),
    [
        ("path: /bills", "billing.path: '/bills' is not a folder in Blob storage: write it as abfss://"),
        ("path: 's3://bills/x'", "is not a folder in Blob storage"),
        ("path: 'https://bills.example.org/exports/x'", "is not a folder in Blob storage"),
        ("path: 'abfss://Exports@ohcbills.dfs.core.windows.net/x'", "is not a folder in Blob storage"),
        (f"path: '{EXPORT}?sv=1&sig=s3cret'", "has a '?': leave the query out"),
        ("path: 'az://exports/costs'", "doesn't say in which storage account: add endpoint or connection_string_env"),
        ("paht: 'az://exports/costs'", "billing.paht: is not known: did you mean 'path'?"),
        (f"path: '{EXPORT}', amortised_path: '{EXPORT}-a'", "did you mean 'amortized_path'?"),
        (f"path: '{EXPORT}', amortized_path: '{EXPORT}/'", "path and amortized_path are the same"),
        (f"path: '{EXPORT}', connection_string_env: A, sas_env: B", "connection_string_env and sas_env are both given"),
        (f"path: '{EXPORT}', connection_string: s3cret", "billing.connection_string: is not known"),
        (f"path: '{EXPORT}', sas_env: '?sig=s3cret'", "not the name of an environment variable"),
    ],
)
def test_a_fault_is_named_by_line_and_key(tmp_path: Path, billing: str, said: str) -> None:
    with pytest.raises(FleetError) as caught:
        load(fleet(tmp_path, f"billing: {{source: azure, {billing}}}\n"))
    assert "cluster.yaml:8: billing" in str(caught.value)
    assert said in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_the_schema_knows_the_source_and_its_keys() -> None:
    schema = json_schema("cluster")
    good = {"source": "azure", "path": EXPORT}
    cluster = {"name": "basalt", "provider": "azure", "billing": good}
    jsonschema.validate(cluster, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**cluster, "billing": {**good, "container": "bills"}}, schema)
