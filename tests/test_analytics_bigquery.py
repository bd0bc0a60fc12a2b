"""A Google bill from the emulator into a lake: what is read, what is written, and when nothing is."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from analytics import engine
from analytics.bigquery import BigQueryError, Known, ingest, is_due, is_final
from analytics.bigquery_client import Month
from analytics.difference import DiffBy, difference
from analytics.lake import Lake
from analytics.tables import CHARGES, DELIVERIES
from terraform.fleet import BigQueryBilling, Labels
from tests.fixtures_billing_export import ACCOUNT, credit, fleet_lines, line, load, total

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from google.cloud import bigquery

    from analytics.charges import Delivery
    from tests.fixtures_bigquery import Emulator

NOW = datetime(2026, 10, 20, tzinfo=UTC)
MOMENT = datetime(2026, 10, 3, tzinfo=UTC)


class Bill:
    """A billing export in the emulator, and a lake that it goes into."""

    def __init__(self, client: bigquery.Client, folder: Path) -> None:
        self.source = BigQueryBilling("fleet-billing", f"billing_{uuid.uuid4().hex[:8]}", ACCOUNT)
        self.table = f"fleet-billing.{self.source.dataset}.gcp_billing_export_resource_v1_01ABCD_234567_89EFGH"
        self.client = client
        self.lake = Lake(str(folder / "lake"))
        self.heard: list[str] = []

    def ingest(self, *, months: Collection[str] | None = None, now: datetime = NOW) -> tuple[Delivery, ...]:
        self.heard.clear()
        return ingest(
            self.source,
            labels=Labels(),
            lake=self.lake,
            sources={self.source.id},
            months=months,
            now=now,
            talk=self.heard.append,
        )

    def scans(self) -> list[str]:
        """Return the months of which rows were asked for in the last `ingest`."""
        return [text.split(": ")[1] for text in self.heard if "would scan" in text]

    def billed(self) -> dict[str, Decimal]:
        with engine.connect() as con:
            self.lake.attach(con, CHARGES)
            query = "select x_BillingPeriod, sum(BilledCost) from charges group by all order by all"
            return dict(con.execute(query).fetchall())


@pytest.fixture
def bill(bigquery_emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bill]:
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", bigquery_emulator.url)
    client = bigquery_emulator.client()
    yield Bill(client, tmp_path)
    client.close()


@pytest.mark.parametrize("number", ["FLOAT", "NUMERIC"])
def test_a_bill_arrives_in_the_lake_to_the_last_digit(bill: Bill, number: str) -> None:
    lines = fleet_lines()
    load(bill.client, bill.table, lines, number=number)

    deliveries = bill.ingest(now=datetime(2026, 11, 5, tzinfo=UTC))

    expected = {"2026-09": total(lines, "202609"), "2026-10": total(lines, "202610")}
    assert bill.billed() == expected
    assert {delivery.billing_period: delivery.billed_cost for delivery in deliveries} == expected
    assert {(d.issuer, d.billing_account, d.currency) for d in deliveries} == {("Google Cloud", ACCOUNT, "EUR")}
    assert {d.billing_period: d.final for d in deliveries} == {"2026-09": True, "2026-10": False}


def test_a_line_is_described_by_its_labels_its_machine_and_its_sku(bill: Bill) -> None:
    labels = [{"key": "hub-name", "value": "staging"}, {"key": "goog-k8s-cluster-name", "value": "reef"}]
    grant = credit("PROMOTION", "-1")
    load(
        bill.client,
        bill.table,
        [line("3", labels=labels, credits=[grant]), line("0.5", cost_type="tax", resource=None)],
    )

    bill.ingest()

    with engine.connect() as con:
        bill.lake.attach(con, CHARGES)
        columns = "ChargeCategory, x_Component, x_Part, x_Cluster, x_Hub, x_Node"
        assert con.execute(f"select {columns} from charges order by BilledCost").fetchall() == [
            ("Credit", "credit", None, "reef", "staging", "gke-reef-user-0a1b2c3d-x7k2"),
            ("Tax", "tax", None, None, None, None),
            ("Usage", "compute", "cpu", "reef", "staging", "gke-reef-user-0a1b2c3d-x7k2"),
        ]


def test_what_did_not_change_is_not_read_again(bill: Bill) -> None:
    load(bill.client, bill.table, [line("1.5"), line("2", month="202609", exported=datetime(2026, 9, 3, tzinfo=UTC))])
    assert len(bill.ingest()) == 2
    version = bill.lake.version(CHARGES)

    assert bill.ingest() == ()

    assert bill.scans() == []
    assert bill.lake.version(CHARGES) == version


def test_a_late_line_brings_its_month_again_and_no_other(bill: Bill) -> None:
    load(bill.client, bill.table, [line("1.5"), line("2", month="202609", exported=datetime(2026, 9, 3, tzinfo=UTC))])
    bill.ingest()

    late = datetime(2026, 10, 19, tzinfo=UTC)
    load(bill.client, bill.table, [line("0.25", month="202609", exported=late, credits=[credit("PROMOTION", "-0.05")])])
    (delivery,) = bill.ingest()

    assert bill.scans() == ["2026-09"]
    assert (delivery.billing_period, delivery.billed_cost) == ("2026-09", Decimal("2.20"))
    assert bill.billed() == {"2026-09": Decimal("2.20"), "2026-10": Decimal("1.5")}
    changed = difference(bill.lake, "2026-09", by=DiffBy.SERVICE)
    assert [(row.before, row.after, row.difference) for row in changed.rows] == [
        (Decimal(2), Decimal("2.20"), Decimal("0.20"))
    ]
    assert difference(bill.lake, "2026-10", by=DiffBy.SERVICE).rows == ()
    with engine.connect() as con:
        bill.lake.attach(con, DELIVERIES)
        assert con.execute("select count(*) from deliveries where superseded_at is null").fetchone() == (2,)


def test_only_the_months_asked_for_are_read(bill: Bill) -> None:
    load(bill.client, bill.table, [line("1.5"), line("2", month="202609")])
    assert [delivery.billing_period for delivery in bill.ingest(months=["2026-09"])] == ["2026-09"]
    assert bill.billed() == {"2026-09": Decimal(2)}
    assert [delivery.billing_period for delivery in bill.ingest()] == ["2026-10"]


def test_a_month_becomes_final_though_nothing_changed_since(bill: Bill) -> None:
    load(bill.client, bill.table, [line("1.5")])
    assert [delivery.final for delivery in bill.ingest(now=datetime(2026, 11, 5, tzinfo=UTC))] == [False]
    assert [delivery.final for delivery in bill.ingest(now=datetime(2026, 11, 12, tzinfo=UTC))] == [True]
    assert bill.ingest(now=datetime(2026, 11, 13, tzinfo=UTC)) == ()


@pytest.mark.parametrize("unfit", ["1e27", "1e30", "NaN"])
def test_an_amount_that_is_no_number_is_refused_and_nothing_is_written(bill: Bill, unfit: str) -> None:
    load(bill.client, bill.table, [line("1.5"), line(unfit)])
    with pytest.raises(BigQueryError, match="2026-10: an amount is no number that fits"):
        bill.ingest()
    assert bill.lake.version(CHARGES) is None


@pytest.mark.parametrize(
    ("month", "known", "final", "due"),
    [
        (Month("2026-10", 2, MOMENT, Decimal(3), None, None), None, False, True),
        (Month("2026-10", 2, MOMENT, Decimal(3), None, None), "2026-10-03T00:00:00+00:00 2 rows 3", False, False),
        (Month("2026-10", 2, MOMENT, Decimal("3.00"), None, None), "2026-10-03T00:00:00+00:00 2 rows 3", False, False),
        (Month("2026-10", 2, MOMENT, Decimal(3), None, None), "2026-10-03T00:00:00+00:00 2 rows 3", True, True),
        (Month("2026-10", 3, MOMENT, Decimal(3), None, None), "2026-10-02T00:00:00+00:00 2 rows 3", False, True),
        (Month("2026-10", 1, MOMENT, Decimal(1), None, None), "2026-10-03T00:00:00+00:00 2 rows 3", True, False),
    ],
)
def test_a_month_is_due_when_it_changed_or_became_final(
    month: Month, known: str | None, final: bool, due: bool
) -> None:
    heard: list[str] = []
    assert is_due(month, Known(known, final=False) if known else None, final=final, talk=heard.append) is due
    assert bool(heard) == (month.rows == 1)  # expired partitions are told, and the lake keeps its rows


def test_a_month_is_final_ten_days_after_its_end_in_california() -> None:
    assert not is_final("2026-12", datetime(2027, 1, 11, 7, tzinfo=UTC))
    assert is_final("2026-12", datetime(2027, 1, 11, 9, tzinfo=UTC))
