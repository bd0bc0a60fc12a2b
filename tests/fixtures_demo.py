"""The example fleet, taken through the whole pipeline once a test run, by the command itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from examples.demo import MONTHS

REPOSITORY = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Demo:
    """A folder with the example fleet's files, bills, usage and lake, and what `make demo` printed."""

    folder: Path
    printed: str

    @property
    def fleet(self) -> Path:
        return self.folder / "fleet"

    @property
    def lake(self) -> Path:
        return self.folder / "lake"

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger.sqlite"

    @property
    def totals(self) -> list[dict[str, str]]:
        """What the bills amount to, added up from the files without Hubledger."""
        rows: list[dict[str, str]] = json.loads((self.folder / "totals.json").read_text())
        return rows

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `hubledger` on this demo's fleet and lake."""
        return hubledger(*arguments, fleet=self.fleet, lake=self.lake, check=check)

    def report(self, month: str = MONTHS[-1], **options: str) -> dict[str, Any]:
        """Return `hubledger costs report --format json`."""
        flags = [part for name, value in options.items() for part in (f"--{name}", value)]
        found: dict[str, Any] = json.loads(
            self.run("costs", "report", "--month", month, "--format", "json", *flags).stdout
        )
        return found


def hubledger(
    *arguments: str, fleet: Path, lake: Path, check: bool = True, cwd: Path = REPOSITORY
) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, as a user does."""
    environment = os.environ | {
        "HUBLEDGER_FLEET": str(fleet),
        "HUBLEDGER_LAKE": str(lake),
        "HUBLEDGER_LEDGER": str(lake.parent / "ledger.sqlite"),
        "COLUMNS": "160",
    }
    done = subprocess.run(
        [sys.executable, "-m", "hubledger", *arguments],
        env=environment,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    if check and done.returncode:
        raise AssertionError(
            f"hubledger {' '.join(arguments)} exited with {done.returncode}:\n{done.stdout}{done.stderr}"
        )
    return done


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Return the demo, made by the first worker that asks. Tests read it; one that writes copies it first."""
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if os.environ.get("PYTEST_XDIST_WORKER") else shared
    folder, printed = shared / "demo", shared / "demo.txt"
    with FileLock(shared / "demo.lock"):
        if not printed.exists():
            done = subprocess.run(
                [sys.executable, "-m", "examples.demo", str(folder)],
                cwd=REPOSITORY,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            printed.write_text(done.stdout)
    return Demo(folder, printed.read_text())
