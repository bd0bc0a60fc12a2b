"""An S3 to test against: moto's server, installed once into `.venvs/moto`.

`python -m tests.fixtures_s3 install` installs it beforehand; the fixture does where nobody has.
"""

from __future__ import annotations

import sys
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests import environments
from tests.servers import answers, free_port, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def install() -> Path:
    """Install moto, unless it is; return its command."""
    return environments.install("moto", "moto_server")


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket of a running moto, empty for each test."""

    endpoint: str
    name: str

    @property
    def url(self) -> str:
        return f"s3://{self.name}"

    @property
    def environment(self) -> dict[str, str]:
        """What points a client of S3 at this server."""
        return {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ALLOW_HTTP": "true",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def put(self, key: str, content: bytes) -> None:
        """Write an object, in place of what is there."""
        self._send("PUT", f"/{key}", content)

    def create(self) -> Bucket:
        self._send("PUT", "", b"")
        return self

    def _send(self, method: str, path: str, content: bytes) -> None:
        headers = {"Content-Type": "application/octet-stream"}
        request = urllib.request.Request(f"{self.endpoint}/{self.name}{path}", content, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start moto's server."""
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    command: list[str | Path] = [install(), "-H", "127.0.0.1", "-p", str(port)]
    with running(command, tmp_path_factory.mktemp("moto"), lambda: answers(f"{endpoint}/moto-api/")):
        yield endpoint


@pytest.fixture
def bucket(s3_endpoint: str) -> Bucket:
    """Return an empty bucket."""
    return Bucket(s3_endpoint, f"lake-{uuid4().hex}").create()


if __name__ == "__main__":
    if sys.argv[1:] != ["install"]:
        sys.exit("usage: python -m tests.fixtures_s3 install")
    print(install())
