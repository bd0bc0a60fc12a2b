"""A `.tfvars` of the kind that 2i2c keeps becomes an infrastructure section, and what does not fit is listed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from terraform import tfvars
from terraform.binary import find
from terraform.fleet import Provider

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures_golden import Golden
    from tests.fixtures_infra import Infra

GOOGLE = """
prefix     = "tide"
project_id = "tide-hubs"
# a machine with more memory
core_node_machine_type = "n2-highmem-4"
k8s_versions = {
  min_master_version : "1.32.1-gke.1357001",
  notebook_nodes_version : "1.32.1-gke.1357001",
}
zone                  = "us-central1-c"
region                = "us-central1"
enable_network_policy = true
enable_filestore      = true
filestore_capacity_gb = 2048
user_buckets = {
  "scratch" : { "delete_after" : 7 },
  "persistent" : { "delete_after" : null },
}
hub_cloud_permissions = {
  "staging" : { requestor_pays : true, bucket_admin_access : ["scratch", "persistent"], hub_namespace : "staging" },
  "prod" : { bucket_admin_access : ["persistent", "elsewhere"] },
}
notebook_nodes = {
  "medium" : { min : 1, max : 100, machine_type : "n2-highmem-16" },
  "gpu-t4" : {
    min : 0, max : 100, machine_type : "n1-standard-8",
    gpu : { enabled : true, type : "nvidia-tesla-t4", count : 1 },
  },
}
dask_nodes = { "medium" : { min : 0, max : 200, machine_type : "n2-highmem-16" } }
"""
AMAZON = """
region                 = "us-west-2"
cluster_name           = "tide"
cluster_nodes_location = "us-west-2a"
default_tags           = { "2i2c.org/cluster-name" = "{var_cluster_name}", "ManagedBy" = "2i2c", "team" = "coast" }
ebs_volumes = {
  "prod" = { size = 512, type = "gp3", name_suffix = "prod", tags = { "2i2c:hub-name" : "prod" } }
}
user_buckets = {
  "scratch" : { "delete_after" : 7, "tags" : { "2i2c:hub-name" : "prod" } },
}
hub_cloud_permissions = {
  "prod" : { bucket_admin_access : ["scratch"] },
  "other" : { bucket_readonly_access : ["scratch"] },
}
db_enabled = true
"""


@pytest.mark.parametrize(("provider", "text"), [(Provider.GCP, GOOGLE), (Provider.AWS, AMAZON)], ids=["gcp", "aws"])
def test_the_fields_that_map_become_a_section(provider: Provider, text: str, tmp_path: Path, golden: Golden) -> None:
    file = tmp_path / "tide.tfvars"
    file.write_text(text)
    found = tfvars.imported(provider, tfvars.read(find(os.environ), file, os.environ))
    left_out = [f"# left out: {line}" for line in found.left_out]
    golden(f"infra_import_{provider.value}.yaml", "\n".join([*tfvars.lines(found.section), *left_out, ""]))


def test_what_was_imported_is_a_section_that_the_fleet_takes(infra: Infra) -> None:
    infra.cluster(
        "tide",
        None,
        section={"node_pools": {"core": {"purpose": "core", "machine_type": "n2-highmem-4", "min": 1, "max": 2}}},
        extra={
            "provider": "gcp",
            "gcp": {"project": "tide-hubs", "cluster": "tide", "zone": "us-central1-c"},
            "hubs": [{"name": "staging"}, {"name": "prod"}],
        },
    )
    file = infra.folder / "tide.tfvars"
    file.write_text(GOOGLE)
    printed = infra.run("import-tfvars", "tide", str(file))
    assert (
        "left out: hub_cloud_permissions.prod.bucket_admin_access: elsewhere is no bucket of this file"
        in printed.stderr
    )
    cluster = infra.fleet / "clusters" / "tide" / "cluster.yaml"
    cluster.write_text(
        "name: tide\nprovider: gcp\ngcp: {project: tide-hubs, cluster: tide, zone: us-central1-c}\n"
        "hubs: [{name: staging}, {name: prod}]\n" + printed.stdout
    )
    infra.run("render", "tide")


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    for text, said in (("", "has no variables"), ("a = [", "Terraform can't read it")):
        file = tmp_path / "a.tfvars"
        file.write_text(text)
        with pytest.raises(tfvars.NotReadable, match=said):
            tfvars.read(find(os.environ), file, os.environ)
    with pytest.raises(tfvars.NotReadable, match="can't be read"):
        tfvars.read(find(os.environ), tmp_path / "nowhere.tfvars", os.environ)
