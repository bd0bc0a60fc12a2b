"""The test provider behaves as the clouds' own do, as far as the tests of Terraform rely on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fixtures_terraform import Terraform
    from tests.provider.cloud import Cloud

PROVIDER = {"google": {"project": "tidewater", "region": "europe-west1", "default_labels": {"managed-by": "hubledger"}}}
CLUSTER = {"name": "tidewater", "location": "europe-west1", "initial_node_count": 1, "deletion_protection": False}


def disk(**attributes: Any) -> dict[str, Any]:
    home = {
        "name": "home",
        "zone": "europe-west1-b",
        "size": 100,
        "labels": {"volume-purpose": "home-nfs"},
        **attributes,
    }
    return {"provider": PROVIDER, "resource": {"google_compute_disk": {"home": home}}}


def actions(plan: dict[str, Any]) -> list[list[str]]:
    return [change["change"]["actions"] for change in plan.get("resource_changes", [])]


def test_a_disk_is_made_changed_replaced_and_destroyed(terraform: Terraform, toy_cloud: Cloud) -> None:
    terraform.write(disk())
    terraform.run("init")
    terraform.run("plan", "-out=plan")
    (change,) = terraform.show("plan")["resource_changes"]
    assert change["change"]["actions"] == ["create"]
    assert change["change"]["after_unknown"]["self_link"] is True
    assert change["change"]["after"]["project"] == "tidewater"
    assert change["change"]["after"]["effective_labels"] == {"managed-by": "hubledger", "volume-purpose": "home-nfs"}
    terraform.run("apply", "plan")
    assert toy_cloud.only("google_compute_disk")["size"] == 100
    terraform.run("plan", "-detailed-exitcode")

    terraform.write(disk(size=200))
    terraform.run("plan", "-out=plan", "-detailed-exitcode", expect=2)
    assert actions(terraform.show("plan")) == [["update"]]
    terraform.run("apply", "plan")
    assert toy_cloud.only("google_compute_disk")["size"] == 200

    terraform.write(disk(size=200, type="pd-ssd"))
    terraform.run("plan", "-out=plan")
    plan = terraform.show("plan")
    assert actions(plan) == [["delete", "create"]]
    assert plan["resource_changes"][0]["change"]["replace_paths"] == [["type"]]
    terraform.run("apply", "plan")
    terraform.run("destroy", "-auto-approve")
    assert toy_cloud.objects["google_compute_disk"] == {}
