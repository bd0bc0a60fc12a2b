"""What the fleet's files may say, as pydantic models, and their JSON Schema.

Keys of the format that 2i2c keeps are open: what is unknown there is kept and not read. Our own keys are strict.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from terraform.contract_schema import ContractFile, IssuerFile
from terraform.fleet import IdlePolicy, Provider, SharedPolicy
from terraform.fleet_fields import (
    BigQueryName,
    BlobPath,
    Currency,
    Day,
    Foreign,
    Google,
    HubPath,
    Id,
    Ids,
    Name,
    Namespace,
    Ours,
    S3Path,
    Text,
    Texts,
    Weight,
    fault,
    many,
    measure,
    one_or_many,
)
from terraform.fleet_sources import AzureAccess, BillingFile, UsageFile
from terraform.infrastructure_schema import InfrastructureFile
from terraform.mapping_schema import MappingFile
from terraform.sign_in_schema import DashboardFile

if TYPE_CHECKING:
    from datetime import date


class WeightsFile(Ours):
    """What a vCPU-hour, a GiB-hour and a GPU-hour weigh against each other where a machine is billed as one."""

    cpu: Weight | None = None
    """Weight of a vCPU-hour."""
    memory: Weight | None = None
    """Weight of a GiB-hour of memory."""
    gpu: Weight | None = None
    """Weight of a GPU-hour."""

    @model_validator(mode="after")
    def _some_weight(self) -> WeightsFile:
        if self.cpu == 0 and self.memory == 0 and self.gpu == 0:
            raise fault("all weights are zero: give at least one that is more")
        return self


class PolicyFile(Ours):
    """How idle and shared cost is spread over the hubs of a cluster. What is left out comes from the fleet's policy."""

    idle: IdlePolicy | None = None
    """Who pays for capacity nobody asked for: the hubs in proportion, all evenly, or the operator."""
    shared: SharedPolicy | None = None
    """Who pays for what serves all hubs: in proportion to usage, evenly, by users, or the operator."""
    weights: WeightsFile | None = None
    """How a machine's price is parted between CPU, memory and GPU where the bill doesn't say."""


class GoogleExport(Foreign):
    """Where Google Cloud's billing export is."""

    project: Google
    """The project that holds the export's dataset."""
    dataset: BigQueryName
    """The export's dataset."""
    billing_id: Google
    """The billing account's id."""


class CloudBilling(Foreign):
    """Who pays for the cloud account."""

    paid_by_us: bool | None = None
    """Whether the operator pays this cloud bill and recovers it."""
    bigquery: GoogleExport | None = None
    """Google Cloud's billing export."""
    active_cost_tags: object = None


class AwsCloudBilling(CloudBilling):
    """Who pays for the AWS account, and where its bill is."""

    path: S3Path | None = None
    """Ours: where AWS delivers the bill, as in s3://bucket/prefix/export-name (billing: {source: aws} has more to say)."""


class AzureCloudBilling(AzureAccess, CloudBilling):
    """Who pays for the Azure subscription, and where its bill is."""

    path: BlobPath | None = None
    """Ours: the folder of a cost export, as in abfss://container@account.dfs.core.windows.net/directory/export-name."""


class Gcp(Foreign):
    """A cluster on Google Cloud."""

    project: Google
    """Id of the project the cluster is in."""
    cluster: Text
    """The cluster's name in Google Cloud."""
    zone: str | None = None
    """The cluster's zone, or its region if it is regional."""
    region: str | None = None
    """The cluster's region."""
    billing: CloudBilling | None = None
    """Who pays, and where the bill is exported to."""
    key: object = None


class Aws(Foreign):
    """A cluster on AWS."""

    clusterName: Text  # noqa: N815 - the format's own name
    """The cluster's name in EKS."""
    account: Id | None = None
    """The account's name or id."""
    account_id: Id | None = None
    """The account's id, twelve digits."""
    region: str | None = None
    """The cluster's region."""
    billing: AwsCloudBilling | None = None
    """Who pays, and where the bill is delivered."""
    key: object = None
    clusterType: object = None  # noqa: N815 - the format's own name


class Azure(Foreign):
    """A cluster on Azure."""

    cluster: Text
    """The cluster's name in AKS."""
    resource_group: str | None = None
    """The cluster's resource group."""
    subscription: Id | None = None
    """Id of the subscription."""
    subscription_id: Id | None = None
    """Id of the subscription."""
    location: str | None = None
    """The cluster's region."""
    region: str | None = None
    """The cluster's region."""
    billing: AzureCloudBilling | None = None
    """Who pays, and where the bill is exported to."""
    key: object = None


class HubFile(Foreign):
    """A JupyterHub."""

    name: Namespace
    """The hub's Kubernetes namespace."""
    display_name: str | None = None
    """What people call the hub."""
    domain: str | None = None
    """Where the hub answers."""
    helm_chart: object = None
    helm_chart_values_files: object = None
    auth0: object = None
    legacy_daskhub: object = None
    domain_override_file: object = None
    uptime_check: object = None


