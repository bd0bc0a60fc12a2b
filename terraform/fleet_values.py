"""From what the fleet's files say to the fleet's values: defaults filled in, paths resolved."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from terraform import contract_values, sign_in_schema
from terraform.fleet import (
    AwsBilling,
    AzureBilling,
    BigQueryBilling,
    BillingSource,
    Cap,
    Cluster,
    Community,
    CostExplorerBilling,
    FileUsage,
    FocusBilling,
    Hub,
    Labels,
    MappedBilling,
    Membership,
    Policy,
    PrometheusUsage,
    Provider,
    Settings,
    UsageSource,
    Weights,
)
from terraform.fleet_fields import blob_folder
from terraform.fleet_sources import AwsFile, AzureFile, CostExplorerFile, FocusFile, MappedFile, PrometheusFile
from terraform.infrastructure_values import infrastructure
from terraform.mapping_schema import value as mapping_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from terraform.fleet_schema import ClusterFile, CommunityFile, FleetFile, GoogleExport, PolicyFile
    from terraform.fleet_sources import AzureAccess, BillingFile, FileUsageFile
    from terraform.mapping import Mapping as BillMapping

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_AWS_ACCOUNT = re.compile(r"\d{12}")
_GUID = re.compile(r"(?:/subscriptions/)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)
_ZONE = re.compile(r"([a-z]+-[a-z]+\d+)-[a-z]")


def settings(content: FleetFile) -> Settings:
    default = Settings()
    given = {} if content.labels is None else content.labels.model_dump(exclude_none=True)
    return Settings(
        policy=_policy(content.policy, default.policy),
        labels=Labels(**{name: tuple(keys) for name, keys in given.items()}),
        excluded_users=_given(content.excluded_users, default.excluded_users),
        reporting_currency=content.reporting_currency,
        issuers=contract_values.issuers(content.issuer) if content.issuer else (),
        dashboard=sign_in_schema.settings(content.dashboard) if content.dashboard else default.dashboard,
    )


def cluster(content: ClusterFile, default: Policy, path: Path, mappings: Mapping[str, BillMapping]) -> Cluster:
    cloud_billing = next((cloud.billing for cloud in (content.gcp, content.aws, content.azure) if cloud), None)
    export = cloud_billing.bigquery if cloud_billing else None
    sources = (_billing(source, path.parent, mappings) for source in content.billing)
    billing = tuple(source for source in sources if source is not None)
    if not content.billing and export:
        billing = (_export(export),)
    if not content.billing and content.aws and content.aws.billing and content.aws.billing.path:
        billing = (AwsBilling(_prefix(content.aws.billing.path)),)
    if not content.billing and content.azure and content.azure.billing and content.azure.billing.path:
        billing = (_azure(content.azure.billing.path, content.azure.billing),)
    names = (
        content.name,
        content.gcp and content.gcp.cluster,
        content.aws and content.aws.clusterName,
        content.azure and content.azure.cluster,
    )
    exports = [source.billing_id for source in billing if isinstance(source, BigQueryBilling)]
    exports += [source.account for source in billing if isinstance(source, CostExplorerBilling)]
    return Cluster(
        name=content.name,
        provider=content.provider,
        provider_url=content.provider_url,
        aliases=_unique(name for name in names if name),
        sub_accounts=_accounts(content.accounts or _own_accounts(content)),
        billing_accounts=_unique([*([export.billing_id] if export else []), *exports]),
        region=_region(content),
        paid_by_us=cloud_billing.paid_by_us if cloud_billing else None,
        billing=billing,
        usage=_usage(content.usage, path.parent),
        policy=_policy(content.policy, default),
        hubs=tuple(Hub(content.name, hub.name, hub.display_name or hub.name, hub.domain or "") for hub in content.hubs),
        path=path,
        zone=_zone(content),
        resource_group=content.azure.resource_group if content.azure else None,
        infrastructure=infrastructure(content.infrastructure, path.parent) if content.infrastructure else None,
    )


def community(content: CommunityFile, path: Path) -> Community:
    memberships = []
    for member in content.hubs:
        cluster_name, hub = member.hub.split("/")
        memberships.append(Membership(cluster_name, hub, member.start, member.end))
    return Community(
        name=content.name,
        display_name=content.display_name or content.name,
        hubs=tuple(memberships),
        accounts=_accounts(content.accounts),
        contacts=tuple(content.contacts),
        path=path,
        contracts=contract_values.contracts(content.contract) if content.contract else (),
        cap=Cap(content.cap.amount, content.cap.currency) if content.cap else None,
    )


def resolve(path: str, folder: Path) -> str:
    """A path of a file in `folder`, absolute, so that it means the same from everywhere; a URL stays as it is."""
    if _URL.match(path):
        return path
    return os.path.normpath(Path.cwd() / folder / Path(path).expanduser())


def _policy(content: PolicyFile | None, default: Policy) -> Policy:
    if content is None:
        return default
    weights = default.weights
    if content.weights is not None:
        cpu, memory, gpu = content.weights.cpu, content.weights.memory, content.weights.gpu
        weights = Weights(
            cpu=weights.cpu if cpu is None else cpu,
            memory=weights.memory if memory is None else memory,
            gpu=weights.gpu if gpu is None else gpu,
        )
    return Policy(content.idle or default.idle, content.shared or default.shared, weights)


def _billing(content: BillingFile, folder: Path, mappings: Mapping[str, BillMapping]) -> BillingSource | None:
    """The source; None where its mapping isn't there, which is a fault that fleet_checks finds."""
    if isinstance(content, FocusFile):
        return FocusBilling(resolve(content.path, folder), content.name)
    if isinstance(content, AwsFile):
        return AwsBilling(_prefix(content.path), content.region, content.profile, content.endpoint)
    if isinstance(content, CostExplorerFile):
        return CostExplorerBilling(content.account, content.tag, content.region, content.profile, content.endpoint)
    if isinstance(content, AzureFile):
        return _azure(content.path, content)
    if isinstance(content, MappedFile):
        given = content.mapping
        mapping = mappings.get(given) if isinstance(given, str) else mapping_value(given, "billing.mapping")
        return None if mapping is None else MappedBilling(resolve(content.path, folder), mapping, content.name)
    return BigQueryBilling(
        project=content.project,
        dataset=content.dataset,
        billing_id=content.billing_id,
        table=content.table,
        location=content.location,
        maximum_bytes_billed=content.maximum_bytes_billed,
    )


