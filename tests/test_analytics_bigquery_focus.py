"""Google's own FOCUS export from the emulator into a lake, and GKE's cost allocation from there to hubs."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
import sqlglot

from analytics import engine
from analytics.bigquery import BigQueryError, ingest
from analytics.bigquery_focus import COLUMNS, FOCUS
from analytics.lake import Lake
from analytics.month import allocate_month
from analytics.report import By, report
from analytics.tables import CHARGES
from analytics.validate import validate_month
from terraform.fleet import BigQueryBilling, Labels
from tests import fixtures_billing_export as detailed
from tests.fixtures_billing_export import ACCOUNT, credit, fleet_lines, line, total
from tests.fixtures_billing_focus import load, native, schema
from tests.month import cluster, fleet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from google.cloud import bigquery

    from analytics.charges import Delivery
    from tests.fixtures_bigquery import Emulator
    from tests.fixtures_billing_export import Line

TABLE = "gcp_billing_export_focus_01ABCD_234567_89EFGH"
NOW = datetime(2026, 10, 20, tzinfo=UTC)
NAMESPACES = {  # GKE's cost allocation: a namespace of the cluster, and what it stands for
    "staging": "the hub",
    "prod": "the hub",
    "support": "shared",
    "kube-system": "shared",
    "kube:system-overhead": "shared",
    "kube:unallocated": "idle",
}


class Bill:
    """A dataset in the emulator, and a lake that its bill goes into."""

    def __init__(self, client: bigquery.Client, folder: Path) -> None:
        self.source = BigQueryBilling("fleet-billing", f"billing_{uuid.uuid4().hex[:8]}", ACCOUNT)
        self.table = f"fleet-billing.{self.source.dataset}.{TABLE}"
        self.client = client
        self.lake = Lake(str(folder / "lake"))
        self.heard: list[str] = []

    def ingest(self, *, now: datetime = NOW) -> tuple[Delivery, ...]:
        self.heard.clear()
        sources = {self.source.id}
        return ingest(
            self.source, labels=Labels(), lake=self.lake, sources=sources, months=None, now=now, talk=self.heard.append
        )

    def read(self, query: str) -> list[tuple[object, ...]]:
        with engine.connect() as con:
            self.lake.attach(con, CHARGES)
            return con.execute(query).fetchall()


@pytest.fixture
def bill(bigquery_emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bill]:
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", bigquery_emulator.url)
    client = bigquery_emulator.client()
    yield Bill(client, tmp_path)
    client.close()


def test_the_focus_table_is_found_and_arrives_to_the_last_digit(bill: Bill) -> None:
    lines = fleet_lines()
    load(bill.client, bill.table, [native(each) for each in lines])

    deliveries = bill.ingest(now=datetime(2026, 11, 5, tzinfo=UTC))

    expected = {"2026-09": total(lines, "202609"), "2026-10": total(lines, "202610")}
    assert {delivery.billing_period: delivery.billed_cost for delivery in deliveries} == expected
    assert {(d.issuer, d.billing_account, d.currency, d.object) for d in deliveries} == {
        ("Google Cloud", ACCOUNT, "EUR", bill.table)
    }
    assert {d.billing_period: d.final for d in deliveries} == {"2026-09": True, "2026-10": False}
    assert bill.read("select x_BillingPeriod, sum(BilledCost) from charges group by all order by all") == sorted(
        expected.items()
    )


def test_both_exports_describe_a_charge_alike(bill: Bill, tmp_path: Path) -> None:
    labels = [{"key": "hub-name", "value": "staging"}, {"key": "goog-k8s-cluster-name", "value": "reef"}]
    lines = [line("3", labels=labels), line("0.5", cost_type="tax", resource=None), line("7", project=None)]
    load(bill.client, bill.table, [native(each) for each in lines])
    other = Bill(bill.client, tmp_path / "other")
    detailed.load(bill.client, other.table.replace("export_focus", "export_resource_v1"), lines)
    bill.ingest()
    other.ingest()
    columns = (
        "ChargeCategory, ServiceName, ServiceCategory, ServiceSubcategory, RegionName, ResourceId, ResourceType, SubAccountId,"
        " SubAccountType, BillingPeriodStart, BillingPeriodEnd, ChargePeriodStart, ConsumedQuantity, PricingUnit, Tags, x_Component,"
        " x_Part, x_Cluster, x_Hub, x_Node, BilledCost, InvoiceIssuerName, BillingAccountId"
    )
    query = f"select {columns} from charges order by BilledCost"
    assert bill.read(query) == other.read(query)
    assert len(bill.read(query)) == 3


def test_only_the_month_that_changed_is_read_again(bill: Bill) -> None:
    old = line("2", month="202609", exported=datetime(2026, 9, 3, tzinfo=UTC), start=datetime(2026, 9, 2, tzinfo=UTC))
    load(bill.client, bill.table, [native(old), native(line("1.5"))])
    assert len(bill.ingest()) == 2
    assert bill.ingest() == ()
    assert [text for text in bill.heard if "would scan" in text] == []

    late = line(
        "0.25", month="202609", exported=datetime(2026, 10, 19, tzinfo=UTC), credits=[credit("PROMOTION", "-0.05")]
    )
    load(bill.client, bill.table, [native(late)])
    (delivery,) = bill.ingest()

    assert (delivery.billing_period, delivery.billed_cost) == ("2026-09", Decimal("2.20"))
    assert [text.split(": ")[1] for text in bill.heard if "would scan" in text] == ["2026-09"]


def test_a_commitment_is_known_by_its_subscription(bill: Bill) -> None:
    row = native(line("4", credits=[credit("COMMITTED_USAGE_DISCOUNT", "-4", name="CPU for a year")]))
    load(bill.client, bill.table, [row | {"x_SubscriptionInstanceId": "s-1"}, native(line("1"))])
    bill.ingest()
    query = (
        "select CommitmentDiscountId, CommitmentDiscountCategory, CommitmentDiscountName, CommitmentDiscountStatus, BilledCost"
        " from charges order by BilledCost"
    )
    assert bill.read(query) == [
        ("s-1", "Usage", "CPU for a year", "Used", Decimal(0)),
        (None, None, None, None, Decimal(1)),
    ]


def test_a_preview_s_column_may_go_but_the_bill_s_may_not(bill: Bill) -> None:
    needed = {column.name for column in COLUMNS if column.absent is None}
    rows = [native(line("1.25"))]
    load(bill.client, bill.table, rows, [field for field in schema() if field.name in needed])
    bill.ingest()
    assert bill.read("select BilledCost, ServiceCategory, SubAccountId, Tags from charges") == [
        (Decimal("1.25"), "Compute", None, "{}")
    ]

    mine = f"fleet-billing.{bill.source.dataset}.mine"
    load(bill.client, mine, rows, [field for field in schema() if field.name not in {"ListCost"}])
    source = BigQueryBilling("fleet-billing", bill.source.dataset, ACCOUNT, table="mine")
    with pytest.raises(
        BigQueryError, match=r"mine: not a billing export as Google makes them: column ListCost is missing"
    ):
        ingest(
            source, labels=Labels(), lake=bill.lake, sources={source.id}, months=None, now=NOW, talk=bill.heard.append
        )


@pytest.mark.parametrize("name", [FOCUS.months, FOCUS.rows])
@pytest.mark.parametrize("partition", ["x_ExportTime", "_PARTITIONTIME"])
def test_the_queries_are_bigquery_s(name: str, partition: str) -> None:
    text = engine.sql(f"bigquery/{name}").format(table="p.d.t", partition=partition, columns="BilledCost")
    assert sqlglot.parse_one(text, read="bigquery").find(sqlglot.exp.Table) is not None


def test_what_arrives_conforms(bill: Bill) -> None:
    steady = {"list_price": "2", "effective_price": "2", "tier_start_amount": "0", "unit": "hour"}
    load(bill.client, bill.table, [native(line("2", price=steady)), native(line("0.3", cost_type="tax", price=None))])
    bill.ingest()
    found = validate_month(bill.lake, "2026-10")
    assert found.rows == 2
    assert [each.rule.id for each in found.violations if each.rule.level == "must"] == []


def _gke() -> list[Line]:
    """Two days of a GKE cluster with cost allocation on: every hour a line for each namespace, and the cluster's fee."""
    start = datetime(2026, 10, 1, 7, tzinfo=UTC)
    lines = []
    for hour in range(48):
        at = start + timedelta(hours=hour)
        for number, namespace in enumerate(NAMESPACES):
            labels = [
                {"key": "goog-k8s-cluster-name", "value": "reef"},
                {"key": "goog-k8s-cluster-location", "value": "us-central1-b"},
                {"key": "k8s-namespace", "value": namespace},
            ]
            cost = f"{Decimal(number + 1) / 7 + Decimal(hour) / 1000:.6f}"
            lines.append(line(cost, start=at, exported=at + timedelta(hours=5), labels=labels))
        lines.append(
            line(
                "0.1", start=at, exported=at + timedelta(hours=5), resource=None,
                service={"id": "CCD8-9BF1-090E", "description": "Kubernetes Engine"},
                sku={"id": "6B92-A835-08AB", "description": "Zonal Kubernetes Clusters"},
                labels=[{"key": "goog-k8s-cluster-name", "value": "reef"}],
            )
        )  # fmt: skip
    return lines


