"""The modules, for real and offline: valid, passing their own tests; made by their examples, labelled, safe from destruction."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.fixtures_terraform import Terraform
from tests.modules import HOLDS_DATA, MODULES, NAMES, read
from tests.provider.client import ADDRESS
from tests.provider.cloud import Cloud

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fixtures_terraform import Mirror

pytestmark = [pytest.mark.slow]

MADE = ("gcp/cluster-and-hubs", "gcp/shared-cluster", "aws/single-zone", "azure/small-cluster")
EXAMPLES = sorted(f"{path.parents[1].name}/{path.name}" for path in MODULES.glob("*/examples/*"))
# Where each provider keeps what a bill tells costs apart by: of the resource itself, and of what it makes.
LABELS = {"google": ("user_labels", "labels"), "aws": (), "azurerm": ()}
NESTED = {"google": "resource_labels", "aws": "tags", "azurerm": "tags"}
CLUSTER = {"google": "cluster-name", "aws": "2i2c:cluster-name", "azurerm": "2i2c:cluster-name"}


@pytest.fixture
def copied(terraform: Terraform, tmp_path: Path) -> Terraform:
    """Return terraform in a copy of the modules: it writes lock files where it works."""
    shutil.copytree(MODULES, tmp_path / "modules")
    return terraform.at(tmp_path / "modules", TF_VAR_client_secret="hunter2", TF_VAR_client_secrets="{}")


def test_the_modules_are_formatted(terraform: Terraform) -> None:
    terraform.at(MODULES).run("fmt", "-check", "-recursive", "-diff")


@pytest.mark.parametrize("name", NAMES)
def test_a_module_passes_its_own_tests(copied: Terraform, name: str) -> None:
    module = copied.at(copied.folder / name)
    module.run("init", "-backend=false")
    module.run("validate")
    told = [json.loads(line) for line in module.run("test", "-json", timeout=200).stdout.splitlines()]
    (summary,) = [line["test_summary"] for line in told if line["type"] == "test_summary"]
    assert (summary["status"], summary["failed"], summary["errored"], summary["skipped"]) == ("pass", 0, 0, 0)
    written = sum(file.read_text().count('\nrun "') for file in (MODULES / name / "tests").glob("*.tftest.hcl"))
    assert summary["passed"] == written > 5


def test_examples_are_valid(copied: Terraform) -> None:
    assert {example.split("/")[0] for example in EXAMPLES} == set(NAMES), "each module has an example"
    for example in EXAMPLES:
        name, title = example.split("/")
        folder = copied.at(copied.folder / name / "examples" / title)
        folder.run("init", "-backend=false")
        folder.run("validate")


@dataclass(frozen=True, slots=True)
class Made:
    """What became of an example: its state, its second plan, and what came of destroying it."""

    example: str
    resources: tuple[dict[str, Any], ...]
    outputs: dict[str, Any]
    second_plan: int
    refusal: str
    before: dict[str, set[str]]
    after: dict[str, set[str]]


@pytest.fixture(scope="module", params=[pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in MADE])
def made(
    request: pytest.FixtureRequest,
    terraform_binary: Path,
    provider_mirror: Mirror,
    terraform_home: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Made]:
    """Apply an example to a toy cloud, plan it once more, and try to destroy it."""
    name, title = request.param.split("/")
    folder = tmp_path_factory.mktemp(title)
    shutil.copytree(MODULES, folder / "modules")
    with Cloud() as cloud:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(terraform_home / "home"),
            "TF_CLI_CONFIG_FILE": str(provider_mirror.cli_config),
            "TF_PLUGIN_CACHE_DIR": str(terraform_home / "plugin-cache"),
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            ADDRESS: cloud.address,
        }
        example = Terraform(terraform_binary, folder / "modules" / name / "examples" / title, environment)
        example.run("init")
        example.run("apply", "-auto-approve")
        second = example.run("plan", "-detailed-exitcode", expect=None)
        state = example.show()["values"]
        before = {kind: set(table) for kind, table in cloud.objects.items() if table}
        refused = example.run("destroy", "-auto-approve", expect=1)
        yield Made(
            request.param,
            tuple(_resources(state["root_module"])),
            {name: output["value"] for name, output in state["outputs"].items()},
            second.returncode,
            " ".join(refused.stderr.split()),
            before,
            {kind: set(table) for kind, table in cloud.objects.items() if table},
        )


def _resources(module: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a state's resources, of all its modules."""
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from _resources(child)


def _maps(values: Any, key: str) -> Iterator[dict[str, str]]:
    """Yield what is called `key`, however deep, and is not empty."""
    if isinstance(values, dict):
        if values.get(key):
            yield values[key]
        for inner in values.values():
            yield from _maps(inner, key)
    elif isinstance(values, list):
        for inner in values:
            yield from _maps(inner, key)


def test_what_was_made_is_as_it_should_be(made: Made) -> None:
    assert made.second_plan == 0, "a second plan wants to change what the first apply made"


def test_data_is_safe_from_destruction(made: Made) -> None:
    guarded = [resource["address"] for resource in made.resources if resource["type"] in HOLDS_DATA]
    assert len(guarded) >= 4
    # Terraform names what nothing else depends on, and looks no further; that all are guarded their text tells.
    assert [address for address in guarded if f"Resource {address} has lifecycle.prevent_destroy set" in made.refusal]
    assert made.after == made.before, "destroying was refused, and something is gone all the same"


def test_everything_that_can_carry_labels_carries_the_cost_labels(made: Made) -> None:
    bare, labelled = [], 0
    for resource in made.resources:
        provider = resource["type"].split("_")[0]
        if provider not in LABELS:
            continue
        values = resource["values"]
        own = next((values[key] for key in LABELS[provider] if key in values), None)
        found = [*_maps(values, NESTED[provider]), *([own] if own is not None else [])]
        if NESTED[provider] in values and not values[NESTED[provider]]:
            found.append({})
        labelled += len(found)
        bare += [resource["address"] for labels in found if CLUSTER[provider] not in labels]
    assert bare == []
    assert labelled >= 10


def test_a_hub_s_own_things_name_it_and_who_pays(made: Made) -> None:
    prefix = "" if made.example.startswith("gcp") else "2i2c:"
    homes = [
        resource["values"].get("labels") or resource["values"].get("tags")
        for resource in made.resources
        if resource["type"] in ("google_compute_disk", "aws_ebs_volume", "azurerm_managed_disk")
    ]
    assert homes
    for labels in homes:
        assert labels[f"{prefix}volume-purpose"] == "home-nfs"
        assert labels[f"{prefix}hub-name"]
        assert labels[f"{prefix}community"]


def test_a_cluster_ends_as_hubs_with_addresses(made: Made) -> None:
    if made.example != "gcp/cluster-and-hubs":
        cluster = made.outputs["cluster"]
        assert cluster["kubernetes"]["host"].startswith("https://")
        assert cluster["billing_export"]["format"] in ("native", "focus")
        assert set(cluster) == {output.name for output in read(made.example.split("/")[0]).outputs}
        return
    assert made.outputs["urls"] == {
        "estuary": "https://estuary.openhubs.example",
        "meadow": "https://meadow.openhubs.example",
    }
    releases = [resource["values"]["chart"] for resource in made.resources if resource["type"] == "helm_release"]
    assert sorted(releases) == sorted(
        ["cert-manager", "traefik", "prometheus", "jupyterhub-home-nfs", *["jupyterhub", "dask-gateway"] * 2]
    )
