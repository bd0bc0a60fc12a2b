"""The command as a whole: it mounts, helps, and turns errors into lines and exit codes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.fixtures_demo import REPOSITORY, hubledger

if TYPE_CHECKING:
    from tests.fixtures_demo import Demo

COMMANDS = (
    ["fleet", "check"],
    ["fleet", "schema"],
    ["fleet", "init"],
    ["fleet", "rates", "fetch"],
    ["fleet", "rates", "show"],
    ["costs", "ingest"],
    ["costs", "allocate"],
    ["costs", "report"],
    ["costs", "reconcile"],
    ["costs", "invoice-total"],
    ["costs", "deliveries"],
    ["costs", "diff"],
    ["costs", "explain"],
    ["costs", "export"],
    ["dashboard"],
    ["dashboard", "link", "create"],
    ["dashboard", "link", "list"],
    ["dashboard", "link", "revoke"],
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_reads_as_documentation_with_an_example(command: list[str], tmp_path: Path) -> None:
    done = hubledger(*command, "--help", fleet=tmp_path, lake=tmp_path)
    assert f"Example: hubledger {' '.join(command)}" in " ".join(done.stdout.split())


def test_nothing_happens_at_import() -> None:
    code = (
        "import sys, socket, pathlib\n"
        "def no(*a, **k): raise AssertionError('network at import')\n"
        "socket.socket.connect = no\n"
        "import hubledger, analytics.cli, terraform.cli\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=REPOSITORY, env={"PATH": "/usr/bin"})


def test_errors_are_lines_on_stderr_and_exit_1(tmp_path: Path) -> None:
    done = hubledger("costs", "ingest", fleet=tmp_path / "nowhere", lake=tmp_path / "lake", check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert all(line.startswith("hubledger: ") for line in done.stderr.splitlines())
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_use_is_exit_2(tmp_path: Path) -> None:
    done = hubledger("costs", "report", fleet=tmp_path, lake=tmp_path, check=False)
    assert done.returncode == 2
    assert "--month" in done.stderr


def test_a_foreign_package_of_our_names_is_named(tmp_path: Path) -> None:
    foreign = tmp_path / "site"
    (foreign / "billing").mkdir(parents=True)
    (foreign / "billing" / "__init__.py").touch()
    info = foreign / "invoicer-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: invoicer\nVersion: 1.0\n")
    (info / "RECORD").write_text("billing/__init__.py,,\n")
    (info / "top_level.txt").write_text("billing\n")
    code = f"import sys; sys.path.insert(1, {str(foreign)!r}); sys.argv = ['hubledger', '--help']; import hubledger; hubledger.main()"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "invoicer" in done.stderr
    assert "environment of its own" in done.stderr


@pytest.mark.parametrize("unknown", ["tidewatr"])
def test_an_unknown_cluster_gets_the_nearest_name(demo: Demo, unknown: str) -> None:
    done = demo.run("costs", "ingest", "--cluster", unknown, check=False)
    assert done.returncode == 1
    assert "did you mean 'tidewater'?" in done.stderr


def test_the_demo_says_what_it_does_and_how_to_go_on(demo: Demo) -> None:
    for words in (
        "$ hubledger costs ingest",
        "$ hubledger costs reconcile",
        "Every account adds up.",
        "export HUBLEDGER_LAKE=",
    ):
        assert words in demo.printed
    _, _, closing = demo.printed.partition("What to look at first")
    named = [Path(each) for each in re.findall(r"^  (\S+\.pdf)$", closing, re.M)]
    assert [each.name for each in named if each.is_file()] == ["HC-2026-0003.pdf", "certificate.pdf"]
