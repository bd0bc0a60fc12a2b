"""The parts of a cluster's infrastructure as its file may write them; the modules' variables have the same names and keys."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from terraform.fleet_fields import Currency, Name, Namespace, Ours, Text, Texts, fault, matching, measure

_RESOURCE, _RESOURCE_SCHEMA = matching(
    r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?",
    "not a name that every cloud takes: use 1 to 40 lower-case letters, digits and '-', a letter first",
)
_VARIABLE, _VARIABLE_SCHEMA = matching(r"[A-Za-z_][A-Za-z0-9_-]*", "not the name of a variable of Terraform's")
_VERSION, _VERSION_SCHEMA = matching(
    r"1\.[0-9]{2}(\.[0-9]+)?(-[a-z]+\.[0-9]+)?", "not a version of Kubernetes: write it as in 1.33 or 1.33.4"
)
_HOUR, _HOUR_SCHEMA = matching(r"([01][0-9]|2[0-3]):00", "not a full hour: write it as in 03:00")
_CIDR, _CIDR_SCHEMA = matching(r"[0-9a-f.:]+/[0-9]{1,3}", "not an address range: write it as in 10.0.0.0/16")
_EMAIL, _EMAIL_SCHEMA = matching(r"[^@\s]+@[^@\s]+\.[^@\s]+", "not an e-mail address")

ResourceName = Annotated[str, _RESOURCE, _RESOURCE_SCHEMA]
Variable = Annotated[str, _VARIABLE, _VARIABLE_SCHEMA]
Version = Annotated[str, _VERSION, _VERSION_SCHEMA]
Hour = Annotated[str, _HOUR, _HOUR_SCHEMA]
Cidr = Annotated[str, _CIDR, _CIDR_SCHEMA]
Mail = Annotated[str, _EMAIL, _EMAIL_SCHEMA]


Nodes = Annotated[int, Field(ge=0, le=10_000), BeforeValidator(measure, json_schema_input_type=int)]
Gib = Annotated[int, Field(ge=10, le=65536), BeforeValidator(measure, json_schema_input_type=int)]
Days = Annotated[int, Field(ge=0, le=3650), BeforeValidator(measure, json_schema_input_type=int)]
Percent = Annotated[int, Field(ge=1, le=1000), BeforeValidator(measure, json_schema_input_type=int)]
Money = Annotated[
    Decimal, Field(gt=0), BeforeValidator(measure), WithJsonSchema({"type": "number", "exclusiveMinimum": 0})
]


class LabelsFile(Ours):
    """How cost labels are written."""

    prefix: str | None = None
    """What stands before each key where the cloud allows it; by default 2i2c:"""
    managed_by: Text | None = None
    """The value of managed-by."""
    extra: dict[Text, Text] | None = None
    """Further labels on everything."""


class NetworkFile(Ours):
    """The cluster's network."""

    nodes_cidr: Cidr | None = None
    """Addresses of nodes."""
    pods_cidr: Cidr | None = None
    """Addresses of pods."""
    services_cidr: Cidr | None = None
    """Addresses of services."""
    control_plane_cidr: Cidr | None = None
    """Addresses of the control plane, where the cloud asks for them."""
    authorized_ranges: dict[Text, Cidr] | None = None
    """Who may reach the control plane: address ranges by name."""
    flow_logs: bool | None = None
    """Whether flows are logged, which costs."""


class GpuFile(Ours):
    """The GPUs of each of a pool's nodes."""

    type: Text
    """The kind, as the cloud writes it."""
    count: Annotated[int, Field(ge=1), BeforeValidator(measure)] | None = None
    """How many a node has; by default 1."""


