"""The test provider behaves as the clouds' own do, as far as the tests of Terraform rely on it."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from tests.provider.cloud import Fault

if TYPE_CHECKING:
    from tests.fixtures_terraform import Terraform
    from tests.provider.cloud import Cloud

GOOGLE = {"project": "tidewater", "region": "europe-west1", "default_labels": {"managed-by": "hubledger"}}
PROVIDERS: dict[str, Any] = {"google": GOOGLE, "aws": {"region": "us-west-2"}, "azurerm": {"features": {}}}
HOME = {"name": "home", "zone": "europe-west1-b", "size": 100, "labels": {"volume-purpose": "home-nfs"}}


def one(kind: str, attributes: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration with one resource."""
    provider = kind.split("_")[0]
    settings = {"provider": {provider: PROVIDERS[provider]}} if provider in PROVIDERS else {}
    return {**settings, "resource": {kind: {"this": attributes}}}


def disk(**attributes: Any) -> dict[str, Any]:
    return one("google_compute_disk", {**HOME, **attributes})


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
    assert toy_cloud.only("google_compute_disk")["id"] == "projects/tidewater/zones/europe-west1-b/disks/home"
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


def test_what_changed_in_the_cloud_is_a_drift(terraform: Terraform, toy_cloud: Cloud) -> None:
    terraform.write(disk())
    terraform.run("init")
    terraform.run("apply", "-auto-approve")
    toy_cloud.only("google_compute_disk")["labels"] = {}
    terraform.run("plan", "-out=plan", "-detailed-exitcode", expect=2)
    plan = terraform.show("plan")
    assert plan["resource_drift"][0]["change"]["after"]["labels"] == {}
    assert actions(plan) == [["update"]]
    toy_cloud.objects["google_compute_disk"].clear()
    terraform.run("plan", "-out=plan")
    assert actions(terraform.show("plan")) == [["create"]]


def test_an_object_that_was_there_is_imported(terraform: Terraform, toy_cloud: Cloud) -> None:
    identifier = "projects/tidewater/zones/europe-west1-b/disks/home"
    toy_cloud.objects["google_compute_disk"][identifier] = {"id": identifier, "project": "tidewater", **HOME}
    terraform.write(disk())
    terraform.run("init")
    missing = terraform.run("import", "google_compute_disk.this", "projects/tidewater/zones/b/disks/none", expect=1)
    assert "notFound" in missing.stderr
    terraform.run("import", "google_compute_disk.this", identifier)
    (resource,) = terraform.state()["resources"]
    assert resource["instances"][0]["attributes"]["size"] == 100


def test_secrets_are_sensitive_and_nested_attributes_work(terraform: Terraform, toy_cloud: Cloud) -> None:
    hub = {"name": "hub", "chart": "jupyterhub", "set_sensitive": [{"name": "proxy.secretToken", "value": "hunter2"}]}
    secret = {"metadata": {"name": "token", "namespace": "estuary"}, "data": {"token": "hunter3"}}
    configuration = one("helm_release", hub)
    configuration["resource"]["kubernetes_secret_v1"] = {"this": secret}
    terraform.write(configuration)
    terraform.run("init")
    applied = terraform.run("apply", "-auto-approve")
    assert "hunter" not in applied.stdout
    assert list(toy_cloud.objects["kubernetes_secret_v1"]) == ["estuary/token"]
    assert toy_cloud.only("helm_release")["set_sensitive"][0]["value"] == "hunter2"


def test_a_protected_cluster_is_not_destroyed(terraform: Terraform, toy_cloud: Cloud) -> None:
    cluster = {"name": "tidewater", "location": "europe-west1", "initial_node_count": 1, "deletion_protection": True}
    configuration = one("google_container_cluster", cluster)
    authority = "${base64decode(google_container_cluster.this.master_auth[0].cluster_ca_certificate)}"
    configuration["output"] = {"authority": {"value": authority}}
    terraform.write(configuration)
    terraform.run("init")
    applied = terraform.run("apply", "-auto-approve")
    assert "BEGIN CERTIFICATE" in applied.stdout
    refused = terraform.run("destroy", "-auto-approve", expect=1)
    assert "deletion_protection is set to true" in refused.stderr
    assert len(toy_cloud.objects["google_container_cluster"]) == 1


VAULT = {"name": "homes", "location": "westeurope", "resource_group_name": "coast", "sku": "Standard"}


