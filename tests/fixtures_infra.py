"""`hubledger infra` as its users run it: a fleet folder, a work folder, the command in processes that a test may signal.

    def test_a_plan_is_applied(infra: Infra) -> None:
        infra.cluster("tidewater", SLOW, word="high")
        infra.run("plan", "tidewater")
        infra.run("apply", "tidewater")

`infra` has no cloud; `cloudy_infra` has the toy cloud behind the test provider. A cluster's module is one of the texts here,
or, with `module=None`, Hubledger's own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from tests.environments import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

# Two resources after each other, each of which takes its time; a secret, and an output that holds it.
SLOW = """
variable "word" { type = string }
variable "seconds" { default = 0 }
variable "token" {
  type      = string
  sensitive = true
  default   = ""
}
resource "terraform_data" "first" {
  input            = var.word
  triggers_replace = [var.token]
  provisioner "local-exec" { command = "sleep ${var.seconds}" }
}
resource "terraform_data" "second" {
  input = "${terraform_data.first.id} ${var.word}"
  provisioner "local-exec" { command = "sleep ${var.seconds}" }
}
output "word" { value = terraform_data.first.output }
output "token" {
  value     = var.token
  sensitive = true
}
"""
LABELS = '{ "cluster-name" = "tidewater", "managed-by" = "hubledger", "hub-name" = "estuary" }'
# What holds data, and a bucket, on the toy cloud.
DISK = f"""
variable "disk" {{ default = "homes" }}
variable "size" {{
  type    = number
  default = 100
}}
variable "labels" {{
  type    = map(string)
  default = {LABELS}
}}
resource "google_compute_disk" "homes" {{
  name   = var.disk
  zone   = "europe-west1-b"
  size   = var.size
  type   = "pd-balanced"
  labels = var.labels
}}
output "disk" {{ value = google_compute_disk.homes.name }}
"""


@dataclass(slots=True)
class Infra:
    """A fleet and its infrastructure, in a folder of the test's own."""

    folder: Path
    environment: dict[str, str] = field(repr=False)

    @property
    def fleet(self) -> Path:
        return self.folder / "fleet"

    def work(self, cluster: str) -> Path:
        """Return the work folder of a cluster."""
        return self.folder / "infra" / cluster

    def cluster(
        self,
        name: str,
        module: str | None = SLOW,
        *,
        backend: Mapping[str, Any] | None = None,
        secrets: Mapping[str, Any] | None = None,
        after: Sequence[str] = (),
        section: Mapping[str, Any] | None = None,
        extra: Mapping[str, Any] | None = None,
        **variables: object,
    ) -> Path:
        """Write a cluster of the fleet, with a module of its own that is given the variables; return its file."""
        file = self.fleet / "clusters" / name / "cluster.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        infrastructure: dict[str, Any] = dict(section or {})
        if module is not None:
            (file.parent / "module").mkdir(exist_ok=True)
            (file.parent / "module" / "main.tf").write_text(module)
            infrastructure |= {"module": "module", "variables": variables}
        for key, value in (("backend", backend), ("secrets", secrets), ("after", list(after))):
            if value:
                infrastructure[key] = value
        content = {"name": name, "provider": "kubeconfig", **(extra or {}), "infrastructure": infrastructure}
        file.write_text(json.dumps(content, indent=2))  # JSON is YAML
        return file

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start `hubledger infra`, in a process that leads a session of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "hubledger", "infra", *arguments],
            cwd=REPOSITORY,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, expect: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run `hubledger infra`, which must exit with `expect`."""
        with self.start(*arguments, **environment) as process:
            stdout, stderr = process.communicate(timeout=120)
        assert process.returncode == expect, f"exit code {process.returncode}:\n{stdout}{stderr}"
        assert "Traceback" not in stderr, stderr
        return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)

    def receipts(self, cluster: str) -> list[dict[str, Any]]:
        """Return the receipts of a cluster."""
        file = self.work(cluster) / "receipts.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def state(self, cluster: str) -> dict[str, Any]:
        """Return the state of a cluster whose backend is a file."""
        file = self.work(cluster) / "terraform.tfstate"
        text = file.read_text() if file.exists() else ""  # to lock it, Terraform makes an empty one
        state: dict[str, Any] = json.loads(text or '{"serial": 0, "resources": []}')
        return state

    def output(self, cluster: str, command: str) -> str:
        """Return what the newest run of a Terraform command of that cluster has printed so far."""
        runs = sorted(self.work(cluster).glob(f".hubledger/runs/*-{command}"))
        files = [file for run in runs[-1:] for file in (run / "output.raw", run / "output.jsonl") if file.exists()]
        return files[0].read_text() if files else ""

    def terraform(self, cluster: str) -> psutil.Process:
        """Return the process of Terraform that works on a cluster."""
        runs = sorted(self.work(cluster).glob(".hubledger/runs/*/process.json"))
        return psutil.Process(json.loads(runs[-1].read_text())["pid"])


def until(moment: Callable[[], object], seconds: float = 30) -> None:
    """Wait for a moment."""
    end = time.monotonic() + seconds
    while not moment():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


def gone(process: psutil.Process, seconds: float = 30) -> None:
    """Wait for a process that need not be our child to end."""
    until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, seconds)


def environment_of(folder: Path, base: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that `hubledger infra` has in tests."""
    return {
        **base,
        "HUBLEDGER_FLEET": str(folder / "fleet"),
        "HUBLEDGER_INFRA": str(folder / "infra"),
        "HUBLEDGER_RETRY_SECONDS": "0.1",
        "HUBLEDGER_GRACE_SECONDS": "5",
        "HUBLEDGER_LOCK_SECONDS": "0",
        "COLUMNS": "200",
    }


@pytest.fixture
def infra(tmp_path: Path) -> Infra:
    """Return a fleet without clusters, and no cloud."""
    config = tmp_path / "terraform.rc"
    config.touch()
    foreign = ("TF_", "AWS_", "GOOGLE_", "ARM_", "HUBLEDGER_")
    base = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return Infra(tmp_path, environment_of(tmp_path, {**base, "TF_CLI_CONFIG_FILE": str(config)}))


@pytest.fixture
def cloudy_infra(tmp_path: Path, terraform_environment: dict[str, str]) -> Infra:
    """Return a fleet without clusters, with the toy cloud for all its providers."""
    return Infra(tmp_path, environment_of(tmp_path, terraform_environment))
