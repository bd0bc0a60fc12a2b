"""Places where Terraform keeps its state and lock, each a real one: a folder, PostgreSQL, S3 (moto), GCS (fake-gcs-server),
Azure Blob (azurite).

    @pytest.mark.parametrize("backend", BACKENDS, indirect=True)
    def test_a_state_is_kept(backend: Backend, terraform: Terraform) -> None:
        there = terraform.at(terraform.folder, **backend.environment)
        there.write({"terraform": {"backend": {backend.kind: backend.settings}}})

`python -m tests.fixtures_backends install` installs fake-gcs-server beforehand.
"""

from __future__ import annotations

import json
import signal
import sys
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from azure.storage.blob import BlobServiceClient

from tests import environments, fixtures_azure
from tests.certificates import CERTIFICATE, KEY, make_certificate
from tests.fixtures_azure import KEY as AZURE_KEY
from tests.servers import answers, free_port, listens, running
from tests.tunnel import tunnel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.fixtures_postgres import Database
    from tests.fixtures_s3 import Bucket

BACKENDS = ("local", "pg", "s3", "gcs", "azurerm")
AZURE_ACCOUNT = "openhubsstate"  # not the emulators' own name, which Azure's clients treat otherwise
AZURE_HOST = f"{AZURE_ACCOUNT}.blob.core.windows.net"


@dataclass(frozen=True, slots=True)
class Backend:
    """A backend block's kind and settings, and what its client reads from the environment."""

    kind: str
    settings: Mapping[str, object]
    environment: Mapping[str, str] = field(default_factory=dict)


@pytest.fixture
def local_backend(tmp_path: Path) -> Backend:
    """Return a state in a folder of its own."""
    return Backend("local", {"path": str(tmp_path / "state" / "terraform.tfstate")})


@pytest.fixture
def pg_backend(postgres: Database) -> Backend:
    """Return a state in an empty database."""
    return Backend("pg", {"conn_str": postgres.url, "schema_name": "terraform_state"})


@pytest.fixture
def s3_backend(bucket: Bucket) -> Backend:
    """Return a state in an empty bucket, locked by a file beside it."""
    settings: dict[str, object] = {
        "bucket": bucket.name,
        "key": "terraform.tfstate",
        "region": "us-east-1",
        "use_lockfile": True,
        "use_path_style": True,
        "endpoints": {"s3": bucket.endpoint, "sts": bucket.endpoint, "iam": bucket.endpoint},
        "skip_credentials_validation": True,
        "skip_requesting_account_id": True,
        "skip_metadata_api_check": True,
        "skip_region_validation": True,
    }
    credentials = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_EC2_METADATA_DISABLED")
    return Backend("s3", settings, {name: bucket.environment[name] for name in credentials})


@pytest.fixture
def gcs_backend(gcs_endpoint: str) -> Backend:
    """Return a state in an empty bucket."""
    name = f"state-{uuid4().hex}"
    request = urllib.request.Request(
        f"{gcs_endpoint}/storage/v1/b?project=toy",
        json.dumps({"name": name}).encode(),
        {"Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200
    settings: dict[str, object] = {"bucket": name, "prefix": "tidewater"}
    # The client writes through STORAGE_EMULATOR_HOST and takes any token.
    environment = {"STORAGE_EMULATOR_HOST": gcs_endpoint, "GOOGLE_OAUTH_ACCESS_TOKEN": "toy"}
    return Backend("gcs", settings, environment)


@dataclass(frozen=True, slots=True)
class Blobs:
    """Blob storage that answers to the account's real name, behind a proxy."""

    port: int
    proxy: str
    certificate: Path


@pytest.fixture
def azurerm_backend(blobs: Blobs) -> Backend:
    """Return a state in an empty container, locked by a lease."""
    name = f"state-{uuid4().hex}"
    address = f"https://127.0.0.1:{blobs.port}/{AZURE_ACCOUNT}"
    with BlobServiceClient(address, credential=AZURE_KEY, connection_verify=str(blobs.certificate)) as service:
        service.create_container(name)
    settings: dict[str, object] = {
        "resource_group_name": "hubs",
        "storage_account_name": AZURE_ACCOUNT,
        "container_name": name,
        "key": "tidewater.tfstate",
    }
    environment = {
        "ARM_ACCESS_KEY": AZURE_KEY,
        "HTTPS_PROXY": blobs.proxy,
        "SSL_CERT_FILE": str(blobs.certificate),
    }
    return Backend("azurerm", settings, environment)


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> Backend:
    """Return the backend that the test's parameter names."""
    found = request.getfixturevalue(f"{request.param}_backend")
    assert isinstance(found, Backend)
    return found


def install() -> Path:
    """Install fake-gcs-server, unless it is; return the program."""
    python = environments.install("gcs", "python")
    (program,) = python.parents[1].glob("lib/python3*/site-packages/*/vendor/fake-gcs-server/bin/fake-gcs-server-*")
    return program


@pytest.fixture(scope="session")
def blobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Blobs]:
    """Start azurite with a certificate, and the proxy that leads there."""
    folder = tmp_path_factory.mktemp("azure-state")
    make_certificate(folder, AZURE_HOST, address="127.0.0.1")
    port = free_port()
    command = ["env", f"AZURITE_ACCOUNTS={AZURE_ACCOUNT}:{AZURE_KEY}", str(fixtures_azure.install())]
    command += ["--blobPort", str(port), "--skipApiVersionCheck", "--silent", "--inMemoryPersistence"]
    command += ["--cert", str(folder / CERTIFICATE), "--key", str(folder / KEY)]
    # It keeps nothing, and would wait for its clients' connections.
    with (
        running(command, folder, lambda: listens(port), end=signal.SIGKILL),
        tunnel(AZURE_HOST, port) as proxy,
    ):
        yield Blobs(port, proxy, folder / CERTIFICATE)


@pytest.fixture(scope="session")
def gcs_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start fake-gcs-server."""
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    command = [str(install()), "-scheme", "http", "-backend", "memory", "-host", "127.0.0.1", "-port", str(port)]
    command += ["-public-host", f"127.0.0.1:{port}", "-external-url", endpoint]
    with running(command, tmp_path_factory.mktemp("gcs"), lambda: answers(f"{endpoint}/storage/v1/b?project=toy")):
        yield endpoint


if __name__ == "__main__":
    if sys.argv[1:] != ["install"]:
        sys.exit("usage: python -m tests.fixtures_backends install")
    print(install())
