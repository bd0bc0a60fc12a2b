"""Virtual environments of their own for tools of the tests that don't go with the project's: below the git-ignored `.venvs`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from filelock import FileLock

REPOSITORY = Path(__file__).resolve().parents[1]


def install(name: str, command: str) -> Path:
    """Install `tests/requirements/<name>.txt` into `.venvs/<name>`, unless it is; return its `command`.

    Several processes may call it at once.
    """
    environment = REPOSITORY / ".venvs" / name
    requirements = REPOSITORY / "tests" / "requirements" / f"{name}.txt"
    stamp = environment / "installed"
    wanted = sha256(requirements.read_bytes()).hexdigest()
    environment.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(environment.with_suffix(".lock")):
        if not (stamp.exists() and stamp.read_text() == wanted):
            uv = shutil.which(
                "uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
            )
            if uv is None:
                raise RuntimeError(f"uv is needed to install {name}: `pip install uv`")
            python = environment / "bin" / "python"
            subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, environment], check=True)
            subprocess.run(
                [uv, "pip", "install", "-q", "--python", python, "--no-deps", "--require-hashes", "-r", requirements],
                check=True,
            )
            stamp.write_text(wanted)
    return environment / "bin" / command
