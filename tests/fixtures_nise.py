"""Bills made by koku-nise, which knows the clouds' exports by itself: installed once into `.venvs/nise`.

`python -m tests.fixtures_nise install` installs it beforehand; the fixture does where nobody has.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import environments

Nise = Callable[..., Path]


def install() -> Path:
    """Install nise, unless it is; return its command."""
    return environments.install("nise", "nise")


@pytest.fixture(scope="session")
def nise(tmp_path_factory: pytest.TempPathFactory) -> Nise:
    """Return what runs `nise report …` with the arguments it is given, and returns the folder of the files it wrote."""
    command = install()

    def report(*arguments: str) -> Path:
        folder = tmp_path_factory.mktemp("nise")
        subprocess.run([command, "report", *arguments], cwd=folder, check=True, capture_output=True, timeout=120)
        return folder

    return report


if __name__ == "__main__":
    if sys.argv[1:] != ["install"]:
        sys.exit("usage: python -m tests.fixtures_nise install")
    print(install())
