"""HashiCorp's own AWS provider, a binary, in a mirror of its own, to run against moto.

It is 3.39.0, the newest that a Python package carries: old, but no double. `python -m tests.fixtures_aws_provider install`
installs it beforehand.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import environments
from tests.fixtures_terraform import CLI_CONFIG, Terraform

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = "3.39.0"


class NoProvider(Exception):
    """The package has no provider for this machine."""


def install() -> Path:
    """Install the provider, unless it is; return a filesystem mirror that has it."""
    python = environments.install("aws-provider", "python")
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise NoProvider(f"the AWS provider {VERSION} is for Linux on x86-64 alone")
    mirror = python.parents[1] / "mirror"
    home = mirror / "registry.terraform.io" / "hashicorp" / "aws" / VERSION / "linux_amd64"
    if not home.exists():
        (archive,) = python.parents[1].glob(
            f"lib/python3*/site-packages/cloudrail/terraform_plugins/*aws_{VERSION}_*.zip"
        )
        home.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=mirror) as folder, zipfile.ZipFile(archive) as packed:
            for name in packed.namelist():
                Path(packed.extract(name, folder)).chmod(0o755)
            unpacked = Path(folder) / "whole"
            unpacked.mkdir()
            for name in packed.namelist():
                shutil.move(Path(folder) / name, unpacked / name)
            try:
                unpacked.rename(home)  # at once: another process may do the same
            except OSError:
                if not home.exists():
                    raise
    return mirror


@pytest.fixture
def terraform_on_aws(terraform_binary: Path, terraform_home: Path, s3_endpoint: str, tmp_path: Path) -> Terraform:
    """Return terraform in a folder that has the compatibility fixture, on the real provider against moto."""
    folder = tmp_path / "aws"
    shutil.copytree(environments.REPOSITORY / "tests" / "aws_compatibility", folder)
    (folder / "labels").symlink_to(environments.REPOSITORY / "terraform" / "modules" / "labels")
    cli_config = tmp_path / "terraform.rc"
    cli_config.write_text(CLI_CONFIG.format(path=f'"{install()}"'))
    environment: Mapping[str, str] = {
        "PATH": os.environ["PATH"],
        "HOME": str(terraform_home / "home"),
        "TF_CLI_CONFIG_FILE": str(cli_config),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "TF_VAR_endpoint": s3_endpoint,
        "TF_VAR_name": "northlight",
    }
    return Terraform(terraform_binary, folder, environment)


if __name__ == "__main__":
    if sys.argv[1:] != ["install"]:
        sys.exit("usage: python -m tests.fixtures_aws_provider install")
    print(install())
