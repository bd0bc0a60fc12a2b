"""The root module of a cluster: the same bytes from the same fleet, the modules' own names, no expression in a value."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from terraform.fleet import Provider
from terraform.fleet_files import FleetError, load
from terraform.infra_errors import InfraError
from terraform.infrastructure import Backend
from terraform.infrastructure_schema import AwsOnly, AzureOnly, GoogleOnly, InfrastructureFile
from terraform.render import MODULES, Root, backend, render
from tests.modules import read

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel

    from terraform.fleet import Fleet
    from tests.fixtures_infra import Infra

DAY = date(2026, 11, 23)
VARIABLE = re.compile(r'^variable "([a-z_]+)"', re.MULTILINE)
# What the renderer fills in from elsewhere in the cluster's file.
KNOWN = {"cluster_name", "region", "hubs"}
OURS = {"backend", "module", "variables", "secrets", "after", "support", "hubs"}
POOLS = {"core": {"purpose": "core", "machine_type": "n2-highmem-2", "min": 1, "max": 3}}
GCP = {
    "provider": "gcp",
    "gcp": {"project": "tide-hubs", "cluster": "tide-gke", "zone": "us-central1-b"},
    "hubs": [{"name": "estuary"}, {"name": "orchard"}],
}


def root(infra: Infra, name: str = "tide", day: date = DAY) -> dict[str, Any]:
    """Return the root module of a cluster, as JSON."""
    document: dict[str, Any] = json.loads(
        rendered(load(infra.fleet), name, infra.work(name), day).files["main.tf.json"]
    )
    return document


def rendered(fleet: Fleet, name: str, folder: Path, day: date = DAY) -> Root:
    (cluster,) = (cluster for cluster in fleet.clusters if cluster.name == name)
    return render(fleet, cluster, folder, day)


@pytest.mark.parametrize("cloud", ["gcp", "aws", "azure"])
def test_the_section_has_the_variables_of_the_module(cloud: str) -> None:
    there = set(VARIABLE.findall((MODULES / cloud / "variables.tf").read_text()))
    clouds = {"gcp", "aws", "azure"}
    assert there - KNOWN - clouds == set(InfrastructureFile.model_fields) - OURS - clouds
    assert there & clouds == {cloud}


@pytest.mark.parametrize(
    "key", ["node_pools", "home_storage", "buckets", "registries", "budget", "network", "collector"]
)
def test_the_parts_of_the_section_have_the_modules_keys(key: str) -> None:
    text = (MODULES / "gcp" / "variables.tf").read_text()
    block = text[text.index(f'variable "{key}"') :].split("\n}\n")[0].split("nullable")[0].split("default  ")[0]
    there = set(re.findall(r"^    (?:  )?([a-z_]+)\s+= (?!\[)", block.split("validation {")[0], re.MULTILINE))
    schema = InfrastructureFile.model_json_schema()
    part = json.dumps(schema["properties"][key])
    (name,) = re.findall(r"#/\$defs/([A-Za-z]+)", part)
    assert set(schema["$defs"][name]["properties"]) == there


@pytest.mark.parametrize(
    ("cloud", "section", "known"),
    [
        ("gcp", GoogleOnly, {"project", "zone"}),
        ("aws", AwsOnly, {"account_id"}),
        ("azure", AzureOnly, {"subscription_id", "resource_group"}),
    ],
)
def test_what_only_one_cloud_has_has_the_modules_keys(cloud: str, section: type[BaseModel], known: set[str]) -> None:
    """Keys that are known are those of the cluster's own section of the cloud."""
    there = set(re.findall(r"([a-z_]+)\s*=", read(cloud).variable(cloud).type))
    assert there - known == set(section.model_fields)


def test_the_same_fleet_gives_the_same_bytes_wherever_it_is(infra: Infra, tmp_path: Path) -> None:
    infra.cluster("tide", None, section={"node_pools": POOLS}, extra=GCP)
    first = rendered(load(infra.fleet), "tide", infra.work("tide"))
    second = rendered(load(infra.fleet), "tide", tmp_path / "elsewhere" / "tide")
    assert first == second
    assert first.configuration_hash() == second.configuration_hash()
    assert not [path for path in first.files if "/tests/" in path or "/examples/" in path]


def test_a_change_of_a_variable_changes_only_the_variables_hash(infra: Infra) -> None:
    infra.cluster("tide", None, section={"node_pools": POOLS}, extra=GCP)
    first = rendered(load(infra.fleet), "tide", infra.work("tide"))
    infra.cluster("tide", None, section={"node_pools": {"core": {**POOLS["core"], "max": 4}}}, extra=GCP)
    second = rendered(load(infra.fleet), "tide", infra.work("tide"))
    assert first.configuration_hash() == second.configuration_hash()
    assert first.variables_hash() != second.variables_hash()


