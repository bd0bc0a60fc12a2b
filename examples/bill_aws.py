"""Amazon's bill for the cluster northlight: machines whole, hour by hour, and its core nodes under a savings plan."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from .bill import FOCUS_1_2, Bill, prices
from .demand import DAYS, FINAL, NOW, span
from .machines import hours_of

if TYPE_CHECKING:
    from .bill import Value
    from .clusters import Story
    from .machines import Node

PERIODS = {
    "2026-09": (datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)),
    "2026-10": (datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)),
    "2026-11": (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)),
}
COLUMNS = (*FOCUS_1_2, "x_Discounts", "x_Operation", "x_ServiceCode")
PAYER = "310427750018"
ACCOUNT = "481516230042"
SPENT = "CommitmentDiscountQuantity"
PLAN: dict[str, Value] = {
    "CommitmentDiscountId": f"arn:aws:savingsplans::{PAYER}:savingsplan/5b0d7e1c-8a34-4f0e-9a53-0c4f6c2b7d11",
    "CommitmentDiscountCategory": "Spend",
    "CommitmentDiscountType": "Compute Savings Plan",
    "CommitmentDiscountUnit": "USD",
}
CLUSTER = {"alpha.eksctl.io/cluster-name": "northlight", "aws:eks:cluster-name": "northlight"}
HOMES = {"2i2c:volume-purpose": "home-nfs"}
MONTH = 730  # hours
COVERED_RATE = Decimal("0.182")


def aws(story: Story) -> Bill:
    """The bills of the payer account that pays for northlight's own account."""
    bill = Bill(
        constant={
            "BillingAccountId": PAYER,
            "BillingAccountName": "Open Hubs Cooperative",
            "BillingAccountType": "Management account",
            "BillingCurrency": "USD",
            "PricingCurrency": "USD",
            "InvoiceIssuerName": "Amazon Web Services, Inc.",
            "ProviderName": "AWS",
            "PublisherName": "Amazon Web Services, Inc.",
            "SubAccountId": ACCOUNT,
            "SubAccountName": "northlight",
            "SubAccountType": "Member account",
            "RegionId": "us-west-2",
            "RegionName": "US West (Oregon)",
        },
        skus=prices("aws"),
        periods=PERIODS,
        invoices={"2026-09": "2047719365", "2026-10": "2061840227"},
        places=10,
    )
    for node in story.nodes:
        _machine(bill, node)
    _hourly(bill, story)
    _daily(bill, story)
    _monthly(bill)
    return bill


def _machine(bill: Bill, node: Node) -> None:
    pool = node.pool
    tags = CLUSTER | {
        "eks:nodegroup-name": pool.name,
        "2i2c:node-purpose": pool.purpose,
        "Name": f"northlight-{pool.name}-Node",
    }
    machine = _thing("ec2", f"instance/{node.resource}") | {
        "ResourceType": "Instance",
        "AvailabilityZone": "us-west-2b",
        "x_Operation": "RunInstances",
        "x_ServiceCode": "AmazonEC2",
    }
    covered = PLAN | {"CommitmentDiscountStatus": "Used"}
    volume = _thing("ec2", f"volume/vol-{node.resource[2:]}")
    for hour, part in hours_of(node.born, node.died, NOW):
        if pool.purpose == "core":
            cost = Decimal(f"{part:.10f}") * COVERED_RATE
            bill.add("covered", part, span(hour), tags, machine | covered | {SPENT: cost}, effective=cost)
        else:
            bill.add(pool.machine, part, span(hour), tags, machine)
        bill.add("disk", part * 80 / MONTH, span(hour), tags, volume)


