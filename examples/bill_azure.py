"""Microsoft's bill for the cluster basalt: whole days, and machines no finer than their scale set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .bill import FOCUS_1_2, Bill, prices
from .bill_aws import PERIODS
from .clusters import AZURE_NODE_GROUP, AZURE_SUBSCRIPTION
from .demand import DAYS, NOW, span
from .machines import hours_of

if TYPE_CHECKING:
    from .clusters import Story
    from .machines import Pool

COLUMNS = (*FOCUS_1_2, "x_ResourceGroupName", "x_SkuMeterCategory", "x_SkuMeterSubcategory")
BILLING_PROFILE = (
    "/providers/Microsoft.Billing/billingAccounts/6b1d42aa-0f7e-4c7f-9d20-3c51a8e9b704/billingProfiles/OHC1-EU"
)
_SUBSCRIPTION = f"/subscriptions/{AZURE_SUBSCRIPTION}"
_NODES = f"{_SUBSCRIPTION}/resourceGroups/{AZURE_NODE_GROUP}/providers"
CLUSTER = {"aks-managed-cluster-name": "basalt", "aks-managed-cluster-rg": "basalt"}
HOMES = {"2i2c:volume-purpose": "home-nfs", "2i2c:cluster-name": "basalt"}
MONTH = 730  # hours
_OWN = f"{_SUBSCRIPTION}/resourceGroups/basalt/providers"


def azure(story: Story) -> Bill:
    """The bills of the billing profile that pays for basalt's subscription."""
    bill = Bill(
        constant={
            "BillingAccountId": BILLING_PROFILE,
            "BillingAccountName": "Open Hubs Cooperative EU",
            "BillingAccountType": "Billing Profile",
            "BillingCurrency": "USD",
            "PricingCurrency": "USD",
            "InvoiceIssuerName": "Microsoft",
            "ProviderName": "Microsoft",
            "PublisherName": "Microsoft",
            "SubAccountId": _SUBSCRIPTION,
            "SubAccountName": "basalt",
            "SubAccountType": "Subscription",
            "RegionId": "westeurope",
            "RegionName": "West Europe",
            "x_ResourceGroupName": "basalt",
        },
        skus=prices("azure"),
        periods=PERIODS,
        invoices={"2026-09": "G071834992", "2026-10": "G072955310"},
        places=14,
    )
    ran = _hours_by_day(story)
    for day, scale_sets in enumerate(ran):
        for scale_set, (pool, hours) in sorted(scale_sets.items()):
            _machines(bill, day, scale_set, pool, hours)
        if day < DAYS:
            _rest(bill, story, day)
    outage = {"ChargeCategory": "Credit", "ChargeFrequency": "One-Time"}
    bill.add("credit", 1, span(50 * 24, 24), CLUSTER, outage)
    return bill


def _hours_by_day(story: Story) -> list[dict[str, tuple[Pool, float]]]:
    """For each day, the hours that the machines of each scale set ran."""
    days: list[dict[str, tuple[Pool, float]]] = [{} for _ in range(DAYS + 1)]
    for node in story.nodes:
        for hour, part in hours_of(node.born, node.died, NOW):
            day = days[hour // 24]
            day[node.resource] = (node.pool, day.get(node.resource, (node.pool, 0.0))[1] + part)
    return days


def _machines(bill: Bill, day: int, scale_set: str, pool: Pool, hours: float) -> None:
    """One row a day for a scale set, and one for its system disks."""
    tags = CLUSTER | {
        "aks-managed-poolName": pool.name,
        "aks-managed-orchestrator": "Kubernetes:1.33.4",
        "2i2c.org/node-purpose": pool.purpose,
    }
    what: dict[str, str | None] = {
        "ResourceId": scale_set.lower(),
        "ResourceName": scale_set.rsplit("/", 1)[-1],
        "ResourceType": "Virtual machine scale set",
        "x_ResourceGroupName": AZURE_NODE_GROUP,
    }
    series: dict[str, str | None] = {"x_SkuMeterCategory": "Virtual Machines", "x_SkuMeterSubcategory": "Esv5 Series"}
    bill.add(pool.machine, hours, span(24 * day, 24), tags, what | series)
    bill.add("disk", hours / MONTH, span(24 * day, 24), tags, what | {"x_SkuMeterCategory": "Storage"})


def _rest(bill: Bill, story: Story, day: int) -> None:
    time = span(24 * day, 24)
    share = 24 / MONTH
    people = sum(visits.by_day.get(day, 0) for visits in story.visits.values())
    homes = sum(story.home_gib(24 * day).values())
    files = _thing(_OWN, "Microsoft.Storage/storageAccounts/basalthomes")
    balancer = _thing(_NODES, "Microsoft.Network/loadBalancers/kubernetes")
    bill.add("files", 512 * share, time, HOMES, files)
    bill.add("snapshot", homes * 0.3 * share, time, {"2i2c:cluster-name": "basalt"}, files)
    for hub, gib in (("caldera", 620 + 3.5 * day), ("archive", 2400.0)):
        store = _thing(_OWN, f"Microsoft.Storage/storageAccounts/basalt{hub}")
        bill.add("blobs", gib * share, time, {"2i2c:hub-name": hub}, store)
    bill.add("fee", 24, time, CLUSTER, _thing(_OWN, "Microsoft.ContainerService/managedClusters/basalt"))
    bill.add("balancer", 24, time, CLUSTER, balancer)
    bill.add("address", 48, time, CLUSTER, _thing(_NODES, "Microsoft.Network/publicIPAddresses/kubernetes-a1"))
    bill.add("nat", 24, time, CLUSTER, _thing(_NODES, "Microsoft.Network/natGateways/aks-nat"))
    bill.add("transfer", people * 0.55, time, None, balancer)  # no tag: the subscription's, as are the next ones
    bill.add("logs", 0.62 + people * 0.03, time, None, _thing(_OWN, "Microsoft.OperationalInsights/workspaces/basalt"))
    bill.add("registry", 1, time, None, _thing(_OWN, "Microsoft.ContainerRegistry/registries/basaltimages"))
    bill.add("vault", 1400 + 13 * day, time, None, _thing(_OWN, "Microsoft.KeyVault/vaults/basalt"))
    for namespace, disks in (("caldera", 1), ("archive", 1), ("support", 16)):
        tags = CLUSTER | {"kubernetes.io-created-for-pvc-namespace": namespace}
        bill.add("volume", disks * share, time, tags, _thing(_NODES, f"Microsoft.Compute/disks/pvc-{namespace}"))


def _thing(group: str, name: str) -> dict[str, str | None]:
    return {"ResourceId": f"{group}/{name}".lower(), "ResourceName": name.rsplit("/", 1)[-1]}
