"""Where bills and usage come from, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from terraform.mapping import Mapping


@dataclass(frozen=True, slots=True)
class BigQueryBilling:
    """A Google Cloud billing export in BigQuery. `table` is None for the detailed export's own name."""

    project: str
    dataset: str
    billing_id: str
    table: str | None = None
    location: str | None = None
    maximum_bytes_billed: int = 200 * 2**30

    @property
    def id(self) -> str:
        """Names this source in the lake."""
        return f"bigquery:{self.project}.{self.dataset}.{self.table or self.billing_id}"


@dataclass(frozen=True, slots=True)
class FocusBilling:
    """FOCUS files at `path`: a glob or a URL (relative paths were resolved against the cluster's folder)."""

    path: str
    name: str | None = None

    @property
    def id(self) -> str:
        """Names this source in the lake."""
        return f"focus:{self.name or self.path}"


@dataclass(frozen=True, slots=True)
class AwsBilling:
    """An AWS bill in S3: a Cost and Usage Report (2.0 or legacy) or a FOCUS export below `path`, s3://bucket/prefix.

    Credentials are found as boto3 finds them (environment, `profile`, role). `endpoint` is for stores that speak S3.
    """

    path: str
    region: str | None = None
    profile: str | None = None
    endpoint: str | None = None

    @property
    def id(self) -> str:
        """Names this source in the lake."""
        return f"aws:{self.path}"


@dataclass(frozen=True, slots=True)
class CostExplorerBilling:
    """An AWS bill as Cost Explorer tells it, by day, service and the tag `tag`: coarse, for an account without an export."""

    account: str
    tag: str = "2i2c:hub-name"
    region: str | None = None
    profile: str | None = None
    endpoint: str | None = None

    @property
    def id(self) -> str:
        """Names this source in the lake."""
        return f"cost-explorer:{self.account}"


@dataclass(frozen=True, slots=True)
class BlobFolder:
    """A folder in Azure's Blob storage. `account` is the storage account's address, None where something else gives it."""

    container: str
    folder: str
    account: str | None = None

    def __str__(self) -> str:
        return "/".join(part for part in (self.account or "az:/", self.container, self.folder) if part)


@dataclass(frozen=True, slots=True)
class AzureBilling:
    """A cost export of Microsoft Cost Management in Blob storage: FOCUS, or Cost Details (then `amortized_path` is its twin).

    Credentials are found as azure-identity finds them, or are in the environment variable that is named here.
    """

    path: BlobFolder
    amortized_path: BlobFolder | None = None
    endpoint: str | None = None
    connection_string_env: str | None = None
    sas_env: str | None = None

    @property
    def id(self) -> str:
        """Names this source in the lake."""
        return f"azure:{self.path}"


@dataclass(frozen=True, slots=True)
class MappedBilling:
    """CSV bills of any vendor at `path`, a glob or a URL, and how their columns become FOCUS's."""

    path: str
    mapping: Mapping
    name: str | None = None

    @property
    def id(self) -> str:
        """Names this source in the lake."""
        return f"mapped:{self.name or self.path}"


BillingSource = BigQueryBilling | FocusBilling | AwsBilling | CostExplorerBilling | AzureBilling | MappedBilling


@dataclass(frozen=True, slots=True)
class PrometheusUsage:
    """A cluster's Prometheus. Secrets are named by environment variable or file, never written in the fleet."""

    url: str
    username: str | None = None
    password_env: str | None = None
    password_file: str | None = None
    bearer_token_env: str | None = None
    bearer_token_file: str | None = None
    ca_file: str | None = None
    insecure_skip_verify: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    timeout_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class FileUsage:
    """A folder with `usage.*`, `nodes.*`, `activity.*` as Parquet or CSV (docs/usage-files.md)."""

    path: str


UsageSource = PrometheusUsage | FileUsage
