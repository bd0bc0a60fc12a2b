"""Bills made by koku-nise, which knows the clouds' exports by itself: installed once into `.venvs/nise`.

`python -m tests.fixtures_nise install` installs it beforehand; the fixture does where nobody has.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from filelock import FileLock

REPOSITORY = Path(__file__).resolve().parents[1]
ENVIRONMENT = REPOSITORY / ".venvs" / "nise"
REQUIREMENTS = Path(__file__).resolve().parent / "requirements" / "nise.txt"
Nise = Callable[..., Path]


def install(environment: Path = ENVIRONMENT) -> Path:
    """Install nise, unless it is; return its command. Several processes may call it at once."""
    command = environment / "bin" / "nise"
    stamp = environment / "installed"
    wanted = sha256(REQUIREMENTS.read_bytes()).hexdigest()
    environment.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(environment.with_suffix(".lock")):
        if stamp.exists() and stamp.read_text() == wanted:
            return command
        uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
        if uv is None:
            raise RuntimeError("uv is needed to install nise: `pip install uv`")
        python = environment / "bin" / "python"
        subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, environment], check=True)
        subprocess.run(
            [uv, "pip", "install", "-q", "--python", python, "--no-deps", "--require-hashes", "-r", REQUIREMENTS],
            check=True,
        )
        stamp.write_text(wanted)
    return command


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
