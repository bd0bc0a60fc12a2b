"""The fleet: clusters, hubs and communities, as values. `fleet_files.py` reads them from a folder of YAML."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path


class Provider(StrEnum):
    GCP = "gcp"
    AWS = "aws"
    AZURE = "azure"
    KUBECONFIG = "kubeconfig"


class IdlePolicy(StrEnum):
    PROPORTIONAL = "proportional"
    EVEN = "even"
    OPERATOR = "operator"


class SharedPolicy(StrEnum):
    PROPORTIONAL = "proportional"
    EVEN = "even"
    BY_USERS = "by-users"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Weights:
    """What a vCPU-hour, a GiB-hour and a GPU-hour weigh against each other where a machine is billed as one."""

    cpu: Decimal = Decimal("0.031611")
    memory: Decimal = Decimal("0.004237")
    gpu: Decimal = Decimal("0.95")


@dataclass(frozen=True, slots=True)
class Policy:
    """How a cluster's idle and shared cost is spread over its hubs."""

    idle: IdlePolicy = IdlePolicy.PROPORTIONAL
    shared: SharedPolicy = SharedPolicy.PROPORTIONAL
    weights: Weights = Weights()


@dataclass(frozen=True, slots=True)
class Hub:
    """A JupyterHub. `name` is its Kubernetes namespace."""

    cluster: str
    name: str
    display_name: str
    domain: str


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


BillingSource = BigQueryBilling | FocusBilling | AwsBilling | CostExplorerBilling | AzureBilling


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


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Kubernetes cluster.

    `aliases` are the names its charges carry (fleet name, GKE/EKS/AKS name); `sub_accounts` the project, account or
    subscription ids that belong to this cluster alone or with others.
    """

    name: str
    provider: Provider
    provider_url: str | None
    aliases: tuple[str, ...]
    sub_accounts: tuple[str, ...]
    billing_accounts: tuple[str, ...]
    region: str | None
    paid_by_us: bool | None
    billing: tuple[BillingSource, ...]
    usage: UsageSource | None
    policy: Policy
    hubs: tuple[Hub, ...]
    path: Path


@dataclass(frozen=True, slots=True)
class Membership:
    """A hub in a community, in the half-open dates [start, end); None is unbounded."""

    cluster: str
    hub: str
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Community:
    """Who pays. `accounts` are sub-account ids (project, account, subscription) that are this community's alone."""

    name: str
    display_name: str
    hubs: tuple[Membership, ...]
    accounts: tuple[str, ...]
    contacts: tuple[str, ...]
    path: Path


@dataclass(frozen=True, slots=True)
class Labels:
    """Which tag keys of a bill say what. In each tuple the first key present on a charge wins."""

    hub: tuple[str, ...] = ("2i2c:hub-name", "2i2c.org/hub-name", "hub-name", "hub_name")
    cluster: tuple[str, ...] = (
        "2i2c.org/cluster-name",
        "2i2c:cluster-name",
        "cluster-name",
        "cluster_name",
        "goog-k8s-cluster-name",
        "alpha.eksctl.io/cluster-name",
        "eks:cluster-name",
        "aws:eks:cluster-name",
        "aks-managed-cluster-name",
    )
    namespace: tuple[str, ...] = (
        "k8s-namespace",
        "aws:eks:namespace",
        "kubernetes.io/created-for/pvc/namespace",
        "kubernetes-io-created-for-pvc-namespace",
        "kubernetes.io-created-for-pvc-namespace",
    )
    purpose: tuple[str, ...] = (
        "2i2c:node-purpose",
        "2i2c.org/node-purpose",
        "hub.jupyter.org/node-purpose",
        "node-purpose",
        "node_purpose",
    )
    volume_purpose: tuple[str, ...] = ("2i2c:volume-purpose", "volume-purpose", "volume_purpose")
    pool: tuple[str, ...] = (
        "goog-k8s-node-pool-name",
        "alpha.eksctl.io/nodegroup-name",
        "eks:nodegroup-name",
        "aks-managed-poolName",
        "agentpool",
    )
    keep: tuple[str, ...] = ()  # further tags that ingest keeps


@dataclass(frozen=True, slots=True)
class Settings:
    """`fleet.yaml`: what holds for the whole fleet."""

    policy: Policy = Policy()
    labels: Labels = Labels()
    shared_namespaces: tuple[str, ...] = (
        "default",
        "support",
        "kube-system",
        "kube-public",
        "kube-node-lease",
        "gke-managed-system",
        "gmp-system",
        "gmp-public",
        "amazon-cloudwatch",
        "calico-system",
        "tigera-operator",
        "kube:system-overhead",
    )
    excluded_users: tuple[str, ...] = ("deployment-service-check",)
    reporting_currency: str | None = None  # ISO 4217; None: nothing is converted


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of the currency `base` is worth in `quote` in a month (YYYY-MM), and who says so."""

    month: str
    base: str
    quote: str
    rate: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person may want to know about the fleet's files, that stops nothing."""

    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class Fleet:
    """A whole fleet, checked: every name is unique, every membership names a hub that is there.

    `rates` are those of its own table, `reference_rates` is where its copy of the ECB's file is, or None.
    """

    path: Path
    settings: Settings
    clusters: tuple[Cluster, ...]
    communities: tuple[Community, ...]
    notices: tuple[Notice, ...] = field(default=())
    rates: tuple[Rate, ...] = ()
    reference_rates: Path | None = None

    @property
    def hubs(self) -> tuple[Hub, ...]:
        return tuple(hub for cluster in self.clusters for hub in cluster.hubs)
