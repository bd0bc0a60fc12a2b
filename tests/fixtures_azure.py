"""Blob storage to test against: azurite, installed once into `.venvs/azurite` from its lock file, and exports put into it.

`python -m tests.fixtures_azure install` installs it beforehand; the fixture does where nobody has.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from azure.core.exceptions import AzureError
from azure.storage.blob import BlobServiceClient
from filelock import FileLock

from terraform.fleet import AzureBilling, BlobFolder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REPOSITORY = Path(__file__).resolve().parents[1]
ENVIRONMENT = REPOSITORY / ".venvs" / "azurite"
REQUIREMENTS = Path(__file__).resolve().parent / "requirements" / "azurite"
READY_SECONDS = 60
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="  # the same for all emulators
VARIABLE = "AZURITE_CONNECTION"


def install(environment: Path = ENVIRONMENT) -> Path:
    """Install azurite, unless it is; return its command. Several processes may call it at once."""
    command = environment / "node_modules" / ".bin" / "azurite-blob"
    stamp = environment / "installed"
    wanted = sha256((REQUIREMENTS / "package-lock.json").read_bytes()).hexdigest()
    environment.mkdir(parents=True, exist_ok=True)
    with FileLock(environment.with_suffix(".lock")):
        if stamp.exists() and stamp.read_text() == wanted:
            return command
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError("npm is needed to install azurite: tests/requirements/install installs it")
        for name in ("package.json", "package-lock.json"):
            shutil.copy(REQUIREMENTS / name, environment / name)
        subprocess.run(
            [npm, "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--omit-lockfile-registry-resolved"],
            cwd=environment,
            check=True,
        )
        stamp.write_text(wanted)
    return command


@dataclass(frozen=True, slots=True)
class Store:
    """A container of a running azurite, empty for each test."""

    service: BlobServiceClient
    container: str
    connection: str

    def put(self, name: str, content: bytes | str) -> None:
        """Write a blob, in place of what is there."""
        data = content.encode() if isinstance(content, str) else content
        self.service.get_blob_client(self.container, name).upload_blob(data, overwrite=True)

    def delete(self, name: str) -> None:
        """Remove a blob."""
        self.service.get_blob_client(self.container, name).delete_blob()

    def source(self, folder: str = "costs/basalt", amortized: str | None = None) -> AzureBilling:
        """Return the source that reads `folder`; its connection string is in the environment."""
        return AzureBilling(
            BlobFolder(self.container, folder),
            BlobFolder(self.container, amortized) if amortized else None,
            connection_string_env=VARIABLE,
        )

    def export(
        self,
        span: str,
        parts: Mapping[str, bytes | str],
        *,
        folder: str = "costs/basalt",
        run: str = "",
        kind: str = "ActualCost",
        version: str = "2021-10-01",
        submitted: str = "2026-11-07T04:00:00.1234567Z",
        rows: Mapping[str, int] | None = None,
    ) -> str:
        """Write a run as Microsoft does: the parts, then the manifest; return the run's folder."""
        place = "/".join(part for part in (folder, span, run) if part)
        for name, content in parts.items():
            self.put(f"{place}/{name}", content)
        self.put(f"{place}/manifest.json", manifest(place, parts, kind, version, submitted, rows or {}))
        return place


def manifest(
    place: str,
    parts: Mapping[str, bytes | str],
    kind: str = "ActualCost",
    version: str = "2021-10-01",
    submitted: str = "2026-11-07T04:00:00.1234567Z",
    rows: Mapping[str, int] | None = None,
) -> str:
    """Return a manifest in Microsoft's form."""
    blobs = [
        {
            "blobName": f"{place}/{name}",
            "byteCount": len(content.encode() if isinstance(content, str) else content),
            **({"dataRowCount": rows[name]} if rows and name in rows else {}),
        }
        for name, content in parts.items()
    ]
    return json.dumps(
        {
            "manifestVersion": "2024-04-01",
            "byteCount": sum(blob["byteCount"] for blob in blobs),
            "blobCount": len(blobs),
            "exportConfig": {
                "exportName": "basalt",
                "resourceId": "/providers/Microsoft.Billing/billingAccounts/1/providers/Microsoft.CostManagement/exports/basalt",
                "dataVersion": version,
                "apiVersion": "2023-07-01-preview",
                "type": kind,
                "timeFrame": "TheLastMonth",
                "granularity": "Daily",
            },
            "deliveryConfig": {"partitionData": True, "dataOverwriteBehavior": "OverwritePreviousReport"},
            "runInfo": {
                "executionType": "Scheduled",
                "submittedTime": submitted,
                "runId": "5d9a8d0e-5b9d-4f43-a4d2-3d2a6f0a7a1c",
                "startDate": "2026-10-01T00:00:00",
                "endDate": "2026-10-31T00:00:00",
            },
            "blobs": blobs,
        }
    )


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start azurite for this process; yield its connection string."""
    command = install()
    log = tmp_path_factory.mktemp("azurite") / "azurite.log"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with log.open("wb") as output:
        server = subprocess.Popen(
            [command, "--blobPort", str(port), "--skipApiVersionCheck", "--silent", "--inMemoryPersistence"],
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            env={**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{KEY}"},
        )
        endpoint = f"http://127.0.0.1:{port}/{ACCOUNT}"
        connection = f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint={endpoint};"
        try:
            _wait(server, connection, log)
            yield connection
        finally:
            server.kill()  # it keeps nothing, and would wait for its clients' connections
            server.wait()


@pytest.fixture
def store(azurite: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Yield a container of its own."""
    monkeypatch.setenv(VARIABLE, azurite)
    with BlobServiceClient.from_connection_string(azurite) as service:
        container = f"exports-{uuid4().hex[:12]}"
        service.create_container(container)
        yield Store(service, container, azurite)


def _wait(server: subprocess.Popen[bytes], connection: str, log: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    with BlobServiceClient.from_connection_string(connection, retry_total=0) as service:
        while time.monotonic() < until and server.poll() is None:
            try:
                service.get_service_properties()
            except AzureError:
                time.sleep(0.2)
            else:
                return
    raise RuntimeError(f"azurite is not ready:\n{log.read_text()[-4000:]}")


if __name__ == "__main__":
    if sys.argv[1:] != ["install"]:
        sys.exit("usage: python -m tests.fixtures_azure install")
    print(install())
