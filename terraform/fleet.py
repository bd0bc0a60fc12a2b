"""The fleet: clusters, hubs and communities, as values. `fleet_files.py` reads them from a folder of YAML."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from terraform.sign_in import DashboardSettings
from terraform.sources import (
    AwsBilling,
    AzureBilling,
    BigQueryBilling,
    BillingSource,
    BlobFolder,
    CostExplorerBilling,
    FileUsage,
    FocusBilling,
    MappedBilling,
    PrometheusUsage,
    UsageSource,
)

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from terraform.contract import Contract, Issuer
    from terraform.infrastructure import Infrastructure

__all__ = [
    "AwsBilling",
    "AzureBilling",
    "BigQueryBilling",
    "BillingSource",
    "BlobFolder",
    "Cap",
    "Cluster",
    "Community",
    "CostExplorerBilling",
    "DashboardSettings",
    "FileUsage",
    "Fleet",
    "FocusBilling",
    "Hub",
    "IdlePolicy",
    "Labels",
    "MappedBilling",
    "Membership",
    "Notice",
    "Policy",
    "PrometheusUsage",
    "Provider",
    "Rate",
    "Settings",
    "SharedPolicy",
    "UsageSource",
    "Weights",
]


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
    zone: str | None = None
    resource_group: str | None = None
    infrastructure: Infrastructure | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """A hub in a community, in the half-open dates [start, end); None is unbounded."""

    cluster: str
    hub: str
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Cap:
    """What a community's hubs may cost in a month, before changes of their infrastructure need a reason."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Community:
    """Who pays. `accounts` are sub-account ids (project, account, subscription) that are this community's alone, `contracts`
    what it has agreed to, a contract for each time that the terms changed, oldest first; `cap` bounds what it costs in a month."""

    name: str
    display_name: str
    hubs: tuple[Membership, ...]
    accounts: tuple[str, ...]
    contacts: tuple[str, ...]
    path: Path
    contracts: tuple[Contract, ...] = ()
    cap: Cap | None = None


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
    excluded_users: tuple[str, ...] = ("deployment-service-check",)
    reporting_currency: str | None = None  # ISO 4217; None: nothing is converted
    issuers: tuple[Issuer, ...] = ()  # who bills, oldest first
    dashboard: DashboardSettings = field(default_factory=DashboardSettings)


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
