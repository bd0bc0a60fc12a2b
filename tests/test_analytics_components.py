"""Components: what a charge pays for, by service, SKU and purpose, and how much storage it is."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.bill import Line, line

if TYPE_CHECKING:
    from tests.fixtures_books import Books

AWS = {"ServiceProviderName": "AWS", "InvoiceIssuerName": "AWS"}
MICROSOFT = {"ServiceProviderName": "Microsoft Azure", "InvoiceIssuerName": "Microsoft"}


G = {"ServiceProviderName": "Google Cloud"}
CORE = {"Tags": '{"2i2c:node-purpose": "core"}'}
HOME = {"Tags": '{"2i2c:volume-purpose": "home-nfs"}'}


COMPONENTS: list[tuple[Line, str, str | None]] = [
    (G | {"ServiceName": "Compute Engine", "SkuMeter": "N2 Instance Core running in Iowa"}, "compute", "cpu"),
    (G | {"ServiceName": "Compute Engine", "SkuMeter": "N2 Instance Ram running in Iowa"}, "compute", "memory"),
    (G | CORE | {"ServiceName": "Compute Engine", "SkuMeter": "N2 Instance Ram running in Iowa"}, "core", "memory"),
    (G | {"ServiceName": "Compute Engine", "SkuMeter": "Spot Preemptible E2 Instance Core"}, "compute", "cpu"),
    (G | {"ServiceName": "Compute Engine", "SkuMeter": "Nvidia Tesla T4 GPU running in Iowa"}, "gpu", "gpu"),
    (G | {"ServiceName": "Compute Engine", "SkuMeter": "Balanced PD Capacity in Iowa"}, "compute", None),
    (G | HOME | {"ServiceName": "Compute Engine", "SkuMeter": "Balanced PD Capacity"}, "home storage", None),
    (G | {"ServiceName": "Compute Engine", "SkuMeter": "Storage PD Snapshot in US"}, "backup", None),
    (G | {"ServiceName": "Compute Engine", "SkuMeter": "Network Internet Egress from Iowa"}, "networking", None),
    (G | {"ServiceName": "Compute Engine", "SkuMeter": "External IP Charge on a Standard VM"}, "networking", None),
    (G | {"ServiceName": "Networking", "SkuMeter": "Cloud NAT Gateway: Uptime charge"}, "networking", None),
    (G | {"ServiceName": "Kubernetes Engine", "SkuMeter": "Zonal Kubernetes Clusters"}, "core", None),
    (G | {"ServiceName": "Cloud Filestore", "SkuMeter": "Filestore Capacity Basic HDD"}, "home storage", None),
    (G | {"ServiceName": "Cloud Storage", "SkuMeter": "Standard Storage US Regional"}, "object storage", None),
    (G | {"ServiceName": "Cloud Logging", "SkuMeter": "Log Storage cost"}, "observability", None),
    (G | {"ServiceName": "Artifact Registry", "SkuMeter": "Artifact Registry Storage"}, "registry", None),
    (G | {"ServiceName": "Cloud SQL", "SkuMeter": "Cloud SQL for PostgreSQL: Zonal"}, "database", None),
    (G | {"ServiceName": "Support", "SkuMeter": "Standard support"}, "support", None),
    (AWS | {"ServiceName": "Amazon Elastic Compute Cloud", "SkuMeter": "USW2-BoxUsage:r5.xlarge"}, "compute", None),
    (AWS | {"ServiceName": "AmazonEC2", "SkuMeter": "BoxUsage:g4dn.xlarge"}, "gpu", None),
    (AWS | {"ServiceName": "AmazonEC2", "SkuMeter": "BoxUsage:m6g.xlarge"}, "compute", None),
    (AWS | CORE | {"ServiceName": "AmazonEC2", "SkuMeter": "BoxUsage:r5.xlarge"}, "core", None),
    (AWS | {"ServiceName": "AmazonEC2", "SkuMeter": "USW2-EBS:VolumeUsage.gp3"}, "compute", None),
    (AWS | HOME | {"ServiceName": "AmazonEC2", "SkuMeter": "USW2-EBS:VolumeUsage.gp3"}, "home storage", None),
    (AWS | HOME | {"ServiceName": "AmazonEC2", "SkuMeter": "USW2-EBS:SnapshotUsage"}, "backup", None),
    (AWS | {"ServiceName": "AmazonEC2", "SkuMeter": "USW2-NatGateway-Hours"}, "networking", None),
    (AWS | {"ServiceName": "AmazonEC2", "SkuMeter": "USW2-DataTransfer-Out-Bytes"}, "networking", None),
    (AWS | {"ServiceName": "Amazon Elastic Load Balancing"}, "networking", None),
    (AWS | {"ServiceName": "Amazon Virtual Private Cloud"}, "networking", None),
    (AWS | {"ServiceName": "Amazon Elastic Container Service for Kubernetes"}, "core", None),
    (AWS | {"ServiceName": "Amazon Elastic File System"}, "home storage", None),
    (AWS | {"ServiceName": "Amazon FSx"}, "home storage", None),
    (AWS | {"ServiceName": "Amazon Simple Storage Service"}, "object storage", None),
    (AWS | {"ServiceName": "AmazonCloudWatch"}, "observability", None),
    (AWS | {"ServiceName": "Amazon EC2 Container Registry (ECR)"}, "registry", None),
    (AWS | {"ServiceName": "Amazon Relational Database Service"}, "database", None),
    (AWS | {"ServiceName": "AWS Backup"}, "backup", None),
    (AWS | {"ServiceName": "AWS Support (Business)"}, "support", None),
    (MICROSOFT | {"ServiceName": "Virtual Machines", "SkuMeter": "E4s v5"}, "compute", None),
    (MICROSOFT | {"ServiceName": "Virtual Machines", "SkuMeter": "NC6s v3 Spot"}, "gpu", None),
    (MICROSOFT | CORE | {"ServiceName": "Virtual Machines", "SkuMeter": "E4s v5"}, "core", None),
    (MICROSOFT | {"ServiceName": "Azure NetApp Files", "SkuMeter": "Standard Capacity"}, "home storage", None),
    (MICROSOFT | {"ServiceName": "Storage", "ChargeDescription": "Files - LRS Data Stored"}, "home storage", None),
    (
        MICROSOFT | {"ServiceName": "Storage", "ChargeDescription": "Premium SSD Managed Disks - P10"},
        "compute",
        None,
    ),
    (
        MICROSOFT | {"ServiceName": "Storage", "ChargeDescription": "General Block Blob v2 - Hot"},
        "object storage",
        None,
    ),
    (MICROSOFT | {"ServiceName": "Azure Kubernetes Service"}, "core", None),
    (MICROSOFT | {"ServiceName": "Bandwidth", "SkuMeter": "Standard Data Transfer Out"}, "networking", None),
    (MICROSOFT | {"ServiceName": "Load Balancer"}, "networking", None),
    (MICROSOFT | {"ServiceName": "Azure Monitor"}, "observability", None),
    (MICROSOFT | {"ServiceName": "Container Registry"}, "registry", None),
    (MICROSOFT | {"ServiceName": "Backup", "SkuMeter": "Azure Files Protected Instances"}, "backup", None),
    ({"ChargeCategory": "Tax"}, "tax", None),
    ({"ChargeCategory": "Credit"}, "credit", None),
    ({"ServiceProviderName": "Acme", "ServiceName": "Rockets"}, "other", None),
    (
        {"ServiceProviderName": "Acme", "ServiceName": "Rocks", "ServiceSubcategory": "File Storage"},
        "home storage",
        None,
    ),
]


def test_a_component_follows_from_service_sku_and_purpose(books: Books) -> None:
    books.deliver([line(**said, InvoiceDetailId=str(number)) for number, (said, _, _) in enumerate(COMPONENTS)])
    found = {int(str(number)): rest for number, *rest in books.charges("InvoiceDetailId, x_Component, x_Part")}
    for number, (said, component, part) in enumerate(COMPONENTS):
        assert found[number] == [component, part], said


# Sizes kept for a time

FILESTORE = {"ServiceName": "Cloud Filestore"}
EFS = AWS | {"ServiceName": "Amazon Elastic File System"}
OCTOBER = 744


@pytest.mark.parametrize(
    ("said", "gib_hours"),
    [
        (FILESTORE | {"ConsumedQuantity": str(3600 * 2**30 * 5), "ConsumedUnit": "byte-seconds"}, "5"),
        (FILESTORE | {"PricingQuantity": "2", "PricingUnit": "gibibyte month"}, str(2 * OCTOBER)),
        (FILESTORE | {"PricingQuantity": "2", "PricingUnit": "gibibyte hour"}, "2"),
        (FILESTORE | {"PricingQuantity": "2", "PricingUnit": "GiBy.mo"}, str(2 * OCTOBER)),
        (EFS | {"ConsumedQuantity": "0.5", "ConsumedUnit": "GB-Mo"}, str(OCTOBER // 2)),
        (EFS | {"PricingQuantity": "3", "PricingUnit": "GB-Hours"}, "3"),
        (EFS | {"ConsumedQuantity": "7", "ConsumedUnit": "Hrs", "PricingQuantity": "3", "PricingUnit": "GB-Hrs"}, "3"),
        (MICROSOFT | {"ServiceName": "Azure NetApp Files", "PricingQuantity": "4", "PricingUnit": "1 GiB/Hour"}, "4"),
        (
            MICROSOFT | {"ServiceName": "Azure Files", "PricingQuantity": "1", "PricingUnit": "100 GB/Month"},
            str(100 * OCTOBER),
        ),
        (
            {
                "ServiceProviderName": "Acme",
                "ServiceSubcategory": "File Storage",
                "PricingQuantity": "1073741824",
                "PricingUnit": "GB-Hours",
            },
            "1000000000",
        ),
        (EFS | {"PricingQuantity": "3", "PricingUnit": "GB"}, None),
        (EFS | {"PricingQuantity": "3", "PricingUnit": "Requests"}, None),
        ({"SkuMeter": "N2 Instance Ram", "PricingQuantity": "3", "PricingUnit": "gibibyte hour"}, None),
    ],
)
def test_storage_is_measured_where_its_unit_says_size_and_time(books: Books, said: Line, gib_hours: str | None) -> None:
    wanted = None if gib_hours is None else Decimal(gib_hours)
    assert books.described("x_StorageGibHours", **said) == (wanted,)
