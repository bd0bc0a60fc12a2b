"""Blob storage as it can fail: blobs that change or go, and every way in that is closed, each with its remedy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.storage.blob import ContainerSasPermissions, generate_container_sas

from analytics import azure, azure_blobs
from analytics.azure_blobs import AzureBillingError
from analytics.lake import Lake
from terraform.fleet import AzureBilling, BlobFolder, Labels
from tests.azure_bills import details
from tests.fixtures_azure import ACCOUNT, KEY, VARIABLE, Store

if TYPE_CHECKING:
    from pathlib import Path

OCTOBER = "20261001-20261031"
FOLDER = f"costs/basalt/{OCTOBER}"
PART = "part_0_0001.csv"


def ingest(source: AzureBilling, lake: Lake) -> int:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    made = azure.ingest(
        source, labels=Labels(), lake=lake, sources={source.id}, months=None, now=now, talk=lambda said: None
    )
    return sum(delivery.rows for delivery in made)


def test_a_container_that_is_not_there_is_named(store: Store, tmp_path: Path) -> None:
    source = AzureBilling(BlobFolder("elsewhere", "costs"), connection_string_env=VARIABLE)
    with pytest.raises(AzureBillingError, match=r"there is no container elsewhere\. Correct the path"):
        ingest(source, Lake(str(tmp_path / "lake")))


def test_a_blob_that_changes_or_vanishes_while_it_is_read_is_not_mixed(store: Store, tmp_path: Path) -> None:
    store.put(f"{FOLDER}/{PART}", details({}))
    source = store.source()
    with azure_blobs.connect(source, source.path) as folder:
        (blob,) = folder.list()
        store.put(f"{FOLDER}/{PART}", details({}, {}))
        with pytest.raises(AzureBillingError, match="changed or gone since the folder was listed; run it again"):
            folder.download(blob, tmp_path / "part.csv")
        store.delete(f"{FOLDER}/{PART}")
        with pytest.raises(AzureBillingError, match="gone since the folder was listed; run it again"):
            folder.download(blob, tmp_path / "part.csv")


def test_a_blob_larger_than_a_request_comes_whole(store: Store, tmp_path: Path) -> None:
    content = bytes(range(256)) * (40 * 2**20 // 256) + b"end"
    store.put(f"{FOLDER}/{PART}", content)
    source = store.source()
    with azure_blobs.connect(source, source.path) as folder:
        folder.download(folder.list()[0], tmp_path / "part.csv")
    assert (tmp_path / "part.csv").read_bytes() == content


def signature(store: Store, permission: str, *, hours: int = 1) -> str:
    return generate_container_sas(
        ACCOUNT,
        store.container,
        account_key=KEY,
        permission=ContainerSasPermissions.from_string(permission),
        expiry=datetime.now(UTC) + timedelta(hours=hours),
    )


def reached_by_signature(store: Store) -> AzureBilling:
    endpoint = store.service.url.rstrip("/")
    return AzureBilling(BlobFolder(store.container, "costs/basalt"), endpoint=endpoint, sas_env="BILLS_SAS")


def test_a_signature_that_may_list_and_read_is_enough(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.export(OCTOBER, {PART: details({})})
    monkeypatch.setenv("BILLS_SAS", f"?{signature(store, 'rl')}")
    assert ingest(reached_by_signature(store), Lake(str(tmp_path / "lake"))) == 1


@pytest.mark.parametrize(
    ("permission", "hours", "said"),
    [
        ("r", 1, "“Storage Blob Data Reader” on container"),
        ("rl", -1, "access denied (AuthorizationFailure): the storage account's firewall may not let this address in"),
    ],
)
def test_a_signature_that_is_not_enough_says_what_is(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, permission: str, hours: int, said: str
) -> None:
    store.export(OCTOBER, {PART: details({})})
    secret = signature(store, permission, hours=hours)
    monkeypatch.setenv("BILLS_SAS", secret)
    with pytest.raises(AzureBillingError) as caught:
        ingest(reached_by_signature(store), Lake(str(tmp_path / "lake")))
    assert said in str(caught.value)
    assert secret[-20:] not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (
            None,
            f"the environment variable {VARIABLE} is not set: it is to hold the storage account's connection string",
        ),
        ("nonsense", f"{VARIABLE} holds no connection string"),
    ],
)
def test_credentials_that_are_missing_are_named(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None, said: str
) -> None:
    source = store.source()
    monkeypatch.delenv(VARIABLE) if value is None else monkeypatch.setenv(VARIABLE, value)
    with pytest.raises(AzureBillingError) as caught:
        ingest(source, Lake(str(tmp_path / "lake")))
    assert said in str(caught.value)


def test_no_credentials_at_all_are_told_with_the_ways_to_have_some(tmp_path: Path) -> None:
    source = AzureBilling(BlobFolder("exports", "costs", "https://ohcbills.blob.core.windows.net"))
    with pytest.raises(AzureBillingError, match=r"there are no Azure credentials here\. Run `az login`"):
        ingest(source, Lake(str(tmp_path / "lake")))


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("AuthenticationFailed", 403, "Azure did not accept the credentials (AuthenticationFailed). Renew them"),
        (
            "AuthorizationPermissionMismatch",
            403,
            "Grant the caller the role “Storage Blob Data Reader” on container exports",
        ),
        ("AuthorizationFailure", 403, "the storage account's firewall may not let this address in"),
        (None, None, "Azure did not accept the credentials (AADSTS7000215: Invalid client secret"),
        ("InvalidUri", 400, "Azure refused to read it (InvalidUri)"),
        ("ServerBusy", 503, "Azure could not be reached or did not answer"),
    ],
)
def test_each_refusal_of_azure_has_its_remedy(code: str | None, status: int | None, said: str) -> None:
    kind = ClientAuthenticationError if status in (403, None) else HttpResponseError
    error = kind("AADSTS7000215: Invalid client secret provided.")
    error.status_code = status
    if code:
        vars(error)["error_code"] = code
    assert said in azure_blobs.explain(error, "https://a.blob.core.windows.net/exports/x", "exports")


def test_a_store_that_does_not_answer_is_said_to_be_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = f"DefaultEndpointsProtocol=http;AccountName=a;AccountKey={KEY};BlobEndpoint=http://127.0.0.1:9/a;"
    monkeypatch.setenv(VARIABLE, connection)
    source = AzureBilling(BlobFolder("exports", "costs"), connection_string_env=VARIABLE)
    with (
        azure_blobs.connect(source, source.path, retries=0) as folder,
        pytest.raises(AzureBillingError, match=r"Azure could not be reached or did not answer .* Try again later"),
    ):
        folder.list()
