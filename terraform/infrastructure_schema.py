"""What `infrastructure:` of a cluster's file may say, as pydantic models; infrastructure_parts.py has its parts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from terraform.backend_schema import BackendFile
from terraform.fleet_fields import Id, Name, Namespace, Ours, Text, Texts, fault
from terraform.hub_schema import HubModuleFile, SecretFile, SupportFile
from terraform.infrastructure_parts import (
    BucketFile,
    BudgetFile,
    CollectorFile,
    Days,
    ExportFile,
    Hour,
    LabelsFile,
    NetworkFile,
    NodePoolFile,
    RegistryFile,
    ResourceName,
    StorageFile,
    Variable,
    Version,
)


class GoogleOnly(Ours):
    """What only Google Cloud has."""

    project_number: Id | None = None
    """The project's number, for a budget."""
    billing_account: Id | None = None
    """The billing account's id, for a budget; by default the one of gcp.billing."""


class AwsOnly(Ours):
    """What only AWS has."""

    partition: Literal["aws", "aws-us-gov", "aws-cn"] | None = None
    """The partition."""
    admins: Texts | None = None
    """ARNs of who administers the cluster."""
    viewers: Texts | None = None
    """ARNs of who may look at the cluster."""
    activate_cost_tags: bool | None = None
    """Whether to activate the cost labels as cost allocation tags, which only the organization's payer may, and only from a
    day after something first carried them: on the second day."""
    split_costs: bool | None = None
    """Whether the bill's export, of the native format, parts machines' costs by pod: split cost allocation data, which the
    payer must have opted in to."""
    control_plane_log_days: Days | None = None
    """Days that logs of the control plane are kept."""
    addon_versions: dict[Text, Text] | None = None
    """Versions of EKS add-ons; left out, the newest that fit."""


class AzureOnly(Ours):
    """What only Azure has."""

    tenant_id: Text
    """The tenant's id."""
    admins: Texts | None = None
    """Object ids of Entra groups that administer the cluster."""
    viewers: Texts | None = None
    """Object ids of Entra groups that may look at the cluster."""
    control_plane_log_days: Days | None = None
    """Days that logs of the control plane are kept; 0 keeps none."""


class InfrastructureFile(Ours):
    """How the cluster is made by Terraform."""

    backend: BackendFile | None = None
    """Where the state is; by default a file in the cluster's work folder."""
    module: Text | None = None
    """The folder of a module of your own, from this file's folder; by default Hubledger's for the cloud."""
    variables: dict[Variable, object] | None = None
    """What a module of your own is given."""
    secrets: dict[Variable, SecretFile] | None = None
    """Where secret variables of the modules are, by the variable's name; they are never written here."""
    after: Texts = Field(default_factory=list)
    """Clusters that must be applied before this one."""

    zones: Texts | None = None
    """The zones that nodes run in; a disk is in the first."""
    community: Name | None = None
    """The community that pays for the whole cluster."""
    labels: LabelsFile | None = None
    """How cost labels are written."""
    kubernetes_version: Version | None = None
    """The control plane's version of Kubernetes."""
    release_channel: Literal["rapid", "regular", "stable", "extended"] | None = None
    """How quickly the cluster follows Kubernetes' releases."""
    maintenance_start: Hour | None = None
    """The hour (UTC) from which the cloud may upgrade the cluster."""
    deletion_protection: bool | None = None
    """Whether the cloud refuses to delete the cluster."""
    encryption_key: Text | None = None
    """The customer-managed key that encrypts everything, by the cloud's full name of it."""
    network: NetworkFile | None = None
    """The cluster's network."""
    node_pools: dict[ResourceName, NodePoolFile] | None = None
    """Node pools by name."""
    hubs: dict[Namespace, HubModuleFile] | None = None
    """How Terraform makes the hubs of the cluster's `hubs`, by name; one without an authenticator it does not make."""
    support: SupportFile | None = None
    """What every cluster with hubs needs beside them: measurements, ingress, certificates. Left out, it is not made."""
    home_storage: dict[ResourceName, StorageFile] | None = None
    """Storage of home directories by name."""
    buckets: dict[ResourceName, BucketFile] | None = None
    """Buckets by name."""
    registries: dict[ResourceName, RegistryFile] | None = None
    """Registries of container images by name."""
    budget: BudgetFile | None = None
    """A month's budget."""
    billing_export: ExportFile | None = None
    """Where the cloud's bill is exported to; left out, no export is made."""
    collector: CollectorFile | None = None
    """The identity that reads bills."""
    gcp: GoogleOnly | None = None
    """What only Google Cloud has."""
    aws: AwsOnly | None = None
    """What only AWS has."""
    azure: AzureOnly | None = None
    """What only Azure has."""

    @model_validator(mode="after")
    def _own_module(self) -> InfrastructureFile:
        if self.module is None and self.variables is not None:
            raise fault("variables are for a module of your own: name it with module, or write them one level up")
        if self.module is None and self.secrets is not None:
            raise fault("secrets are for a module of your own; a hub's stand under hubs, as authenticator_config")
        if self.support is None and any(hub.authenticator for hub in (self.hubs or {}).values()):
            raise fault("hubs are made, and support is missing: add it, with certificates and the address they need")
        return self

    @model_validator(mode="after")
    def _split_costs(self) -> InfrastructureFile:
        if self.aws and self.aws.split_costs and (self.billing_export is None or self.billing_export.format == "focus"):
            raise fault("aws.split_costs is of an export in AWS's own format: add billing_export, with format native")
        return self
