"""Google's bill for the cluster tidewater: core and memory of each machine apart, hour by hour."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from .bill import FOCUS_1_0, Bill, prices
from .demand import FINAL, FINAL_DAYS, NOW, span
from .machines import hours_of

if TYPE_CHECKING:
    from .clusters import Story
    from .machines import Node

# Google's month is California's: its midnights are at 07:00 UTC, and from November 2 on at 08:00
PERIODS = {
    "2026-09": (datetime(2026, 9, 1, 7, tzinfo=UTC), datetime(2026, 10, 1, 7, tzinfo=UTC)),
    "2026-10": (datetime(2026, 10, 1, 7, tzinfo=UTC), datetime(2026, 11, 1, 7, tzinfo=UTC)),
    "2026-11": (datetime(2026, 11, 1, 7, tzinfo=UTC), datetime(2026, 12, 1, 8, tzinfo=UTC)),
}
COLUMNS = (*FOCUS_1_0, "InvoiceId", "x_CostType", "x_Zone")
PROJECT = "tidewater-hubs"
COMMUNITY_PROJECT = "estuary-data-3117"
FORGOTTEN_PROJECT = "attic-pilot-2019"
CLUSTER = {"goog-k8s-cluster-name": "tidewater"}
HOMES = {"volume-purpose": "home-nfs"}
MONTH = 730  # hours


def gcp(story: Story) -> Bill:
    """The bills of the billing account that pays for tidewater, the community's own project and a forgotten one."""
    bill = Bill(
        constant={
            "BillingAccountId": "01C4E7-9A20FD-77B35E",
            "BillingAccountName": "Open Hubs Cooperative",
            "BillingCurrency": "USD",
            "InvoiceIssuerName": "Google Cloud",
            "ProviderName": "Google Cloud",
            "PublisherName": "Google Cloud",
            "SubAccountId": PROJECT,
            "SubAccountName": "Tidewater hubs",
            "RegionId": "us-central1",
            "RegionName": "Iowa",
            "x_CostType": "regular",
        },
        skus=prices("gcp"),
        periods=PERIODS,
        invoices={"2026-09": "5217743081", "2026-10": "5241190664"},
        places=12,
    )
    for node in story.nodes:
        _machine(bill, node)
    _hourly(bill, story)
    _daily(bill, story)
    _credits(bill)
    _tax(bill)
    return bill


def _machine(bill: Bill, node: Node) -> None:
    pool = node.pool
    tags = CLUSTER | {
        "goog-k8s-node-pool-name": pool.name,
        "goog-k8s-cluster-location": "us-central1",
        "node-purpose": pool.purpose,
    }
    # Google names a machine in ResourceName, and its disk the same; ids are numbers that only Google knows
    number = sum(ord(char) * 257**i for i, char in enumerate(node.name[-8:])) % 10**19
    base = "//compute.googleapis.com/projects/629340018842/zones/us-central1-b"
    where = {"AvailabilityZone": "us-central1-b", "x_Zone": "us-central1-b"}
    machine = where | _thing(node.name, "Instance") | {"ResourceId": f"{base}/instances/{number}"}
    disk = where | _thing(node.name, "Disk") | {"ResourceId": f"{base}/disks/{number + 1}"}
    spot = "spot " if pool.spot else ""
    for hour, part in hours_of(node.born, node.died, NOW):
        bill.add(f"{spot}core", part * pool.cpu, span(hour), tags, machine)
        bill.add(f"{spot}ram", part * pool.memory_gib, span(hour), tags, machine)
        bill.add("boot disk", part * 100 / MONTH, span(hour), tags, disk)


