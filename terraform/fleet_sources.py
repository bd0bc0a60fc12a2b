"""Where bills and usage come from, as the keys `billing` and `usage` of a cluster's file."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from terraform.fleet_fields import (
    SECRET,
    AwsAccount,
    BigQueryName,
    BlobPath,
    Count,
    Endpoint,
    Env,
    Google,
    Name,
    Ours,
    S3Path,
    Seconds,
    Text,
    Url,
    blob_folder,
    fault,
)
from terraform.mapping_schema import MappingFile


def _written(mapping: object) -> str:
    """Tell a mapping's name from one that stands here."""
    return "name" if isinstance(mapping, str) else "inline"


class FocusFile(Ours):
    """Bills in FOCUS files."""

    source: Literal["focus"]
    """The kind of source: FOCUS files."""
    path: Text
    """The files: a path (from this file's folder) or URL, with * for any part of a name."""
    name: Name | None = None
    """What this source is called in the lake; by default its path, so that a named one can move."""


class BigQueryFile(Ours):
    """Google Cloud's billing export in BigQuery."""

    source: Literal["bigquery"]
    """The kind of source: a BigQuery billing export."""
    project: Google
    """The project that holds the export's dataset."""
    dataset: BigQueryName
    """The export's dataset."""
    billing_id: Google
    """The billing account's id, as in 01A2B3-C4D5E6-F70819."""
    table: BigQueryName | None = None
    """The export's table, where it isn't the detailed export under its own name."""
    location: Google | None = None
    """Where the dataset is, as in EU."""
    maximum_bytes_billed: Count = 200 * 2**30
    """A query that would read more than this is refused."""


class AwsFile(Ours):
    """AWS's bill in S3: a Cost and Usage Report (2.0 or legacy) or a FOCUS export, CSV or Parquet."""

    source: Literal["aws"]
    """The kind of source: an AWS bill in S3."""
    path: S3Path
    """Where the bill is delivered, as in s3://bucket/prefix/export-name; what it is, its files tell."""
    region: Text | None = None
    """The bucket's region, where AWS's own settings don't say."""
    profile: Text | None = None
    """The profile of AWS's settings with the credentials; by default they are found as AWS's tools find them."""
    endpoint: Endpoint | None = None
    """Address of another store that speaks S3."""


class CostExplorerFile(Ours):
    """AWS's bill as Cost Explorer tells it, by day, service and hub: coarse, for an account without an export."""

    source: Literal["cost-explorer"]
    """The kind of source: Cost Explorer."""
    account: AwsAccount
    """Id of the account that asks, which is the one that pays: twelve digits."""
    tag: Text = "2i2c:hub-name"
    """The cost allocation tag whose value is a hub's name."""
    region: Text | None = None
    """The region to ask, where it isn't us-east-1."""
    profile: Text | None = None
    """The profile of AWS's settings with the credentials; by default they are found as AWS's tools find them."""
    endpoint: Endpoint | None = None
    """Another address of Cost Explorer."""


class AzureAccess(BaseModel):
    """How an export of Microsoft Cost Management is read. Secrets are named by environment variable, never written."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    amortized_path: BlobPath | None = None
    """Where the export of amortised cost is, if `path` is one of actual cost; else effective cost is what is billed."""
    endpoint: Endpoint | None = None
    """The storage's address, where the path doesn't say."""
    connection_string_env: Env | None = None
    """Environment variable with the storage account's connection string."""
    sas_env: Env | None = None
    """Environment variable with a shared access signature that may list and read."""

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        path: str | None = getattr(self, "path", None)
        if path is None:
            return self
        if self.connection_string_env and (self.sas_env or self.endpoint):
            other = "sas_env" if self.sas_env else "endpoint"
            raise fault(f"connection_string_env and {other} are both given: keep one of them")
        for each in (path, self.amortized_path):
            if each and not (blob_folder(each).account or self.endpoint or self.connection_string_env):
                raise fault(f"'{each}' doesn't say in which storage account: add endpoint or connection_string_env")
        if self.amortized_path and blob_folder(path) == blob_folder(self.amortized_path):
            raise fault("path and amortized_path are the same: name the exports of actual and of amortised cost")
        return self


class AzureFile(AzureAccess, Ours):
    """Azure's bill in Blob storage: a cost export of Microsoft Cost Management, CSV or Parquet."""

    source: Literal["azure"]
    """The kind of source: an Azure bill in Blob storage."""
    path: BlobPath
    """The export's folder, as in abfss://container@account.dfs.core.windows.net/directory/export-name."""


class MappedFile(Ours):
    """CSV bills of any vendor, with a mapping of their columns to FOCUS's."""

    source: Literal["mapped"]
    """The kind of source: CSV bills with a mapping."""
    path: Text
    """The files: a path (from this file's folder) or URL, with * for any part of a name."""
    mapping: Annotated[Annotated[Name, Tag("name")] | Annotated[MappingFile, Tag("inline")], Discriminator(_written)]
    """The mapping: the name of a file of the fleet, mappings/<name>.yaml, or what such a file says."""
    name: Name | None = None
    """What this source is called in the lake; by default its path, so that a named one can move."""


BillingFile = Annotated[
    FocusFile | BigQueryFile | AwsFile | CostExplorerFile | AzureFile | MappedFile, Field(discriminator="source")
]


class PrometheusFile(Ours):
    """A cluster's Prometheus. Secrets are named here by environment variable or file, never written."""

    source: Literal["prometheus"]
    """The kind of source: a Prometheus."""
    url: Url
    """Its address."""
    username: Text | None = None
    """User name for basic authentication."""
    password_env: Env | None = None
    """Environment variable with the password."""
    password_file: Text | None = None
    """File with the password, its path from this file's folder."""
    bearer_token_env: Env | None = None
    """Environment variable with a bearer token."""
    bearer_token_file: Text | None = None
    """File with a bearer token, its path from this file's folder."""
    ca_file: Text | None = None
    """Certificates to trust (PEM), the path from this file's folder."""
    insecure_skip_verify: bool = False
    """Trust any certificate. For tests only."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Further request headers, as in X-Scope-OrgID."""
    timeout_seconds: Seconds = 60.0
    """How long one query may take."""

    @field_validator("headers")
    @classmethod
    def _no_secret(cls, headers: dict[str, str]) -> dict[str, str]:
        secrets = sorted(name for name in headers if SECRET.search(name))
        if secrets:
            raise fault(f"{secrets[0]} is a secret: use bearer_token_env, bearer_token_file or password_env")
        return headers


class FileUsageFile(Ours):
    """Usage in files: `usage.*`, `nodes.*`, `activity.*` as Parquet or CSV."""

    source: Literal["file"]
    """The kind of source: files of usage."""
    path: Text
    """The folder, its path from this file's folder, or its URL."""


UsageFile = Annotated[PrometheusFile | FileUsageFile, Field(discriminator="source")]