def _azure(path: str, access: AzureAccess) -> AzureBilling:
    return AzureBilling(
        path=blob_folder(path),
        amortized_path=blob_folder(access.amortized_path) if access.amortized_path else None,
        endpoint=access.endpoint and access.endpoint.rstrip("/"),
        connection_string_env=access.connection_string_env,
        sas_env=access.sas_env,
    )


def _prefix(path: str) -> str:
    """A place in S3, without the slash that may end it: it is one source either way."""
    return path.rstrip("/")


def _export(content: GoogleExport) -> BigQueryBilling:
    return BigQueryBilling(content.project, content.dataset, content.billing_id)


def _usage(content: PrometheusFile | FileUsageFile | None, folder: Path) -> UsageSource | None:
    if content is None:
        return None
    if not isinstance(content, PrometheusFile):
        return FileUsage(resolve(content.path, folder))
    return PrometheusUsage(
        url=content.url.rstrip("/"),
        username=content.username,
        password_env=content.password_env,
        password_file=content.password_file and resolve(content.password_file, folder),
        bearer_token_env=content.bearer_token_env,
        bearer_token_file=content.bearer_token_file and resolve(content.bearer_token_file, folder),
        ca_file=content.ca_file and resolve(content.ca_file, folder),
        insecure_skip_verify=content.insecure_skip_verify,
        headers=tuple(content.headers.items()),
        timeout_seconds=content.timeout_seconds,
    )


def _own_accounts(content: ClusterFile) -> list[str]:
    """The ids that the cloud's section gives. `account` is a name or an id; only twelve digits are one of AWS."""
    if content.provider is Provider.GCP and content.gcp:
        return [content.gcp.project]
    if content.provider is Provider.AWS:
        given = [content.aws and content.aws.account_id, content.aws and content.aws.account, content.account]
        return [account for account in given if account and _AWS_ACCOUNT.fullmatch(account)][:1]
    if content.provider is Provider.AZURE and content.azure:
        return [account for account in (content.azure.subscription, content.azure.subscription_id) if account][:1]
    return []


def _accounts(given: Iterable[str]) -> tuple[str, ...]:
    """The ids, an Azure subscription's in both of the forms that bills have: `<guid>` and `/subscriptions/<guid>`."""
    ids: list[str] = []
    for account in given:
        guid = _GUID.fullmatch(account)
        ids += [account] if guid is None else [guid[1].lower(), f"/subscriptions/{guid[1].lower()}"]
    return _unique(ids)


def _region(content: ClusterFile) -> str | None:
    if content.gcp:
        zone = content.gcp.zone
        zonal = _ZONE.fullmatch(zone) if zone else None
        return content.gcp.region or (zonal[1] if zonal else zone)
    if content.aws:
        return content.aws.region
    if content.azure:
        return content.azure.location or content.azure.region
    return None


def _zone(content: ClusterFile) -> str | None:
    """The zone of a zonal cluster on Google Cloud; its `zone` may be a region too."""
    zone = content.gcp.zone if content.gcp else None
    return zone if zone and _ZONE.fullmatch(zone) else None


def _given(given: list[str] | None, default: tuple[str, ...]) -> tuple[str, ...]:
    return default if given is None else _unique(given)


def _unique(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))
