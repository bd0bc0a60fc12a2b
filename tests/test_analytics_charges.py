"""Charges from small bills: what labels, resources and SKUs say, what is masked, what is refused, what a delivery replaces."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.charges import deliver, is_delivered
from analytics.engine import connect
from analytics.faults import ChargesError
from analytics.lake import Lake
from analytics.tables import CHARGES, DELIVERIES
from terraform.fleet import Labels
from tests.bill import BILL, Line, create_view, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import duckdb

    from analytics.charges import Delivery

NOW = datetime(2026, 11, 20, tzinfo=UTC)
GCE = "//compute.googleapis.com/projects/p/zones/us-central1-b"
AZURE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute"
AWS = {"ServiceProviderName": "AWS", "InvoiceIssuerName": "AWS"}
MICROSOFT = {"ServiceProviderName": "Microsoft Azure", "InvoiceIssuerName": "Microsoft"}


class Books:
    """A lake and a connection; bills go in, charges come out."""

    def __init__(self, con: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.con = con
        self.lake = Lake(str(folder))

    def deliver(
        self,
        lines: Sequence[Line],
        *,
        source: str = "a",
        sources: Sequence[str] = ("a", "b"),
        version: str = "1",
        labels: Labels = Labels(),  # noqa: B008
        months: Sequence[str] | None = None,
        final: bool = False,
    ) -> tuple[Delivery, ...]:
        create_view(self.con, lines, final=final)
        return deliver(
            self.con,
            self.lake,
            view=BILL,
            source=source,
            object="bill",
            version=version,
            labels=labels,
            sources=sources,
            months=months,
            now=NOW,
        )

    def charges(self, columns: str, *, version: int | None = None) -> list[tuple[object, ...]]:
        self.lake.attach(self.con, CHARGES, version=version)
        return self.con.execute(f"select {columns} from charges order by all").fetchall()

    def described(self, columns: str, **said: str) -> tuple[object, ...]:
        """Return `columns` of the charge that a line with `said` becomes."""
        self.deliver([line(**said)])
        (row,) = self.charges(columns)
        return row


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(threads=1) as connection:
        yield connection


@pytest.fixture
def books(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> Books:
    return Books(con, tmp_path / "lake")


def tags(**pairs: object) -> str:
    return json.dumps({key.replace("__", ":").replace("_", "-"): value for key, value in pairs.items()})


# What labels say


@pytest.mark.parametrize(
    ("said", "hub"),
    [
        ({"2i2c:hub-name": "staging"}, "staging"),
        ({"hub-name": "late", "2i2c:hub-name": "first"}, "first"),
        ({"user:2i2c:hub-name": "staging"}, "staging"),
        ({"Hub-Name": "staging"}, "staging"),
        ({"2i2c:hub-name": "", "hub-name": "prod"}, "prod"),
        ({"2i2c:hub-name": None, "hub-name": "prod"}, "prod"),
        ({"2i2c:hub-name": "a \"quoted\" 'hub'"}, "a \"quoted\" 'hub'"),
        ({"2i2c:hub-name": "höhle"}, "höhle"),
        ({"2i2c:hub-name": "jupyter-meets-the-earth"}, "jupyter-meets-the-earth"),
        ({"colour": "blue"}, None),
        ({}, None),
    ],
)
def test_the_first_hub_label_with_a_value_wins(books: Books, said: dict[str, str | None], hub: str | None) -> None:
    assert books.described("x_Hub", Tags=json.dumps(said)) == (hub,)


def test_an_exact_key_wins_over_one_in_other_capitals(books: Books) -> None:
    assert books.described("x_Hub", Tags='{"HUB-NAME": "loud", "hub-name": "quiet"}') == ("quiet",)


def test_labels_are_the_fleets_own(books: Books) -> None:
    books.deliver([line(Tags='{"team": "red", "hub-name": "x"}')], labels=Labels(hub=("team",)))
    assert books.charges("x_Hub") == [("red",)]


@pytest.mark.parametrize(
    ("said", "cluster"),
    [
        ({"goog-k8s-cluster-name": "leap"}, "leap"),
        ({"kubernetes.io/cluster/openscapes": "owned"}, "openscapes"),
        ({"kubernetes.io/cluster/openscapes": "owned", "2i2c.org/cluster-name": "other"}, "other"),
    ],
)
def test_a_cluster_is_named_by_label_or_by_its_controllers_tag(
    books: Books, said: dict[str, str], cluster: str
) -> None:
    assert books.described("x_Cluster", Tags=json.dumps(said)) == (cluster,)


@pytest.mark.parametrize(
    ("said", "purpose"),
    [
        ({"hub.jupyter.org/node-purpose": "user", "k8s.dask.org/node-purpose": "scheduler"}, "user"),
        ({"k8s.dask.org/node-purpose": "worker"}, "dask"),
        ({"node-purpose": "dask-worker"}, "dask"),
        ({"node-purpose": "notebook"}, "user"),
        ({"2i2c:node-purpose": "core"}, "core"),
        ({"2i2c:volume-purpose": "home-nfs"}, "home-nfs"),
        ({"node-purpose": "gpu-lab"}, "gpu-lab"),
        ({}, None),
    ],
)
def test_purposes_have_one_name_each(books: Books, said: dict[str, str], purpose: str | None) -> None:
    assert books.described("x_Purpose", Tags=json.dumps(said)) == (purpose,)


def test_namespace_and_pool_are_labels_too(books: Books) -> None:
    said = tags(k8s_namespace="staging", goog_k8s_node_pool_name="nb-large")
    assert books.described("x_Namespace, x_Pool", Tags=said) == ("staging", "nb-large")


def test_no_tags_at_all_are_nothing(books: Books) -> None:
    assert books.described("Tags, x_Hub, x_Cluster, x_Purpose") == (None, None, None, None)


# Which machine it is


@pytest.mark.parametrize(
    ("said", "node"),
    [
        ({"ResourceId": f"{GCE}/instances/gke-leap-nb-1", "ResourceName": "gke-leap-nb-1"}, "gke-leap-nb-1"),
        ({"ResourceId": f"{GCE}/instances/4711", "ResourceName": "gke-leap-nb-1"}, "gke-leap-nb-1"),
        ({"ResourceId": f"{GCE}/disks/gke-leap-nb-1", "ResourceName": "gke-leap-nb-1"}, "gke-leap-nb-1"),
        ({"ResourceName": "projects/p/zones/z/instances/gke-leap-nb-1"}, "gke-leap-nb-1"),
        ({"ResourceId": f"{GCE}/disks/pvc-0815", "ResourceName": "pvc-0815"}, None),
        ({"ResourceId": f"{GCE}/instances/4711"}, None),
        (AWS | {"ResourceId": "arn:aws:ec2:us-west-2:1:instance/i-0ABCDEF1234567890".lower()}, "i-0abcdef1234567890"),
        (AWS | {"ResourceId": "i-0abcdef1234567890"}, "i-0abcdef1234567890"),
        (AWS | {"ResourceId": "arn:aws:ec2:us-west-2:1:volume/vol-0abcdef1234567890"}, None),
        (
            MICROSOFT | {"ResourceId": f"{AZURE}/virtualMachineScaleSets/aks-NB-123-vmss/virtualMachines/7"},
            "aks-nb-123-vmss/7",
        ),
        (MICROSOFT | {"ResourceId": f"{AZURE}/virtualMachineScaleSets/aks-nb-123-vmss"}, None),
        (MICROSOFT | {"ResourceId": f"{AZURE}/virtualMachines/Login-1"}, "login-1"),
        ({}, None),
    ],
)
def test_a_machine_is_known_by_its_provider_id(books: Books, said: Line, node: str | None) -> None:
    assert books.described("x_Node", **said) == (node,)


def test_a_scale_sets_name_says_its_pool(books: Books) -> None:
    said = MICROSOFT | {"ResourceId": f"{AZURE}/virtualMachineScaleSets/aks-nbsmall-12345678-vmss"}
    assert books.described("x_Pool", **said) == ("nbsmall",)


# Components

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


# Privacy


def test_no_users_name_comes_through(books: Books) -> None:
    said = line(
        ResourceId="arn:aws:eks:us-west-2:1:pod/cluster/staging/jupyter-ada--lovelace/4711",
        ResourceName="jupyter-ada",
        ChargeDescription="Volume claim-ada--lovelace of jupyter-ada",
        AllocatedResourceId="pods/jupyter-ada",
        AllocatedResourceName="claim-ada",
        AllocatedTags='{"hub.jupyter.org/username": "ada", "k8s-namespace": "staging"}',
        Tags=json.dumps(
            {
                "hub.jupyter.org/username": "ada",
                "kubernetes.io/created-for/pvc/name": "claim-ada",
                "note": "kept for jupyter-ada",
                "Hub-Name": "staging",
            }
        ),
    )
    books.deliver([said], labels=Labels(keep=("note",)))
    (row,) = books.charges("charges")
    assert "ada" not in str(row)
    assert books.charges("ResourceId, ResourceName, ChargeDescription, Tags, AllocatedTags") == [
        (
            "arn:aws:eks:us-west-2:1:pod/cluster/staging/jupyter-*/4711",
            "jupyter-*",
            "Volume claim-* of jupyter-*",
            '{"Hub-Name":"staging","note":"kept for jupyter-*"}',
            '{"k8s-namespace":"staging"}',
        )
    ]


def test_a_machines_name_is_nobodys(books: Books) -> None:
    said = {"ResourceId": f"{GCE}/instances/jupyter-node-1", "ResourceName": "jupyter-node-1"}
    assert books.described("ResourceId, ResourceName", **said) == tuple(said.values())


def test_only_allow_listed_tags_are_kept(books: Books) -> None:
    said = '{"owner": "someone", "cost-center": "7", "2i2c:hub-name": "a\\"b", "kubernetes.io/cluster/x": "owned"}'
    books.deliver([line(Tags=said)], labels=Labels(keep=("cost-center",)))
    ((kept,),) = books.charges("Tags")
    assert json.loads(str(kept)) == {"2i2c:hub-name": 'a"b', "cost-center": "7", "kubernetes.io/cluster/x": "owned"}


# What is refused


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ({"BillingAccountId": ""}, "BillingAccountId is missing"),
        ({"BilledCost": ""}, "BilledCost is missing"),
        ({"ChargePeriodEnd": ""}, "ChargePeriodEnd is missing"),
        ({"BillingPeriodStart": "", "x_BillingPeriod": "2026-10"}, "BillingPeriodStart is missing"),
        ({"x_BillingPeriod": "October"}, "the billing period is no month"),
        ({"BillingCurrency": "XYZ"}, "BillingCurrency is no currency"),
        ({"BillingCurrency": "usd"}, "BillingCurrency is no currency"),
        ({"ChargePeriodEnd": "2026-10-04T00:00:00Z"}, "ChargePeriodEnd is before ChargePeriodStart"),
        (
            {"ChargePeriodStart": "2026-12-24T00:00:00Z", "ChargePeriodEnd": "2026-12-25T00:00:00Z"},
            "a bill from the future: it begins after 2026-11-21 00:00 UTC",
        ),
        ({"BillingPeriodStart": "2026-12-01T00:00:00Z"}, "a bill from the future"),
        ({"Tags": '{"hub-name": '}, "Tags is not a JSON object"),
        ({"Tags": '["hub-name"]'}, "Tags is not a JSON object"),
        ({"Tags": r'{"hub-name": "a\u0000b"}'}, "a label holds a NUL character"),
    ],
)
def test_what_no_bill_can_say_is_refused_by_row_and_nothing_is_written(books: Books, fault: Line, text: str) -> None:
    books.deliver([line()])
    before = books.charges("*"), books.lake.version(DELIVERIES)
    with pytest.raises(
        ChargesError, match=f"^bill: {text}.*: 2 rows, first bill, row 2; bill, row 4; nothing was written"
    ):
        books.deliver([line(), line(**fault), line(), line(**fault)], version="2")
    assert (books.charges("*"), books.lake.version(DELIVERIES)) == before
    assert not books.con.execute("select * from duckdb_tables() where starts_with(table_name, 'ingest_')").fetchall()


def test_a_nul_in_a_tag_that_isnt_kept_goes_with_the_tag(books: Books) -> None:
    assert books.described("Tags, x_Hub", Tags=r'{"note": "a\u0000b", "hub-name": "h"}') == ('{"hub-name":"h"}', "h")


def test_a_charge_that_lasts_no_time_is_one(books: Books) -> None:
    at = "2026-10-05T00:00:00Z"
    assert books.described("BilledCost", ChargePeriodStart=at, ChargePeriodEnd=at) == (Decimal(1),)


# Deliveries


def test_a_delivery_says_what_came(books: Books) -> None:
    lines = [line(cost="1.5"), line(cost="-0.25"), line(cost="7", BillingCurrency="EUR")]
    dollars, euros = sorted(books.deliver(lines, final=True), key=lambda each: each.currency, reverse=True)
    assert (dollars.rows, dollars.billed_cost, dollars.currency, dollars.final) == (2, Decimal("1.25"), "USD", True)
    assert (euros.rows, euros.billed_cost, euros.billing_period) == (1, Decimal(7), "2026-10")
    assert dollars.delivery_id != euros.delivery_id
    books.lake.attach(books.con, DELIVERIES)
    books.lake.attach(books.con, CHARGES)
    joined = "select delivery_id, count(*) from charges join deliveries on x_DeliveryId = delivery_id group by all"
    assert dict(books.con.execute(joined).fetchall()) == {dollars.delivery_id: 2, euros.delivery_id: 1}


def test_delivering_twice_changes_nothing(books: Books) -> None:
    lines = [line(cost="1"), line(cost="2", BillingPeriodStart="2026-09-01T00:00:00Z")]
    first = books.deliver(lines), books.charges("*")
    assert (books.deliver(lines), books.charges("*")) == first


def test_a_restated_bill_replaces_its_month_and_no_other(books: Books) -> None:
    september = {"BillingPeriodStart": "2026-09-01T00:00:00Z"}
    books.deliver([line(cost="1"), line(cost="2", BillingAccountId="02-gone"), line(cost="3", **september)])
    books.deliver([line(cost="10")], version="2")
    assert books.charges("x_BillingPeriod, BilledCost") == [("2026-09", Decimal(3)), ("2026-10", Decimal(10))]
    assert books.charges("sum(BilledCost)", version=1) == [(Decimal(6),)], "an invoice can still be recomputed"


def test_months_leaves_the_others_alone(books: Books) -> None:
    september = {"BillingPeriodStart": "2026-09-01T00:00:00Z"}
    books.deliver([line(cost="1"), line(cost="3", **september)])
    books.deliver([line(cost="10"), line(cost="30", **september)], months=["2026-09"])
    assert books.charges("x_BillingPeriod, BilledCost") == [("2026-09", Decimal(30)), ("2026-10", Decimal(1))]
    assert books.deliver([line()], months=["2026-08"]) == ()


def test_a_bill_without_rows_delivers_nothing(books: Books) -> None:
    books.deliver([line()])
    assert books.deliver([]) == ()
    assert books.charges("BilledCost") == [(Decimal(1),)]


def test_a_source_that_is_no_more_gives_way_to_the_one_that_is(books: Books) -> None:
    other = {"BillingAccountId": "02-other"}
    books.deliver([line(cost="1"), line(cost="2", **other)], source="old", sources=["old"])
    books.deliver([line(cost="10")], source="new", sources=["new"])
    assert books.charges("x_Source, BilledCost") == [("new", Decimal(10)), ("old", Decimal(2))]
    assert is_delivered(books.con, books.lake, source="old", version="1"), "what is left of it is all there"


def test_two_sources_may_share_an_account_but_no_sub_account(books: Books) -> None:
    books.deliver([line(SubAccountId="p1")], source="a")
    books.deliver([line(SubAccountId="p2")], source="b")
    before = books.charges("*")
    with pytest.raises(ChargesError, match=r"b: Google Cloud 01-payer 2026-10: sub-accounts p1 are billed by a too"):
        books.deliver([line(SubAccountId="p2"), line(SubAccountId="p1")], source="b", version="2")
    assert books.charges("*") == before
    books.deliver([line(SubAccountId="")], source="a", version="2")
    with pytest.raises(ChargesError, match=r"sub-accounts \(none\) are billed"):
        books.deliver([line(SubAccountId="")], source="b", version="2")


def test_what_is_delivered_is_known(books: Books) -> None:
    def known(version: str, months: Sequence[str] | None = None) -> bool:
        return is_delivered(books.con, books.lake, source="a", version=version, months=months)

    assert not known("1")
    books.deliver([line()])
    assert known("1")
    assert known("1", ["2026-10"])
    assert not known("2")
    assert not known("1", ["2026-10", "2026-11"])


def test_a_delivery_whose_rows_arent_there_is_not_delivered(books: Books) -> None:
    books.deliver([line()])
    scope = [{"x_Source": "a"}]
    books.lake.replace(CHARGES, books.con, "select * from charges where false", scope=scope)
    assert not is_delivered(books.con, books.lake, source="a", version="1")


# Properties

MONEY = st.decimals(min_value=-(10**9), max_value=10**9, places=12)
TEXTS = st.sampled_from(["", "a", "b", "Compute Engine", "AmazonEC2", "it's", 'say "x"', "ü"])
LINES = st.lists(
    st.builds(
        lambda cost, effective, category, currency, account, service, resource, hub, day: line(
            cost=str(cost),
            EffectiveCost=str(effective),
            ChargeCategory=category,
            BillingCurrency=currency,
            BillingAccountId=account,
            ServiceName=service,
            ResourceId=resource,
            Tags=json.dumps({"hub-name": hub}),
            ChargePeriodStart=f"2026-10-{day:02}T00:00:00Z",
            ChargePeriodEnd=f"2026-10-{day + 1:02}T00:00:00Z",
        ),
        MONEY,
        MONEY,
        st.sampled_from(["Usage", "Purchase", "Tax", "Credit", "Adjustment"]),
        st.sampled_from(["USD", "EUR", "JPY"]),
        st.sampled_from(["a", "b/c", "d=e"]),
        TEXTS.filter(bool),
        TEXTS,
        TEXTS,
        st.integers(1, 30),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES)
def test_what_comes_in_is_what_is_there(books: Books, lines: list[Line]) -> None:
    deliveries = books.deliver(lines)
    wanted: dict[tuple[object, ...], list[Decimal]] = {}
    for each in lines:
        key = each["BillingAccountId"], each["BillingCurrency"], each["ChargeCategory"]
        sums = wanted.setdefault(key, [Decimal(0), Decimal(0)])
        sums[0] += Decimal(each["BilledCost"])
        sums[1] += Decimal(each["EffectiveCost"])
    books.lake.attach(books.con, CHARGES)
    found = books.con.execute(
        "select BillingAccountId, BillingCurrency, ChargeCategory, sum(BilledCost), sum(EffectiveCost)"
        " from charges group by all"
    ).fetchall()
    assert {row[:3]: list(row[3:]) for row in found} == wanted
    assert sum(each.rows for each in deliveries) == len(lines)
    assert sum(each.billed_cost for each in deliveries) == sum(Decimal(each["BilledCost"]) for each in lines)