@pytest.mark.parametrize("kind", ["detailed", "focus"])
@pytest.mark.parametrize("policy", ["operator", "proportional"])
def test_gke_s_namespaces_go_to_hubs_shared_and_idle(bill: Bill, kind: str, policy: str) -> None:
    lines = _gke()
    if kind == "focus":
        load(bill.client, bill.table, [native(each) for each in lines])
    else:
        detailed.load(bill.client, bill.table.replace("export_focus", "export_resource_v1"), lines)
    bill.ingest()

    ours = fleet(cluster("reef", ("staging", "prod"), idle=policy, shared=policy))
    allocate_month(bill.lake, ours, "2026-10")  # raises NotConserved
    rows = report(bill.lake, "2026-10", by=By.HUB).rows

    def cost_of(*namespaces: str) -> Decimal:
        keys = {("k8s-namespace", name) for name in namespaces}
        return sum(
            (
                Decimal(each["cost"])
                for each in lines
                if keys & {(pair["key"], pair["value"]) for pair in each["labels"]}
            ),
            Decimal(0),
        )

    def found(**keys: str | None) -> Decimal:
        return sum((row.cost for row in rows if all(row.keys[key] == value for key, value in keys.items())), Decimal(0))

    fee = Decimal("0.1") * 48
    shared = cost_of("support", "kube-system", "kube:system-overhead")
    assert sum(row.cost for row in rows) == total(lines, "202610")
    assert {hub: found(hub=hub, rule="namespace", basis="direct") for hub in ("staging", "prod")} == {
        "staging": cost_of("staging"), "prod": cost_of("prod"),
    }  # fmt: skip
    assert found(rule="namespace", basis="shared") == shared
    assert found(rule="namespace", basis="idle") == cost_of("kube:unallocated")
    assert found(rule="shared", basis="shared") == fee
    kept = found(hub=None)
    assert kept == (shared + fee + cost_of("kube:unallocated") if policy == "operator" else 0)