class ClusterFile(Foreign):
    """A Kubernetes cluster and its hubs: the format that 2i2c keeps, and our keys billing, usage, policy, accounts."""

    name: Name
    """The cluster's name, which is its folder's name too."""
    provider: Provider
    """The cloud the cluster is in."""
    provider_url: str | None = None
    """Where people sign in to that cloud."""
    account: Id | None = None
    """The account that people sign in with; on AWS its id."""
    gcp: Gcp | None = None
    """The cluster on Google Cloud."""
    aws: Aws | None = None
    """The cluster on AWS."""
    azure: Azure | None = None
    """The cluster on Azure."""
    hubs: Annotated[list[HubFile], BeforeValidator(many, json_schema_input_type=list[HubFile] | None)] = Field(
        default_factory=list
    )
    """The hubs of the cluster."""
    metadata: object = None
    kubeconfig: object = None
    support: object = None
    tenancy: object = None
    billing: Annotated[
        list[BillingFile], BeforeValidator(one_or_many, json_schema_input_type=BillingFile | list[BillingFile] | None)
    ] = Field(default_factory=list)
    """Ours: where the cluster's bills are, one source or a list; by default what the cloud's section says under billing."""
    usage: UsageFile | None = None
    """Ours: where the cluster's usage is measured."""
    policy: PolicyFile | None = None
    """Ours: how this cluster's idle and shared cost is spread, where it differs from the fleet's policy."""
    accounts: Ids = Field(default_factory=list)
    """Ours: project, account or subscription ids; by default gcp.project, aws.account_id or azure.subscription."""
    infrastructure: InfrastructureFile | None = None
    """Ours: how Terraform makes the cluster."""


class MembershipFile(Ours):
    """A hub that a community pays for, for some time."""

    hub: HubPath
    """The hub, as cluster/hub."""
    start: Day | None = Field(default=None, alias="from")
    """The first day."""
    end: Day | None = Field(default=None, alias="to")
    """The day after the last one."""

    @model_validator(mode="before")
    @classmethod
    def _hub_alone(cls, value: object) -> object:
        return {"hub": value} if isinstance(value, str) else value

    @field_validator("end")
    @classmethod
    def _after_start(cls, end: date | None, info: ValidationInfo) -> date | None:
        start = info.data.get("start")
        if start and end and start >= end:
            raise fault(f"{end} is not after from {start}: 'to' is the day after the last one")
        return end


class CapFile(Ours):
    """An amount of money a month."""

    amount: Annotated[Decimal, Field(gt=0, le=10**12), BeforeValidator(measure), WithJsonSchema({"type": "number"})]
    """The amount."""
    currency: Currency
    """Its currency, that of the bills."""


class CommunityFile(Ours):
    """Who pays: a community, its hubs and its contacts."""

    name: Name
    """The community's name, which is its file's name too."""
    display_name: Text | None = None
    """What people call the community."""
    hubs: Annotated[
        list[MembershipFile],
        BeforeValidator(one_or_many, json_schema_input_type=HubPath | list[HubPath | MembershipFile] | None),
    ] = Field(default_factory=list)
    """The community's hubs, each cluster/hub, or {hub, from, to} where that changes."""
    accounts: Ids = Field(default_factory=list)
    """Project, account or subscription ids that are this community's alone."""
    contacts: Texts = Field(default_factory=list)
    """Whom to write to."""
    contract: ContractFile | None = None
    """What the community has agreed to pay, and who pays it."""
    cap: CapFile | None = None
    """What the community's hubs may cost in a month; a change that goes beyond it needs a reason."""


class LabelsFile(Ours):
    """Which tag keys of a bill say what; a list here replaces the default, and its first key on a charge wins."""

    hub: Texts | None = None
    """Keys whose value is a hub's name."""
    cluster: Texts | None = None
    """Keys whose value is a cluster's name."""
    namespace: Texts | None = None
    """Keys whose value is a Kubernetes namespace."""
    purpose: Texts | None = None
    """Keys that say what a node is for."""
    volume_purpose: Texts | None = None
    """Keys that say what a volume is for."""
    pool: Texts | None = None
    """Keys whose value is a node pool's name."""
    keep: Texts | None = None
    """Further keys to keep in the lake; all others are dropped, for privacy."""


class FleetFile(Ours):
    """What holds for the whole fleet. Every key may be left out, and so may the file."""

    policy: PolicyFile | None = None
    """How idle and shared cost is spread."""
    labels: LabelsFile | None = None
    """Which tag keys of a bill say what."""
    excluded_users: Texts | None = None
    """User names that are no people (health checks); a list here replaces the default."""
    reporting_currency: Currency | None = None
    """The currency that reports show beside a bill's own, as in EUR; left out, nothing is converted."""
    issuer: IssuerFile | None = None
    """Who bills the communities."""
    dashboard: DashboardFile | None = None
    """Who may look at the dashboard, and how they sign in."""


FILES: dict[str, type[BaseModel]] = {
    "cluster": ClusterFile,
    "community": CommunityFile,
    "fleet": FleetFile,
    "mapping": MappingFile,
}


def json_schema(kind: str) -> dict[str, object]:
    """The JSON Schema (draft 2020-12) of one kind of file: cluster, community, fleet or mapping."""
    schema = FILES[kind].model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema
