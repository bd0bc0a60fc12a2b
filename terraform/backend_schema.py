"""Where Terraform keeps its state, as the key `infrastructure.backend`: one of its backends, with what it needs."""

from __future__ import annotations

from pydantic import model_validator

from terraform.fleet_fields import Endpoint, Env, Ours, Text, fault


class LocalFile(Ours):
    """State in a file: for trying out, and for one operator alone."""

    path: Text | None = None
    """The file, from the cluster's work folder; by default terraform.tfstate there."""


class GcsFile(Ours):
    """State in a bucket of Google Cloud Storage, which locks by itself."""

    bucket: Text
    """The bucket's name. It should keep old versions."""
    prefix: Text | None = None
    """The folder in the bucket; by default hubledger/ and the cluster's name."""
    endpoint: Endpoint | None = None
    """Another store of the same kind, by its address."""


class S3File(Ours):
    """State in a bucket of S3, with a lock file beside it."""

    bucket: Text
    """The bucket's name. It should keep old versions."""
    region: Text
    """The bucket's region."""
    key: Text | None = None
    """The object; by default hubledger/, the cluster's name, /terraform.tfstate."""
    profile: Text | None = None
    """The profile of AWS's own configuration to sign in with."""
    kms_key_id: Text | None = None
    """The key that encrypts the state; by default S3's own."""
    endpoint: Endpoint | None = None
    """Another store of the same kind, by its address."""


class AzureFile(Ours):
    """State in a blob of Azure, which locks by itself."""

    resource_group: Text
    """The storage account's resource group."""
    storage_account: Text
    """The storage account's name."""
    container: Text
    """The container's name."""
    key: Text | None = None
    """The blob; by default hubledger/, the cluster's name, .tfstate."""
    subscription_id: Text | None = None
    """The subscription of the storage account, where it is another one."""


class PgFile(Ours):
    """State in PostgreSQL, which locks by itself."""

    schema_name: Text | None = None
    """The schema; by default terraform_ and the cluster's name."""
    conn_str_env: Env = "PG_CONN_STR"
    """The environment variable that holds the address of the database, as in postgres://user:password@host/name."""


class BackendFile(Ours):
    """Where the cluster's state is: one of these kinds."""

    local: LocalFile | None = None
    """A file."""
    gcs: GcsFile | None = None
    """A bucket on Google Cloud."""
    s3: S3File | None = None
    """A bucket on AWS."""
    azurerm: AzureFile | None = None
    """A container on Azure."""
    pg: PgFile | None = None
    """A PostgreSQL database."""

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: object) -> object:
        if isinstance(value, str):  # `backend: local`
            value = {value: {}}
        if isinstance(value, dict):
            value = {kind: {} if given is None else given for kind, given in value.items()}
            if len(value) != 1:
                raise fault("must be one of local, gcs, s3, azurerm, pg, with what belongs to it")
        return value