def _hourly(bill: Bill, story: Story) -> None:
    """What runs all the time: the cluster's fee, load balancer, NAT, file store and the hubs' small volumes."""
    volumes = [(hub, "hub-db-dir", 10) for hub in story.plan.hubs] + [("support", "support-prometheus-server", 500)]
    for hour in range(7, NOW):
        time = span(hour)
        homes = 1024 if hour < 1000 else 1280  # the store was enlarged in October
        bill.add("fee", 1, time, CLUSTER, _thing("tidewater", "Cluster"))
        bill.add("balancer", 1, time, CLUSTER, _thing("ingress-tidewater", "Forwarding Rule"))
        bill.add("nat", 4, time, CLUSTER, _thing("nat-tidewater", "Router"))
        bill.add("address", 1, time, CLUSTER)
        bill.add("filestore", homes / MONTH, time, CLUSTER | HOMES, _thing("tidewater-homes", "Instance"))
        bill.add("sql", 1, time, CLUSTER | {"hub-name": "orchard"}, _thing("orchard-observations", "Instance"))
        for namespace, claim, gib in volumes:
            tags = CLUSTER | {
                "kubernetes-io-created-for-pvc-namespace": namespace,
                "kubernetes-io-created-for-pvc-name": claim,
            }
            bill.add("volume", gib / MONTH, time, tags, _thing(f"pvc-{namespace}", "Disk"))


def _daily(bill: Bill, story: Story) -> None:
    """What Google meters by the day of California."""
    own: dict[str, str | None] = {"SubAccountId": COMMUNITY_PROJECT, "SubAccountName": "Estuary data"}
    lost: dict[str, str | None] = {"SubAccountId": FORGOTTEN_PROJECT, "SubAccountName": "Pilot"}
    for day in range((NOW - 8) // 24):
        begun, hours = _midnight(day), _midnight(day + 1) - _midnight(day)
        time, share = span(begun, hours), hours / MONTH
        people = sum(visits.by_day.get(day, 0) for visits in story.visits.values())
        homes = sum(story.home_gib(24 * day).values())
        for hub, gib in (("estuary", 2200 + 31 * day), ("orchard", 340 + 2 * day), ("meadow", 45.0)):
            tags = {"hub-name": hub, "cluster-name": "tidewater"}
            bucket = _thing(f"tidewater-scratch-{hub}", "Bucket")
            bill.add("bucket", gib * share, time, tags, bucket)
            bill.add("operations", int(gib * 3), time, tags, bucket)
        bill.add("nat data", people * 0.7, time, CLUSTER, _thing("nat-tidewater", "Router"))
        bill.add("egress", people * 0.3, time, CLUSTER)
        bill.add("logs", 2.2 + people * 0.05, time)  # no label: the project's
        bill.add("registry", 64 * share, time, None, _thing("tidewater-images", "Repository"))
        bill.add("backup", homes * 1.3 * share, time, CLUSTER, _thing("tidewater-homes-daily", "Backup"))
        bill.add("bucket", (5300 + 12 * day) * share, time, None, own | _thing("estuary-reanalysis", "Bucket"))
        if time[0].weekday() < 5:
            bill.add("queries", 0.31 + 0.04 * (day % 7), time, None, own)
        bill.add("boot disk", 250 * share, time, None, lost | _thing("pilot-jupyter-data", "Disk"))


def _midnight(day: int) -> int:
    """The hour at which a day begins in California."""
    return 24 * day + (7 if day <= FINAL_DAYS else 8)


def _credits(bill: Bill) -> None:
    """A promotion that pays a part of each day's Compute Engine, until it is used up on October 11."""
    spent: dict[int, Decimal] = {}
    for row in bill.rows:
        begun, cost = row["ChargePeriodStart"], row["BilledCost"]
        if row["ServiceName"] == "Compute Engine" and row["SubAccountId"] == PROJECT:
            if not isinstance(begun, datetime) or not isinstance(cost, Decimal):
                raise TypeError(f"a charge of {cost!r} at {begun!r}")
            day = (begun - PERIODS["2026-09"][0]).days
            spent[day] = spent.get(day, Decimal(0)) + cost
    kind = {"ChargeCategory": "Credit", "ChargeFrequency": "Recurring"}
    for day in range(40):
        bill.add("research credit", spent[day] * Decimal("0.15"), span(7 + 24 * day, 24), CLUSTER, kind)


def _tax(bill: Bill) -> None:
    kind = {"ChargeCategory": "Tax", "ChargeFrequency": "Recurring", "x_CostType": "tax"}
    nowhere = dict.fromkeys(("RegionId", "RegionName"))
    for month in FINAL:  # it comes with the invoice
        period = PERIODS[month]
        tax = round(bill.billed(month) * Decimal("0.0425"), 2)
        bill.add("tax", tax, period, None, kind | nowhere, month=month)


def _thing(name: str, kind: str) -> dict[str, str | None]:
    return {"ResourceName": name, "ResourceType": kind}