@pytest.mark.parametrize(
    ("kind", "attributes", "status", "said"),
    [
        ("google_compute_disk", HOME, 429, "googleapi: Error 429: Quota exceeded, rateLimitExceeded"),
        (
            "aws_s3_bucket",
            {"bucket": "scratch"},
            403,
            "StatusCode: 403, RequestID: 5c8b6d0e-toy, AccessDeniedException",
        ),
        ("azurerm_recovery_services_vault", VAULT, 500, "unexpected status 500 with error: InternalServerError"),
    ],
)
def test_a_refusal_is_worded_as_that_cloud_does(
    kind: str, attributes: dict[str, Any], status: int, said: str, terraform: Terraform, toy_cloud: Cloud
) -> None:
    terraform.write(one(kind, attributes))
    terraform.run("init")
    toy_cloud.fault(Fault("create", kind, status=status))
    refused = terraform.run("apply", "-auto-approve", expect=1)
    assert said in " ".join(refused.stderr.split())


def test_a_connection_may_be_reset_or_the_provider_crash(terraform: Terraform, toy_cloud: Cloud) -> None:
    terraform.write(disk())
    terraform.run("init")
    toy_cloud.fault(Fault("create", reset=True))
    assert "connection reset by peer" in terraform.run("apply", "-auto-approve", expect=1).stderr
    toy_cloud.fault(Fault("create", crash=True, after_effect=True))
    crashed = terraform.run("apply", "-auto-approve", expect=1)
    assert "The plugin encountered an error" in crashed.stderr
    assert len(toy_cloud.objects["google_compute_disk"]) == 1  # made, though Terraform does not know it
    exists = terraform.run("apply", "-auto-approve", expect=1)
    assert "alreadyExists" in exists.stderr
    toy_cloud.fault(Fault("configure", status=401, message="could not find default credentials"))
    assert "could not find default credentials" in terraform.run("plan", expect=1).stderr


def test_one_interrupt_lets_a_call_that_hangs_go_and_leaves_no_process(terraform: Terraform, toy_cloud: Cloud) -> None:
    terraform.write(disk())
    terraform.run("init")
    toy_cloud.fault(Fault("create", hang=True, status=503))
    with terraform.start("apply", "-auto-approve", start_new_session=True) as process:
        toy_cloud.wait_for("create")
        plugins = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 1
    assert plugins
    assert psutil.wait_procs(plugins, timeout=10)[1] == []
    toy_cloud.heal()
    terraform.run("apply", "-auto-approve")


def test_a_killed_terraform_leaves_no_provider_behind(terraform: Terraform, toy_cloud: Cloud) -> None:
    terraform.write(disk())
    terraform.run("init")
    toy_cloud.fault(Fault("create", hang=True))
    with terraform.start("apply", "-auto-approve") as process:
        toy_cloud.wait_for("create")
        plugins = psutil.Process(process.pid).children(recursive=True)
        process.kill()
    assert plugins
    assert psutil.wait_procs(plugins, timeout=10)[1] == []


def test_calls_may_be_slow(terraform: Terraform, toy_cloud: Cloud) -> None:
    terraform.write(disk())
    terraform.run("init")
    toy_cloud.fault(Fault("create", seconds=1))
    began = time.monotonic()
    terraform.run("apply", "-auto-approve")
    assert time.monotonic() - began > 1
    assert len(toy_cloud.objects["google_compute_disk"]) == 1


def test_a_data_source_answers_what_the_test_says(terraform: Terraform, toy_cloud: Cloud) -> None:
    toy_cloud.data["google_client_config"] = {"project": "tidewater"}
    me = "${data.google_client_config.me.%s}"
    outputs = {name: {"value": me % name, "sensitive": name == "access_token"} for name in ("project", "access_token")}
    terraform.write({"data": {"google_client_config": {"me": {}}}, "output": outputs})
    terraform.run("init")
    terraform.run("apply", "-auto-approve")
    stored = terraform.state()["outputs"]
    assert stored["project"]["value"] == "tidewater"
    assert stored["access_token"]["value"].startswith("access_token-of-")


def test_clusters_may_have_objects_of_the_same_name(terraform: Terraform, toy_cloud: Cloud) -> None:
    kubernetes = [{"alias": name, "host": f"https://{name}.example"} for name in ("tidewater", "northlight")]
    support = {
        name: {"provider": f"kubernetes.{name}", "metadata": {"name": "support"}}
        for name in ("tidewater", "northlight")
    }
    terraform.write({"provider": {"kubernetes": kubernetes}, "resource": {"kubernetes_namespace_v1": support}})
    terraform.run("init")
    terraform.run("apply", "-auto-approve")
    assert sorted(toy_cloud.objects["kubernetes_namespace_v1"]) == [
        "support@https://northlight.example",
        "support@https://tidewater.example",
    ]
    terraform.run("plan", "-detailed-exitcode")