class TaintFile(Ours):
    """A Kubernetes taint of a pool's nodes."""

    key: Text
    """Its key."""
    value: str
    """Its value."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """Its effect; by default NoSchedule."""


class NodePoolFile(Ours):
    """Nodes of one kind."""

    purpose: Literal["core", "user", "dask"]
    """What the nodes are for."""
    machine_type: Text
    """The machine type, as the cloud writes it."""
    min: Nodes | None = None
    """The least nodes of the whole pool; by default 0."""
    max: Nodes
    """The most nodes of the whole pool."""
    spot: bool | None = None
    """Whether the cloud may take the machines back at any time, for a lower price."""
    gpu: GpuFile | None = None
    """GPUs of each node."""
    disk_gib: Annotated[int, Field(ge=30, le=65536), BeforeValidator(measure)] | None = None
    """The boot disk's size."""
    disk_type: Text | None = None
    """The boot disk's kind, as the cloud writes it."""
    zones: Texts | None = None
    """The zones of this pool, where they are not the cluster's."""
    hub: Namespace | None = None
    """The hub that the pool is for alone."""
    community: Name | None = None
    """The community that the pool is for alone."""
    labels: dict[Text, str] | None = None
    """Further Kubernetes labels."""
    taints: list[TaintFile] | None = None
    """Further taints."""
    kubernetes_version: Version | None = None
    """The nodes' version of Kubernetes, while it is not the control plane's."""

    @model_validator(mode="after")
    def _bounds(self) -> NodePoolFile:
        if (self.min or 0) > self.max:
            raise fault(f"min {self.min} is more than max {self.max}: exchange them")
        return self


class StorageFile(Ours):
    """Storage of home directories."""

    kind: Literal["disk", "share"] | None = None
    """disk is served by NFS in the cluster, share is the cloud's own NFS service; by default disk."""
    size_gib: Gib
    """Its size."""
    tier: Text | None = None
    """The cloud's own tier of it."""
    zone: Text | None = None
    """The disk's zone; by default the cluster's first."""
    hub: Namespace | None = None
    """The hub that it is for alone."""
    community: Name | None = None
    """The community that it is for alone."""
    snapshot_days: Days | None = None
    """Days that daily snapshots are kept; 0 takes none; by default 7."""
    name: Text | None = None
    """The cloud's name of it, where it is there already."""


class BucketFile(Ours):
    """A bucket, or a blob container."""

    hub: Namespace | None = None
    """The hub that pays and may write."""
    community: Name | None = None
    """The community that pays, where it is no hub's."""
    expire_days: Days | None = None
    """Days after which an object is deleted; left out, objects stay for ever."""
    versioning: bool | None = None
    """Whether old versions of objects are kept."""
    version_days: Days | None = None
    """Days that old versions are kept."""
    readers: list[Namespace] | None = None
    """Further hubs that may read."""
    writers: list[Namespace] | None = None
    """Further hubs that may write."""
    name: Text | None = None
    """The cloud's name of it, where it is there already."""


class RegistryFile(Ours):
    """A registry of container images."""

    hub: Namespace | None = None
    """The hub that pays."""
    community: Name | None = None
    """The community that pays, where it is no hub's."""
    untagged_days: Days | None = None
    """Days after which an image without a tag is deleted."""
    name: Text | None = None
    """The cloud's name of it, where it is there already."""


class BudgetFile(Ours):
    """A month's budget: somebody is told when it is used up; nothing stops."""

    monthly_amount: Money
    """The amount, in the billing account's currency."""
    currency: Currency | None = None
    """That currency, where the cloud asks for it."""
    scope: Literal["cluster", "account"] | None = None
    """What it counts: what carries the cluster's label, or the whole account."""
    thresholds: list[Percent] | None = None
    """Percentages that are told when spent."""
    forecast: list[Percent] | None = None
    """Percentages that are told when forecast."""
    emails: list[Mail]
    """Whom to tell."""


class ExportFile(Ours):
    """Where the cloud's bill is exported to."""

    format: Literal["native", "focus"] | None = None
    """The cloud's own format, or FOCUS."""
    name: Text | None = None
    """The name of what it is exported to; by default made from the cluster's."""
    location: Text | None = None
    """Its place, where it is not the cluster's region."""


class CollectorFile(Ours):
    """The identity that reads bills, and can do nothing else."""

    namespace: Namespace | None = None
    """The namespace of the service account that may act as it."""
    service_account: Text | None = None
    """That service account."""
    principals: Texts | None = None
    """Who else may act as it, as the cloud writes them."""
