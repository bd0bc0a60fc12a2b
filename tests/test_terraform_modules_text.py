"""What the modules say: the same in every cloud, typed, described and validated; and a README that is true."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from terraform.billable import billable
from tests.modules import CLOUDS, HOLDS_DATA, MODULES, NAMES, read, renewed, tables

if TYPE_CHECKING:
    from tests.modules import Variable

MAJORS = {"google": "~> 8.0", "aws": "~> 6.0", "azurerm": "~> 5.0", "helm": "~> 3.0", "kubernetes": "~> 3.0"}


def _said(variable: Variable) -> tuple[str, str, str | None]:
    return variable.type, variable.description, variable.default


@pytest.mark.parametrize("cloud", ["aws", "azure"])
def test_every_cloud_takes_the_same_variables(cloud: str) -> None:
    first, other = read("gcp"), read(cloud)
    assert {variable.name: _said(variable) for variable in other.variables if variable.name != cloud} == {
        variable.name: _said(variable) for variable in first.variables if variable.name != "gcp"
    }
    assert other.variable(cloud).default is None, f"what only {cloud} has is one required object"
    assert [variable.name for variable in other.variables] == [
        cloud if variable.name == "gcp" else variable.name for variable in first.variables
    ]


@pytest.mark.parametrize("cloud", ["aws", "azure"])
def test_every_cloud_gives_the_same_outputs(cloud: str) -> None:
    assert read(cloud).outputs == read("gcp").outputs


@pytest.mark.parametrize("name", NAMES)
def test_every_variable_is_typed_described_and_validated(name: str) -> None:
    module = read(name)
    for variable in module.variables:
        assert variable.type, f"{variable.name} has no type"
        assert variable.description.endswith("."), f"{variable.name} is not described in a sentence"
        assert variable.validations or variable.type == "bool", f"{variable.name} is not validated"
    assert all(output.description.endswith(".") for output in module.outputs)


def test_secrets_are_sensitive() -> None:
    assert read("hub").variable("authenticator_config").sensitive


@pytest.mark.parametrize("name", NAMES)
def test_what_holds_data_can_not_be_destroyed(name: str) -> None:
    resources = read(name).resources
    assert [
        resource.place for resource in resources if resource.kind in HOLDS_DATA and not resource.prevents_destroy
    ] == []
    assert [
        resource.place for resource in resources if resource.prevents_destroy and resource.kind not in HOLDS_DATA
    ] == []


def test_the_wrapper_asks_before_it_destroys_what_holds_data() -> None:
    assert {kind for kind, known in billable().items() if known.data} >= HOLDS_DATA


def test_every_cloud_holds_data_of_every_kind() -> None:
    assert {resource.kind for name in NAMES for resource in read(name).resources} >= HOLDS_DATA


@pytest.mark.parametrize("name", NAMES)
def test_a_module_pins_majors_asks_nothing_and_needs_no_other_provider(name: str) -> None:
    module = read(name)
    kinds = {resource.kind.split("_")[0] for resource in module.resources}
    assert module.data == (), "values are passed in: a plan asks the cloud for nothing else"
    assert set(module.providers) == kinds
    assert module.providers == {provider: MAJORS[provider] for provider in kinds}


@pytest.mark.parametrize("name", NAMES)
def test_a_readme_s_tables_are_those_of_the_module(request: pytest.FixtureRequest, name: str) -> None:
    module = read(name)
    if request.config.getoption("--renew-golden"):
        module.readme.write_text(renewed(module))
    assert tables(module) in module.readme.read_text(), "pytest --renew-golden writes them anew"


@pytest.mark.parametrize("name", NAMES)
def test_a_readme_names_examples_and_files_that_are_there(name: str) -> None:
    text = read(name).readme.read_text()
    for folder in (MODULES / name / "examples").iterdir():
        assert f"(examples/{folder.name}/main.tf)" in text
    prose = text.split("<!-- tables -->")[0]
    for link in re.findall(r"\]\(([^)#]+)", prose):
        assert (MODULES / name / link).exists(), link
    files = {path.name for path in (MODULES / name).glob("*.tf")}
    assert set(re.findall(r"`([a-z_]+[.]tf)`", prose)) <= files


def test_the_parts_of_a_cluster_are_all_described() -> None:
    plain = {"main.tf", "variables.tf", "outputs.tf", "versions.tf", "labels.tf", "services.tf"}
    for cloud in CLOUDS:
        text = read(cloud).readme.read_text()
        files = {path.name for path in (MODULES / cloud).glob("*.tf")} - plain
        assert {file for file in files if f"`{file}`" not in text} == set()