def test_what_the_fleet_knows_is_not_written_twice(infra: Infra) -> None:
    infra.cluster("tide", None, section={"node_pools": POOLS}, extra=GCP)
    (infra.fleet / "communities").mkdir()
    (infra.fleet / "communities" / "coast.yaml").write_text(
        "name: coast\nhubs: [{hub: tide/estuary, to: 2026-12-01}]\n"
    )
    (infra.fleet / "communities" / "sky.yaml").write_text("name: sky\nhubs: [{hub: tide/estuary, from: 2026-12-01}]\n")
    module = root(infra)["module"]["cluster"]
    assert module["cluster_name"] == "tide-gke"
    assert module["region"] == "us-central1"
    assert module["gcp"] == {"project": "tide-hubs", "zone": "us-central1-b"}
    assert module["hubs"] == {"estuary": {"community": "coast"}, "orchard": {}}
    assert root(infra, day=date(2026, 12, 1))["module"]["cluster"]["hubs"]["estuary"] == {"community": "sky"}


def test_a_value_is_never_an_expression(infra: Infra) -> None:
    infra.cluster("one", word='${file("/etc/passwd")} %{ if true }')
    assert root(infra, "one")["module"]["cluster"]["word"] == '$${file("/etc/passwd")} %%{ if true }'
    infra.run("plan", "one")
    infra.run("apply", "one")
    assert infra.run("outputs", "one", "word").stdout == '${file("/etc/passwd")} %{ if true }\n'


@pytest.mark.parametrize(
    ("given", "settings"),
    [
        (Backend(), {"path": "terraform.tfstate"}),
        (Backend("gcs", {"bucket": "b"}), {"bucket": "b", "prefix": "hubledger/tide"}),
        (
            Backend("s3", {"bucket": "b", "region": "eu-west-1"}),
            {
                "bucket": "b",
                "region": "eu-west-1",
                "key": "hubledger/tide/terraform.tfstate",
                "encrypt": True,
                "use_lockfile": True,
            },
        ),
        (
            Backend("azurerm", {"resource_group": "g", "storage_account": "a", "container": "c"}),
            {
                "resource_group_name": "g",
                "storage_account_name": "a",
                "container_name": "c",
                "key": "hubledger/tide.tfstate",
                "use_azuread_auth": True,
            },
        ),
        (Backend("pg", {}, "DATABASE"), {"schema_name": "terraform_tide"}),
    ],
    ids=lambda value: value.kind if isinstance(value, Backend) else "",
)
def test_a_backend_is_filled_in_from_the_clusters_name(given: Backend, settings: dict[str, object]) -> None:
    assert backend(given, "tide") == settings


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({}, "infrastructure.node_pools: is missing: add a pool of purpose core"),
        (
            {"node_pools": {"user": {"purpose": "user", "machine_type": "n2-highmem-4", "max": 3}}},
            "there is no pool of purpose core",
        ),
        ({"node_pools": {"core": {**POOLS["core"], "min": 5}}}, "min 5 is more than max 3"),
        ({"node_pools": {"Core": POOLS["core"]}}, "not a name that every cloud takes"),
        (
            {"node_pools": POOLS, "buckets": {"scratch": {"hub": "estury"}}},
            "'estury' is no hub of this cluster: did you mean 'estuary'?",
        ),
        (
            {"node_pools": POOLS, "backend": {"gcs": {"bucket": "b"}, "local": {}}},
            "must be one of local, gcs, s3, azurerm, pg",
        ),
        (
            {"node_pools": POOLS, "hubs": {"estuary": {"authenticator": "github"}}},
            "must have authenticator and authenticator_config",
        ),
        ({"node_pools": POOLS, "variables": {"a": "b"}}, "variables are for a module of your own"),
        ({"node_pools": POOLS, "budget": {"monthly_amount": 0, "emails": ["a@b.org"]}}, "give more than 0"),
        ({"node_pools": POOLS, "release_chanel": "rapid"}, "did you mean 'release_channel'?"),
        (
            {"node_pools": POOLS, "aws": {"split_costs": True}, "billing_export": {"format": "focus"}},
            "aws.split_costs is of an export in AWS's own format",
        ),
    ],
)
def test_a_fault_of_the_section_has_its_place(infra: Infra, section: dict[str, Any], said: str) -> None:
    file = infra.cluster("tide", None, section=section, extra=GCP)
    with pytest.raises(FleetError) as raised:
        load(infra.fleet)
    (line,) = (line for line in str(raised.value).splitlines() if said in line)
    assert re.match(rf"{re.escape(str(file))}:\d+: infrastructure", line)


def test_what_cannot_be_rendered_says_what_to_add(infra: Infra) -> None:
    infra.cluster("tide", None, section={"node_pools": POOLS}, extra=GCP)
    fleet = load(infra.fleet)
    (cluster,) = fleet.clusters
    for lacking, said in (
        (replace(cluster, infrastructure=None), "infrastructure: is missing: add it, or import it"),
        (replace(cluster, region=None), "gcp.region: is missing"),
        (replace(cluster, sub_accounts=()), "gcp.project: is missing"),
        (replace(cluster, provider=Provider.KUBECONFIG), "kubeconfig has no module of Hubledger's"),
    ):
        with pytest.raises(InfraError, match=re.escape(said)):
            render(fleet, lacking, infra.work("tide"), DAY)
