"""Azure's bills from a real Blob storage into a real lake: what is delivered, when, and that totals stay right."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

import pytest

from analytics import azure
from analytics.engine import connect
from analytics.ingest import ingest as ingest_fleet
from analytics.lake import Lake
from analytics.tables import CHARGES
from terraform.fleet import Labels
from terraform.fleet_files import load
from tests.azure_bills import RESERVATION, as_parquet, details, enrolment, focus
from tests.fixtures_azure import VARIABLE
from tests.fixtures_fleet import write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from analytics.charges import Delivery
    from terraform.fleet import AzureBilling
    from tests.fixtures_azure import Store
    from tests.fixtures_nise import Nise

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SEPTEMBER, OCTOBER = "20260901-20260930", "20261001-20261031"
IN_SEPTEMBER = {"billingPeriodStartDate": "09/01/2026", "billingPeriodEndDate": "09/30/2026", "date": "09/12/2026"}
PART = "part_0_0001.csv"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def ingest(
    source: AzureBilling, lake: Lake, months: tuple[str, ...] | None = None, said: list[str] | None = None
) -> tuple[Delivery, ...]:
    said = [] if said is None else said
    return azure.ingest(
        source, labels=Labels(), lake=lake, sources={source.id}, months=months, now=NOW, talk=said.append
    )


def rows(lake: Lake, columns: str, where: str = "true") -> list[tuple[object, ...]]:
    with connect() as con:
        lake.attach(con, CHARGES)
        return con.execute(f"select {columns} from charges where {where} order by all").fetchall()


def billed(lake: Lake) -> dict[object, Decimal]:
    found = rows(lake, "x_BillingPeriod, sum(BilledCost)", "true group by 1")
    return {month: Decimal(str(total)) for month, total in found}


def line(cost: str, **more: str) -> dict[str, str]:
    return {"costInBillingCurrency": cost, **more}


def test_cost_details_become_charges_that_know_their_cluster_hub_and_pool(store: Store, lake: Lake) -> None:
    store.export(OCTOBER, {PART: details({}, line("-0.5", chargeType="Tax"))}, rows={PART: 2})
    (delivery,) = ingest(store.source(), lake)
    assert (delivery.rows, delivery.billed_cost, delivery.currency) == (2, Decimal("12.748"), "EUR")
    assert delivery.issuer == "Microsoft"
    assert delivery.final
    found = rows(lake, "x_Cluster, x_Hub, x_Pool, x_Component, EffectiveCost")
    assert found == [
        ("basalt", "prod", "user", "compute", Decimal("13.248")),
        ("basalt", "prod", "user", "tax", Decimal("-0.5")),
    ]


def as_gzip(text: str) -> bytes:
    return gzip.compress(text.encode())


@pytest.mark.parametrize(
    ("name", "written"), [("part_0_0001.csv.gz", as_gzip), ("part_0_0001.snappy.parquet", as_parquet)]
)
@pytest.mark.parametrize(
    ("content", "kind", "version"),
    [
        (details({}, line("0.1")), "ActualCost", "2021-10-01"),
        (enrolment({}, line("0.1")), "ActualCost", "2024-08-01"),
        (focus({}, {"BilledCost": "0.1"}), "FocusCost", "1.0"),
        (focus({}, {"BilledCost": "0.1"}), "FocusCost", "1.0r2"),
        (focus({}, {"BilledCost": "0.1"}, newer=True), "FocusCost", "1.2-preview"),
    ],
)
def test_every_kind_of_export_is_read_in_every_format(
    store: Store, lake: Lake, name: str, written: Callable[[str], bytes], content: str, kind: str, version: str
) -> None:
    store.export(OCTOBER, {name: written(content)}, kind=kind, version=version, rows={name: 2})
    (delivery,) = ingest(store.source(), lake)
    assert (delivery.rows, delivery.billed_cost) == (2, Decimal("13.348"))
    assert rows(lake, "distinct x_Cluster, x_BillingPeriod") == [("basalt", "2026-10")]


def test_a_bill_that_has_not_changed_is_not_read_again(store: Store, lake: Lake) -> None:
    store.export(OCTOBER, {PART: details({})})
    store.export(SEPTEMBER, {PART: details(line("7", **IN_SEPTEMBER))})
    assert len(ingest(store.source(), lake)) == 2
    version = lake.version(CHARGES)
    said: list[str] = []
    assert ingest(store.source(), lake, said=said) == ()
    assert (said, lake.version(CHARGES)) == ([], version)
    store.export(OCTOBER, {PART: details(line("14"))})
    (delivery,) = ingest(store.source(), lake, said=said)
    assert delivery.billing_period == "2026-10"
    assert [text.split(":")[0] for text in said] == [OCTOBER]
    assert billed(lake) == {"2026-09": Decimal(7), "2026-10": Decimal(14)}


def test_a_restated_month_takes_the_place_of_the_one_before(store: Store, lake: Lake) -> None:
    for cost in ("10", "11", "9.5"):
        store.export(OCTOBER, {PART: details(line(cost)), "part_1_0001.csv": details(line("1"))})
        ingest(store.source(), lake)
        assert billed(lake) == {"2026-10": Decimal(cost) + 1}
    store.export(OCTOBER, {PART: details(line("9"))})  # one part less: the other is left over
    ingest(store.source(), lake)
    assert billed(lake) == {"2026-10": Decimal(9)}


def test_of_a_folder_per_run_the_newest_complete_one_counts(store: Store, lake: Lake) -> None:
    first = "11111111-0000-4000-8000-000000000001"
    second = "00000000-0000-4000-8000-000000000002"
    store.export(OCTOBER, {PART: details(line("2"))}, run=second, submitted="2026-11-02T03:00:00Z")
    store.export(OCTOBER, {PART: details(line("1"))}, run=first, submitted="2026-11-01T03:00:00Z")  # finished later
    ingest(store.source(), lake)
    assert billed(lake) == {"2026-10": Decimal(2)}
    place = store.export(OCTOBER, {PART: details(line("3"))}, run="third", submitted="2026-11-03T03:00:00Z")
    store.delete(f"{place}/{PART}")
    said: list[str] = []
    assert ingest(store.source(), lake, said=said) == ()
    assert "third/manifest.json: names" in said[0]
    store.put(f"{place}/{PART}", details(line("3")))
    ingest(store.source(), lake)
    assert billed(lake) == {"2026-10": Decimal(3)}


def test_without_manifests_parts_belong_together_and_a_file_with_a_run_s_id_stands_alone(
    store: Store, lake: Lake
) -> None:
    folder = f"costs/basalt/{OCTOBER}"
    store.put(f"{folder}/{PART}", details(line("1")))
    store.put(f"{folder}/part_1_0001.csv", details(line("2")))
    store.put(f"{folder}/part_1_0001 (copy).csv", details(line("2")))
    said: list[str] = []
    ingest(store.source(), lake, said=said)
    assert billed(lake) == {"2026-10": Decimal(3)}
    assert "is a copy of" in said[0]
    older = f"costs/reef/{OCTOBER}/reef_"
    store.put(f"{older}11111111-0000-4000-8000-000000000001.csv", details(line("5", SubscriptionId="a")))
    store.put(f"{older}00000000-0000-4000-8000-000000000002.csv", details(line("6", SubscriptionId="a")))
    (delivery,) = ingest(store.source("costs/reef"), lake)
    assert delivery.billed_cost == Decimal(6)


def test_a_blob_that_a_manifest_names_twice_counts_once(store: Store, lake: Lake) -> None:
    place = store.export(OCTOBER, {PART: details({})})
    manifest = (
        store.service.get_blob_client(store.container, f"{place}/manifest.json").download_blob().readall().decode()
    )
    part = manifest[manifest.index('{"blobName"') : manifest.rindex("]")]
    store.put(f"{place}/manifest.json", manifest.replace(part, f"{part}, {part}"))
    (delivery,) = ingest(store.source(), lake)
    assert delivery.rows == 1


def test_a_container_copied_to_another_folder_is_read_by_its_manifests(store: Store, lake: Lake) -> None:
    place = store.export(OCTOBER, {PART: details({})})
    for name in (PART, "manifest.json"):
        store.put(
            f"backup/{OCTOBER}/{name}",
            store.service.get_blob_client(store.container, f"{place}/{name}").download_blob().readall(),
        )
        store.delete(f"{place}/{name}")
    assert len(ingest(store.source("backup"), lake)) == 1


def test_actual_and_amortised_exports_are_one_bill(store: Store, lake: Lake) -> None:
    reserved = {"pricingModel": "Reservation", "reservationId": RESERVATION, "benefitId": RESERVATION}
    bought = line("720", chargeType="Purchase", frequency="OneTime", **reserved)
    store.export(OCTOBER, {PART: details(line("10"), line("0", **reserved), bought)}, folder="costs/actual")
    source = store.source("costs/actual", "costs/amortized")
    store.export(SEPTEMBER, {PART: details(line("1", **IN_SEPTEMBER))}, folder="costs/amortized", kind="AmortizedCost")
    ingest(source, lake)
    total = "x_BillingPeriod, sum(BilledCost), sum(EffectiveCost)"
    assert rows(lake, total, "true group by 1") == [("2026-10", Decimal(730), Decimal(730))]
    spread = details(line("10"), line("15", **reserved), line("5", chargeType="UnusedReservation", **reserved))
    store.export(OCTOBER, {PART: spread}, folder="costs/amortized", kind="AmortizedCost")
    ingest(source, lake)
    assert rows(lake, total, "true group by 1") == [("2026-10", Decimal(730), Decimal(30))]
    assert ingest(source, lake) == ()


def test_lines_of_one_billing_period_in_two_folders_are_delivered_together(store: Store, lake: Lake) -> None:
    late = line("0.25", date="09/30/2026")  # used in September, billed in October
    store.export(SEPTEMBER, {PART: details(line("7", **IN_SEPTEMBER), late)})
    store.export(OCTOBER, {PART: details(line("10"))})
    whole = {"2026-09": Decimal(7), "2026-10": Decimal("10.25")}
    ingest(store.source(), lake)
    assert billed(lake) == whole
    assert ingest(store.source(), lake) == ()
    store.export(OCTOBER, {PART: details(line("20"))})
    (delivery,) = ingest(store.source(), lake)
    assert delivery.billing_period == "2026-10"
    assert billed(lake) == {**whole, "2026-10": Decimal("20.25")}


def test_months_that_were_not_asked_for_stay_as_they_are(store: Store, lake: Lake) -> None:
    store.export(SEPTEMBER, {PART: details(line("7", **IN_SEPTEMBER))})
    store.export(OCTOBER, {PART: details(line("10"))})
    ingest(store.source(), lake, months=("2026-10",))
    assert billed(lake) == {"2026-10": Decimal(10)}
    ingest(store.source(), lake)
    assert billed(lake) == {"2026-09": Decimal(7), "2026-10": Decimal(10)}


def test_a_span_within_another_is_left_out(store: Store, lake: Lake) -> None:
    store.export("20261001-20261015", {PART: details(line("4"))}, submitted="2026-10-16T03:00:00Z")
    store.export(OCTOBER, {PART: details(line("10"))})
    said: list[str] = []
    ingest(store.source(), lake, said=said)
    assert billed(lake) == {"2026-10": Decimal(10)}
    assert "lies within" in said[0]


def test_the_totals_are_those_of_a_bill_that_nise_made(store: Store, lake: Lake, nise: Nise) -> None:
    folder = nise("azure", "-s", "2026-09-28", "-e", "2026-10-03", "-w")
    totals: dict[str, Decimal] = {}
    for file in sorted(folder.glob("*.csv")):
        content = file.read_text()
        for row in csv.DictReader(content.splitlines()):
            month = row["BillingPeriodStartDate"][:7]
            cost = Decimal(row["CostInBillingCurrency"]).quantize(Decimal("1e-12"), ROUND_HALF_UP)
            totals[month] = totals.get(month, Decimal(0)) + cost
        start, end = row["BillingPeriodStartDate"].replace("-", ""), row["BillingPeriodEndDate"].replace("-", "")
        store.export(f"{start}-{end}", {PART: content})
    assert sorted(totals) == ["2026-09", "2026-10"]
    ingest(store.source(), lake)
    assert billed(lake) == totals


def test_a_fleet_s_azure_bill_is_ingested_with_the_rest(store: Store, lake: Lake, tmp_path: Path) -> None:
    store.export(OCTOBER, {PART: details({})})
    fleet = write(
        tmp_path / "fleet",
        {
            "clusters/basalt/cluster.yaml": "name: basalt\nprovider: azure\nazure:\n  cluster: basalt\n"
            f"  billing: {{path: 'az://{store.container}/costs/basalt', connection_string_env: {VARIABLE}}}\n"
        },
    )
    done = ingest_fleet(load(fleet), lake, clusters=None, months=None, now=NOW, watch=Quiet())
    assert done.failures == ()
    assert [delivery.rows for delivery in done.deliveries] == [1]


class Quiet:
    """Watches nothing."""

    def begin(self, source: str) -> Callable[[str], None]:
        return lambda text: None

    def end(self, source: str, outcome: str) -> None:
        return None
