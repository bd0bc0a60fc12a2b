"""A BigQuery to test against: the emulator local-bigquery, installed once into `.venvs/local-bigquery`.

`python -m tests.fixtures_bigquery install` installs it beforehand; the fixture does where nobody has.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).resolve().parents[1]
ENVIRONMENT = REPOSITORY / ".venvs" / "local-bigquery"
REQUIREMENTS = Path(__file__).resolve().parent / "requirements" / "local-bigquery.txt"
EXTENSIONS = ("icu", "ducklake", "spatial")
READY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running emulator: its address for REST, its host and port for gRPC, and what it printed."""

    url: str
    grpc: str
    log: Path

    def client(self, project: str = "fleet-billing") -> bigquery.Client:
        """Return the real client, pointed at the emulator."""
        return bigquery.Client(
            project=project, credentials=AnonymousCredentials(), client_options={"api_endpoint": self.url}
        )


def install(environment: Path = ENVIRONMENT) -> Path:
    """Install the emulator, unless it is; return its command. Several processes may call it at once."""
    command = environment / "bin" / "local-bigquery"
    stamp = environment / "installed"
    wanted = sha256(REQUIREMENTS.read_bytes()).hexdigest()
    environment.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(environment.with_suffix(".lock")):
        if stamp.exists() and stamp.read_text() == wanted:
            return command
        uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
        if uv is None:
            raise RuntimeError("uv is needed to install the BigQuery emulator: `pip install uv`")
        python = environment / "bin" / "python"
        subprocess.run([uv, "venv", "-q", "--clear", "--python", _newest_python(), environment], check=True)
        subprocess.run(
            [uv, "pip", "install", "-q", "--python", python, "--no-deps", "--require-hashes", "-r", REQUIREMENTS],
            check=True,
        )
        code = f"import duckdb_extensions as d; [d.import_extension(name) for name in {EXTENSIONS!r}]"
        subprocess.run([python, "-c", code], check=True, env=_environ(environment))
        stamp.write_text(wanted)
    return command


def _newest_python() -> str:
    """Find a Python ≥ 3.13; where pyenv keeps one, its shims on the PATH fail, so its folder is looked at first."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = sorted(root.glob("versions/3.1[3-9].*/bin/python"))
    return str(found[-1]) if found else ">=3.13"


def _environ(environment: Path) -> dict[str, str]:
    """Give the emulator a home of its own: its DuckDB's extensions lie there."""
    home = environment / "home"
    home.mkdir(exist_ok=True)
    return {**os.environ, "HOME": str(home)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def bigquery_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """Start an emulator for this process (under pytest-xdist: one a worker that needs it)."""
    command = install()
    log = tmp_path_factory.mktemp("bigquery") / "emulator.log"
    rest, storage = _free_port(), _free_port()
    with tempfile.TemporaryDirectory(prefix="local-bigquery-") as data, log.open("wb") as output:
        server = subprocess.Popen(
            [command, "--host", "127.0.0.1", "--port", str(rest), "--grpc-port", str(storage), "--data-dir", data],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_environ(ENVIRONMENT),
        )
        emulator = Emulator(f"http://127.0.0.1:{rest}", f"127.0.0.1:{storage}", log)
        try:
            _wait(server, emulator)
            yield emulator
        finally:
            server.terminate()
            try:
                server.wait(timeout=10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _wait(server: subprocess.Popen[bytes], emulator: Emulator) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{emulator.url}/bigquery/v2/projects/p/datasets", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise RuntimeError(f"the BigQuery emulator is not ready:\n{emulator.log.read_text()[-4000:]}")


if __name__ == "__main__":
    if sys.argv[1:] != ["install"]:
        sys.exit("usage: python -m tests.fixtures_bigquery install")
    print(install())
