"""Others who judge FOCUS rows: the FinOps Foundation's own validator, and focus-data-toolkit, which also makes rows.

Each is installed once into an environment of its own, by `python -m tests.fixtures_focus install` or by the fixture.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
from filelock import FileLock

REPOSITORY = Path(__file__).resolve().parents[1]
REQUIREMENTS = Path(__file__).resolve().parent / "requirements"
CRITERIA = ("SupportsUnitPricing", "SupportsMultiplePricingCategories")
LINT = """
import csv, json, sys
from focus_data_toolkit.model.validator import lint_focus_1_4_structure as lint
from focus_data_toolkit.validate.allocation import validate_split_allocation as split
with open(sys.argv[1], newline="", encoding="utf-8") as file:
    rows = list(csv.DictReader(file))
found = lint("cau", rows, supported_conditions=sys.argv[2:]).violations
print(json.dumps({
    "rows": [[None if each.row_index is None else each.row_index + 1, each.column, each.rule] for each in found],
    "split": [[each.code, each.record_keys["x_SplitOriginId"]] for each in split(rows)],
}))
"""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the Foundation's validator says: how many rules it tried, and the ones that fail by themselves."""

    total: int
    passed: int
    failed: frozenset[str]  # without those that fail only because rules they are made of do


@dataclass(frozen=True, slots=True)
class Validator:
    """The FinOps Foundation's focus-validator. It knows FOCUS 1.2 and exits with 0 whatever it finds."""

    environment: Path

    def judge(self, file: Path) -> Judged:
        """Check `file` against FOCUS 1.2 with every applicability criterion, offline."""
        packages = next(self.environment.glob("lib/python3.*/site-packages"))  # it finds its rules from there
        done = subprocess.run(
            [
                self.environment / "bin" / "focus-validator", "--data-file", file.resolve(), "--validate-version", "1.2",
                "--block-download", "--applicability-criteria", "ALL",
            ],
            cwd=packages, check=True, capture_output=True, text=True, timeout=240,
        )  # fmt: skip
        counts = re.search(r"Total: (\d+) \| Pass: (\d+) \| Fail: (\d+) \|", done.stdout)
        assert counts, done.stdout[-2000:] + done.stderr[-2000:]
        lines = re.findall(r"^\S* ?([A-Za-z]+-[ACD]-\d+-[A-Z]): FAIL +\((.*)\)$", done.stdout, re.MULTILINE)
        assert len(lines) == int(counts[3])
        failed = frozenset(rule for rule, told in lines if "failed - failed child rules" not in told)
        return Judged(int(counts[1]), int(counts[2]), failed)


@dataclass(frozen=True, slots=True)
class Toolkit:
    """focus-data-toolkit: generates FOCUS 1.2 and 1.3, converts to 1.4, lints 1.4."""

    environment: Path

    def generate(self, provider: str, version: str, folder: Path, *, rows: int = 300) -> Path:
        """Return a file of rows such as `provider` (aws, azure, gcp) would deliver."""
        source = "1.3" if version == "1.4" else version
        self._run("generate", "--provider", provider, "--focus-version", source, "--rows", str(rows), "--out", folder)
        (file,) = folder.glob("*cost_and_usage*.csv")
        if version == source:
            return file
        self._run(
            "convert", "--cost-and-usage", file, "--out", folder / "1.4", codes=(0, 3)
        )  # 3: other datasets are missing
        return folder / "1.4" / "focus_1_4_cost_and_usage.csv"

    def lint(self, file: Path) -> tuple[set[tuple[int, str]], set[tuple[str, str]]]:
        """Return what breaks FOCUS 1.4 in a CSV: row and column; and of split charges: code and origin."""
        found = subprocess.run(
            [self.environment / "bin" / "python", "-c", LINT, file, *CRITERIA],
            check=True,
            capture_output=True,
            timeout=120,
        )
        told = json.loads(found.stdout)
        return {(row, column) for row, column, _ in told["rows"]}, {(code, origin) for code, origin in told["split"]}

    def _run(self, *arguments: str | Path, codes: tuple[int, ...] = (0,)) -> None:
        done = subprocess.run(
            [self.environment / "bin" / "focus-toolkit", *arguments],
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode in codes, done.stdout + done.stderr


def rule_bugs() -> dict[str, str]:
    """Return the rules of the Foundation's validator that are wrong (docs/focus-rule-bugs.csv), each with its reference."""
    with (REPOSITORY / "docs" / "focus-rule-bugs.csv").open(newline="", encoding="utf-8") as file:
        return {row["rule"]: row["reference"] for row in csv.DictReader(file)}


def install(name: str, python: str) -> Path:
    """Install requirements/focus-<name>.txt for `python`, unless it is; return its environment. Several may call it at once."""
    environment = REPOSITORY / ".venvs" / f"focus-{name}"
    requirements = REQUIREMENTS / f"focus-{name}.txt"
    stamp = environment / "installed"
    wanted = sha256(requirements.read_bytes()).hexdigest()
    environment.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(environment.with_suffix(".lock")):
        if stamp.exists() and stamp.read_text() == wanted:
            return environment
        uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
        if uv is None:
            raise RuntimeError(f"uv is needed to install focus-{name}: `pip install uv`")
        subprocess.run([uv, "venv", "-q", "--clear", "--python", python, environment], check=True)
        subprocess.run(
            [
                uv, "pip", "install", "-q", "--python", environment / "bin" / "python", "--no-deps", "--require-hashes",
                "-r", requirements,
            ],
            check=True,
        )  # fmt: skip
        stamp.write_text(wanted)
    return environment


def _newer_python() -> str:
    """Find a Python ≥ 3.12; where pyenv keeps one, its shims on the PATH fail, so its folder is looked at first."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = sorted(root.glob("versions/3.1[23].*/bin/python"))
    return str(found[0]) if found else ">=3.12,<3.14"


@pytest.fixture(scope="session")
def focus_validator() -> Validator:
    """Return the FinOps Foundation's validator."""
    return Validator(install("validator", _newer_python()))


@pytest.fixture(scope="session")
def focus_toolkit() -> Toolkit:
    """Return focus-data-toolkit."""
    return Toolkit(install("toolkit", sys.executable))


if __name__ == "__main__":
    if sys.argv[1:] != ["install"]:
        sys.exit("usage: python -m tests.fixtures_focus install")
    print(install("validator", _newer_python()))
    print(install("toolkit", sys.executable))
