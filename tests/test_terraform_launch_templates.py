"""Node groups whose machine type stands in a launch template have a price too: the plan says which template is meant."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from terraform.changes import Planned, resources
from terraform.cost_delta import delta
from terraform.fleet import Cluster, Fleet, Policy, Provider, Settings
from terraform.launch_templates import with_machine_types
from terraform.past_costs import PoolMonth
from tests.test_terraform_cost_delta import Past

if TYPE_CHECKING:
    from tests.fixtures_terraform import Terraform
    from tests.provider.cloud import Cloud

D = Decimal
GROUP, TEMPLATE = "aws_eks_node_group", "aws_launch_template"
MODULE = """
variable "pools" { type = map(string) }

resource "aws_launch_template" "this" {
  for_each      = var.pools
  name          = "${each.key}-${replace(each.value, ".", "-")}"
  instance_type = each.value
}

resource "aws_eks_node_group" "this" {
  for_each        = var.pools
  cluster_name    = "tide"
  node_group_name = each.key
  node_role_arn   = "arn:aws:iam::123456789012:role/nodes"
  subnet_ids      = ["subnet-1"]

  launch_template {
    id      = aws_launch_template.this[each.key].id
    version = aws_launch_template.this[each.key].latest_version
  }
  scaling_config {
    min_size     = 1
    max_size     = 2
    desired_size = 1
  }
}
"""
CLUSTER = Cluster("tide", Provider.AWS, None, ("tide",), (), (), "eu-west-1", None, (), None, Policy(), (), Path("c"))
FLEET = Fleet(Path("fleet"), Settings(), (CLUSTER,), ())
PAST = Past(
    pools=(
        PoolMonth("tide", "user", "2026-10", D(1000), D(300), "USD"),
        PoolMonth("tide", "core", "2026-10", D(1000), D(100), "USD"),
    )
)


def plan(terraform: Terraform, **pools: str) -> list[Planned]:
    """Return the resources of a plan of node groups with machines of these types."""
    terraform.write({"module": {"nodes": {"source": "./nodes", "pools": pools}}})
    terraform.run("plan", "-out=plan")
    shown = terraform.show("plan")
    return with_machine_types(resources(shown), shown)


def machines(planned: list[Planned]) -> dict[str, tuple[object, object]]:
    """Return the machine types of each node group, before and after."""
    return {
        each.address.split('"')[1]: (
            (each.before or {}).get("instance_types"),
            (each.after or {}).get("instance_types"),
        )
        for each in planned
        if each.type == GROUP
    }


def test_a_plan_s_node_groups_have_the_machines_of_their_launch_templates(
    terraform: Terraform, toy_cloud: Cloud
) -> None:
    (terraform.folder / "nodes").mkdir()
    (terraform.folder / "nodes" / "main.tf").write_text(MODULE)
    terraform.write({"module": {"nodes": {"source": "./nodes", "pools": {}}}})
    terraform.run("init")
    made = plan(terraform, core="m5.large", user="r5.xlarge")
    assert machines(made) == {"core": (None, ["m5.large"]), "user": (None, ["r5.xlarge"])}
    terraform.run("apply", "plan")
    for group in toy_cloud.objects[GROUP].values():
        group["instance_types"] = []  # what AWS lists where the template has the type

    changed = plan(terraform, core="m5.large", user="m5.large")
    assert machines(changed) == {"core": (["m5.large"], ["m5.large"]), "user": (["r5.xlarge"], ["m5.large"])}
    found = delta(FLEET, CLUSTER, changed, PAST)
    (one,) = found.priced
    assert one.expected == D(1000) * (D("0.1") - D("0.3"))
    assert "m5.large at 0.1000 USD a node-hour (pool tide/core, 2026-10)" in one.derivation
    assert found.no_basis == (), "what a template makes is paid for, not the template"


def planned(kind: str, address: str, values: dict[str, Any]) -> Planned:
    return Planned(address, kind, "this", None, values, {}, ("create",))


def configured(*references: str) -> dict[str, Any]:
    block = {"launch_template": [{"id": {"references": list(references)}}]}
    return {"configuration": {"root_module": {"resources": [{"address": f"{GROUP}.this", "expressions": block}]}}}


@pytest.mark.parametrize(
    ("templates", "references", "found"),
    [
        ([""], [f"{TEMPLATE}.this.id", f"{TEMPLATE}.this"], "t3.0"),
        (['["a"]', '["b"]'], [f'{TEMPLATE}.this["b"].id', f'{TEMPLATE}.this["b"]', f"{TEMPLATE}.this"], "t3.1"),
        (["[0]"], [f"{TEMPLATE}.this", "local.index"], "t3.0"),
        (["[0]", "[1]"], [f"{TEMPLATE}.this", "local.index"], None),  # which of them, the plan does not say
        ([""], ["var.template"], None),
    ],
)
def test_a_reference_means_one_template_or_none(templates: list[str], references: list[str], found: str | None) -> None:
    group = planned(GROUP, f"{GROUP}.this", {"instance_types": None, "launch_template": [{"version": "1"}]})
    there = [
        planned(TEMPLATE, f"{TEMPLATE}.this{key}", {"instance_type": f"t3.{index}"})
        for index, key in enumerate(templates)
    ]
    elsewhere = planned(TEMPLATE, f"module.other.{TEMPLATE}.this", {"instance_type": "of another module"})
    filled = with_machine_types([group, *there, elsewhere], configured(*references))
    assert filled[0].after is not None
    assert filled[0].after["instance_types"] == (None if found is None else [found])


def test_a_group_s_own_machine_type_is_kept() -> None:
    group = planned(GROUP, f"{GROUP}.this", {"instance_types": ["m5.large"], "launch_template": [{"name": "other"}]})
    template = planned(TEMPLATE, f"{TEMPLATE}.this", {"name": "other", "instance_type": "r5.large"})
    assert with_machine_types([group, template], {})[0] == group
    unsaid = replace(group, after={"launch_template": [{"name": "other"}]})
    assert (with_machine_types([unsaid, template], {})[0].after or {})["instance_types"] == ["r5.large"]
