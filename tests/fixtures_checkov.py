"""checkov, which reads Terraform for what is unsafe, in an environment of its own.

`python -m tests.fixtures_checkov install` installs it beforehand.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests import environments

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Finding:
    """A check that failed, or was skipped for `reason`."""

    check: str
    name: str
    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.check} {self.name}"


@dataclass(frozen=True, slots=True)
class Report:
    """What checkov says of a folder."""

    failed: tuple[Finding, ...]
    skipped: tuple[Finding, ...]
    unreadable: tuple[str, ...]  # files
    resources: int


def install() -> Path:
    """Install checkov, unless it is; return its command."""
    return environments.install("checkov", "checkov")


@pytest.fixture(scope="session")
def checkov(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Report]:
    """Return what runs checkov on a folder."""
    command, home = install(), tmp_path_factory.mktemp("checkov")

    def check(folder: Path) -> Report:
        # Its own reading of variables breaks on numbers in a `for`; its guidelines would come over the network.
        options = ["--framework", "terraform", "--evaluate-variables", "false", "--skip-download", "-o", "json"]
        done = subprocess.run(
            [command, "-d", folder, *options],
            env={"HOME": str(home), "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        if not done.stdout.startswith("{"):
            raise RuntimeError(f"checkov ended with {done.returncode}: {done.stderr[-2000:]}")
        document = json.loads(done.stdout)
        results = document["results"]
        return Report(
            failed=_findings(results["failed_checks"]),
            skipped=_findings(results["skipped_checks"]),
            unreadable=tuple(results["parsing_errors"]),
            resources=document["summary"]["resource_count"],
        )

    return check


def _findings(checks: list[dict[str, Any]]) -> tuple[Finding, ...]:
    found = {
        Finding(
            check["check_id"],
            check["check_name"],
            f"{check['file_path'].lstrip('/')}:{check['file_line_range'][0]} {check['resource']}",
            check["check_result"].get("suppress_comment") or "",
        )
        for check in checks
    }
    return tuple(sorted(found, key=str))


if __name__ == "__main__":
    if sys.argv[1:] != ["install"]:
        sys.exit("usage: python -m tests.fixtures_checkov install")
    print(install())