def _hourly(bill: Bill, story: Story) -> None:
    commitment = PLAN | {"ResourceId": PLAN["CommitmentDiscountId"]}
    bought = commitment | {"ChargeCategory": "Purchase", "ChargeFrequency": "Recurring"}
    unused = commitment | {"CommitmentDiscountStatus": "Unused"}
    wasted = bill.skus["plan"].price - 2 * COVERED_RATE
    aurora = _thing("elasticfilesystem", "file-system/fs-0b7c1e55a90d3f218")
    drift = _thing("elasticfilesystem", "file-system/fs-04d9a2f7713be8c60")
    balancer = _thing("elasticloadbalancing", "loadbalancer/net/a71f0d3e5c/90b1f2")
    for hour in range(NOW):
        time = span(hour)
        bill.add("plan", 1, time, None, bought | {SPENT: bill.skus["plan"].price}, effective=Decimal(0))
        bill.add("plan", 0, time, None, unused | {SPENT: wasted}, effective=wasted)
        bill.add("fee", 1, time, CLUSTER, _thing("eks", "cluster/northlight"))
        bill.add("nat", 1, time, CLUSTER, _thing("ec2", "natgateway/nat-0c51d7e20b6f83a94"))
        bill.add("balancer", 1, time, CLUSTER, balancer)
        bill.add("address", 3, time, CLUSTER)
        sizes = story.home_gib(hour)
        bill.add("efs", sizes["aurora"] * 1.02 / MONTH, time, CLUSTER | HOMES, aurora)
        bill.add("efs", sizes["drift"] / MONTH, time, CLUSTER | HOMES | {"2i2c:hub-name": "drift"}, drift)
        for namespace, gib in (("aurora", 10), ("drift", 10), ("support", 400)):
            tags = CLUSTER | {"kubernetes.io/created-for/pvc/namespace": namespace}
            bill.add("disk", gib / MONTH, time, tags, _thing("ec2", f"volume/vol-0f4e{namespace.encode().hex()}"))


def _daily(bill: Bill, story: Story) -> None:
    share = 24 / MONTH
    payer = {"SubAccountId": PAYER, "SubAccountName": "Open Hubs Cooperative"}
    for day in range(DAYS):
        time = span(24 * day, 24)
        people = sum(visits.by_day.get(day, 0) for visits in story.visits.values())
        homes = sum(story.home_gib(24 * day).values())
        for hub, gib in (("aurora", 1900 + 44.5 * day), ("drift", 260 + 1.25 * day)):
            tags = CLUSTER | {"2i2c:hub-name": hub}
            bucket = {"ResourceId": f"arn:aws:s3:::northlight-scratch-{hub}"}
            bill.add("s3", gib * share, time, tags, bucket)
            bill.add("s3 requests", int(gib * 97), time, tags, bucket)
        bill.add("nat data", people * 3.7, time, CLUSTER)
        bill.add("transfer", people * 0.9, time)  # no tag: the account's
        bill.add("logs", 1.4 + people * 0.06, time, CLUSTER)
        bill.add("registry", 71 * share, time)
        bill.add("backup", homes * 1.2 * share, time, CLUSTER)
        bill.add("snapshot", 55 * share, time, CLUSTER)
        bill.add("trail", 9000 + 310 * (day % 7), time, None, payer)


def _monthly(bill: Bill) -> None:
    wrong = {"ChargeClass": "Correction"}
    gpu = CLUSTER | {"eks:nodegroup-name": "gpu", "2i2c:node-purpose": "user"}
    for hour in range(23 * 24 + 8, 23 * 24 + 18):  # September 24, put right in October
        bill.add("correction", -1, span(hour), gpu, wrong, month="2026-10")
    fixed = {"ChargeFrequency": "Recurring"} | dict.fromkeys(("RegionId", "RegionName"))
    for month in FINAL:  # both come with the invoice
        period = PERIODS[month]
        support = max(Decimal(100), round(bill.billed(month) / 10, 2))
        bill.add("support", support, period, None, fixed | {"ChargeCategory": "Purchase"})
        tax = round(bill.billed(month) * Decimal("0.0375"), 2)
        bill.add("tax", tax, period, None, fixed | {"ChargeCategory": "Tax"})


def _thing(service: str, name: str) -> dict[str, Value]:
    return {"ResourceId": f"arn:aws:{service}:us-west-2:{ACCOUNT}:{name}"}
