"""Terraform keeps state and lock in each backend that the tests offer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fixtures_backends import BACKENDS
from tests.provider.cloud import Fault

if TYPE_CHECKING:
    from tests.fixtures_backends import Backend
    from tests.fixtures_terraform import Terraform
    from tests.provider.cloud import Cloud


@pytest.mark.parametrize("backend", BACKENDS, indirect=True)
def test_state_is_kept_and_locked_in(backend: Backend, terraform: Terraform, toy_cloud: Cloud) -> None:
    first = terraform.at(terraform.folder, **backend.environment)
    disk = {"name": "home", "zone": "europe-west1-b", "project": "tidewater"}
    first.write(
        {
            "terraform": {"backend": {backend.kind: backend.settings}},
            "resource": {"google_compute_disk": {"home": disk}},
        }
    )
    first.run("init")
    toy_cloud.fault(Fault("create", "google_compute_disk", hang=True))
    with first.start("apply", "-auto-approve", "-no-color") as applying:
        toy_cloud.wait_for("create", "google_compute_disk")
        refused = first.run("plan", "-lock-timeout=0s", expect=1)
        toy_cloud.release()
        assert applying.wait(60) == 0
    assert "Error acquiring the state lock" in refused.stderr
    # PostgreSQL's lock is an advisory one of the connection: it does not say whose, and ends with the process.
    assert ("OperationTypeApply" in refused.stderr) == (backend.kind != "pg")

    state = first.state()
    assert [resource["type"] for resource in state["resources"]] == ["google_compute_disk"]
    first.run("plan", "-detailed-exitcode")
