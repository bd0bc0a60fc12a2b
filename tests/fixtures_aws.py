"""An AWS to test against: moto's server, as S3, Cost Explorer and IAM."""

from __future__ import annotations

import json
import os
import urllib.request
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from boto3.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Aws:
    """A running moto: its address, and clients that speak to it."""

    url: str

    def client(self, service: str, **credentials: str) -> Any:
        """Return boto3's client of a service."""
        keys = {"aws_access_key_id": "reef", "aws_secret_access_key": "reef", **credentials}
        return Session(region_name="us-east-1").client(service, endpoint_url=self.url, **keys)

    def answer(self, pages: Sequence[dict[str, Any]]) -> None:
        """Let Cost Explorer answer its next questions with `pages`. All else that moto has goes, buckets too."""
        self._post("/moto-api/reset", "")  # it gives the same question the same answer for ever
        self._post("/moto-api/static/ce/cost-and-usage-results", json.dumps({"results": list(pages)}))

    def authorize(self, *, after: float) -> None:
        """Check credentials and policies from the request after that many; `inf`: never."""
        self._post("/moto-api/reset-auth", str(after))

    def _post(self, path: str, body: str) -> None:
        request = urllib.request.Request(
            f"{self.url}{path}", data=body.encode(), headers={"Content-Type": "text/plain"}
        )
        with urllib.request.urlopen(request, timeout=10):
            pass


class Bucket:
    """A bucket of a test's own."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.name = f"bills-{uuid.uuid4().hex[:12]}"
        self.s3 = aws.client("s3")
        self.s3.create_bucket(Bucket=self.name)

    def put(self, key: str, content: bytes) -> str:
        self.s3.put_object(Bucket=self.name, Key=key, Body=content)
        return key

    def delete(self, key: str) -> None:
        self.s3.delete_object(Bucket=self.name, Key=key)

    def keys(self) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return [each["Key"] for page in pages for each in page.get("Contents", ())]


@pytest.fixture
def aws(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Aws:
    """Give the server, with credentials in the environment and no settings of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "reef")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "reef")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    return Aws(s3_endpoint)


@pytest.fixture
def aws_bucket(aws: Aws) -> Bucket:
    return Bucket(aws)
