"""Blob storage as Azure bills need it: what lies in a folder, one blob to a file as it was listed, Azure's errors in plain words."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from azure.core import MatchConditions
from azure.core import exceptions as azure
from azure.core.credentials import AzureSasCredential
from azure.identity import CredentialUnavailableError, DefaultAzureCredential
from azure.storage.blob import BlobServiceClient, ExponentialRetry

from analytics.source import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from azure.storage.blob import ContainerClient

    from terraform.fleet import AzureBilling, BlobFolder

SCOPE = "https://storage.azure.com/.default"
ROLE = "Storage Blob Data Reader"
FIREWALL = frozenset({"AuthorizationFailure", "IpAuthorizationFailure", "PublicAccessNotPermitted"})
REFUSED = frozenset({"AuthenticationFailed", "InvalidAuthenticationInfo", "NoAuthenticationInformation"})


class AzureBillingError(SourceError):
    """An Azure bill can't be had or can't be read; nothing was written of the month it happened in."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob as it was when its folder was listed."""

    name: str
    etag: str
    size: int
    modified: datetime
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of a container that can be reached."""

    container: ContainerClient
    place: BlobFolder

    def __str__(self) -> str:
        return self.url(self.place.folder)

    def url(self, name: str) -> str:
        """Return the address of a blob as people write it."""
        return f"{self.container.url.split('?')[0]}/{name}".rstrip("/")

    def list(self) -> tuple[Blob, ...]:
        """Return the blobs below the folder, in order of their names."""
        below = f"{self.place.folder}/" if self.place.folder else None
        with explained(str(self), self.place.container):
            return tuple(
                Blob(each.name, each.etag, each.size, each.last_modified, _hex(each.content_settings.content_md5))
                for each in self.container.list_blobs(name_starts_with=below)
            )

    def read(self, blob: Blob) -> bytes:
        """Return a small blob's content, as it was when it was listed."""
        with explained(self.url(blob.name), self.place.container):
            return self.container.download_blob(
                blob.name, etag=blob.etag, match_condition=MatchConditions.IfNotModified
            ).readall()

    def download(self, blob: Blob, path: Path) -> None:
        """Write a blob to `path`, piece by piece, as it was when it was listed; raises AzureBillingError if it isn't any more."""
        place = self.url(blob.name)
        with explained(place, self.place.container), path.open("wb") as file:
            stream = self.container.download_blob(
                blob.name, etag=blob.etag, match_condition=MatchConditions.IfNotModified, max_concurrency=2
            )
            stream.readinto(file)
        if path.stat().st_size != blob.size:
            raise AzureBillingError(f"{place}: {path.stat().st_size} bytes came of {blob.size}; run it again")


@contextmanager
def explained(place: str, container: str) -> Iterator[None]:
    """Turn what Azure's libraries raise into an AzureBillingError with a remedy."""
    try:
        yield
    except azure.AzureError as error:
        raise AzureBillingError(explain(error, place, container)) from error


@contextmanager
def connect(source: AzureBilling, place: BlobFolder, *, retries: int = 4) -> Iterator[Folder]:
    """Yield `place` as `source` reaches it. Raises AzureBillingError where no credentials can be had."""
    with ExitStack() as stack:
        service = stack.enter_context(_service(stack, source, place, retries))
        yield Folder(stack.enter_context(service.get_container_client(place.container)), place)


def _service(stack: ExitStack, source: AzureBilling, place: BlobFolder, retries: int) -> BlobServiceClient:
    retry = ExponentialRetry(initial_backoff=1, increment_base=2, retry_total=retries)
    options: dict[str, Any] = {"retry_policy": retry, "connection_timeout": 10, "read_timeout": 60}
    if source.connection_string_env:
        secret = _secret(source.connection_string_env, "the storage account's connection string")
        try:
            return BlobServiceClient.from_connection_string(secret, **options)
        except ValueError as error:
            raise AzureBillingError(
                f"{place}: {source.connection_string_env} holds no connection string: copy it whole from the portal"
                " (storage account → Access keys)"
            ) from error
    address = source.endpoint or place.account or ""
    if source.sas_env:
        signature = _secret(source.sas_env, "a shared access signature").lstrip("?")
        return BlobServiceClient(address, AzureSasCredential(signature), **options)
    credential = stack.enter_context(DefaultAzureCredential())
    with explained(str(place), place.container):
        credential.get_token(SCOPE)  # asked for here, for storage would ask again and again where there is none
    return BlobServiceClient(address, credential, **options)


def explain(error: azure.AzureError, place: str, container: str) -> str:
    """Say what an error of Azure's libraries means at `place`, and what to do next."""
    said = str(error.message).splitlines()[0].strip() if error.message else type(error).__name__
    code = getattr(error, "error_code", None) or ""
    code = str(code.value if isinstance(code, Enum) else code)
    grant = f"Grant the caller the role “{ROLE}” on container {container}"
    if isinstance(error, CredentialUnavailableError) or "DefaultAzureCredential failed" in said:
        return (
            f"{place}: there are no Azure credentials here. Run `az login`, set AZURE_CLIENT_ID, AZURE_TENANT_ID and"
            " AZURE_CLIENT_SECRET, or name a variable with sas_env or connection_string_env in the cluster's file."
        )
    if isinstance(error, azure.ResourceModifiedError):
        return f"{place}: changed or gone since the folder was listed; run it again."
    if isinstance(error, azure.ResourceNotFoundError):
        if code == "ContainerNotFound":
            return f"{place}: there is no container {container}. Correct the path in the cluster's file."
        return f"{place}: gone since the folder was listed; run it again."
    status = getattr(error, "status_code", None)
    if code in REFUSED or status == 401 or (isinstance(error, azure.ClientAuthenticationError) and status is None):
        return (
            f"{place}: Azure did not accept the credentials ({code or said}). Renew them: a signature may have expired."
        )
    if code in FIREWALL:
        return (
            f"{place}: access denied ({code}): the storage account's firewall may not let this address in, or the"
            f" signature may not list and read. Allow it, or: {grant}."
        )
    if status == 403 or isinstance(error, azure.ClientAuthenticationError):
        return f"{place}: access denied ({code or said}). {grant}; it takes some minutes to hold."
    if isinstance(error, azure.HttpResponseError) and status and status < 500 and status not in (408, 429):
        return f"{place}: Azure refused to read it ({code or said})."
    return f"{place}: Azure could not be reached or did not answer ({said}). Try again later."


def _secret(variable: str, what: str) -> str:
    value = os.environ.get(variable, "").strip()
    if not value:
        raise AzureBillingError(f"the environment variable {variable} is not set: it is to hold {what}")
    return value


def _hex(digest: bytearray | None) -> str | None:
    return bytes(digest).hex() if digest else None
