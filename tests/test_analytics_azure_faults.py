"""Bad Azure bills: every fault is said with its place and a remedy, and the lake keeps what it had."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from analytics import azure
from analytics.azure_blobs import AzureBillingError
from analytics.lake import Lake
from analytics.source import SourceError
from analytics.tables import CHARGES
from terraform.fleet import AzureBilling, Labels
from tests.azure_bills import MCA, as_parquet, details, focus, text
from tests.fixtures_azure import Store, manifest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = datetime(2026, 11, 20, tzinfo=UTC)
OCTOBER = "20261001-20261031"
FOLDER = f"costs/basalt/{OCTOBER}"
PART = "part_0_0001.csv"


def ingest(source: AzureBilling, lake: Lake) -> int:
    made = azure.ingest(
        source, labels=Labels(), lake=lake, sources={source.id}, months=None, now=NOW, talk=lambda said: None
    )
    return sum(delivery.rows for delivery in made)


def empty(store: Store) -> None:
    store.put(f"{FOLDER}/manifest.json", manifest(FOLDER, {}))


def no_manifest_of_microsoft_s(store: Store) -> None:
    store.put(f"{FOLDER}/manifest.json", '{"entries": []}')


def part_that_is_not_there(store: Store) -> None:
    store.export(OCTOBER, {PART: details({}), "part_1_0001.csv": details({})})
    store.delete(f"{FOLDER}/part_1_0001.csv")


def part_that_is_cut_off(store: Store) -> None:
    store.export(OCTOBER, {PART: details({}, {}, {})})
    store.put(f"{FOLDER}/{PART}", details({}, {}))


def fewer_rows_than_promised(store: Store) -> None:
    content = gzip.compress(details({}, {}).encode())
    store.export(OCTOBER, {f"{PART}.gz": content}, rows={f"{PART}.gz": 3})


def gzip_that_is_cut_off(store: Store) -> None:
    content = gzip.compress(details(*[{}] * 500).encode())
    store.export(OCTOBER, {f"{PART}.gz": content[: len(content) // 2]})


def parquet_that_is_cut_off(store: Store) -> None:
    store.export(OCTOBER, {"part_0_0001.snappy.parquet": b"PAR1 and no more"})


def parquet_page_that_is_damaged(store: Store) -> None:
    content = bytearray(as_parquet(details(*({"costInBillingCurrency": f"{n}.{n}"} for n in range(5000)))))
    content[2000:6000] = bytes(4000)
    store.export(OCTOBER, {"part_0_0001.snappy.parquet": bytes(content)})


def cost_that_is_missing(store: Store) -> None:
    store.export(OCTOBER, {PART: details({}, {"costInBillingCurrency": ""})})


def period_that_is_missing(store: Store) -> None:
    store.export(OCTOBER, {PART: details({}, {"billingPeriodEndDate": ""})})


def row_that_is_cut_off(store: Store) -> None:
    store.export(OCTOBER, {PART: details({}, {})[:-200]})


def column_that_is_missing(store: Store) -> None:
    row = {("CostInBilingCurrency" if name == "costInBillingCurrency" else name): MCA[name] for name in MCA}
    store.export(OCTOBER, {PART: text([row])})


def unknown_focus(store: Store) -> None:
    store.export(OCTOBER, {PART: focus({})}, kind="FocusCost", version="2.0")


def focus_preview(store: Store) -> None:
    store.export(
        OCTOBER, {PART: text([{"ChargeCategory": "Usage", "BilledCost": "1", "ChargeSubcategory": "On-Demand"}])}
    )


def price_sheet(store: Store) -> None:
    store.export(OCTOBER, {PART: "meterId,unitPrice\r\na,1\r\n"}, kind="PriceSheet")


def amount_that_is_none(store: Store) -> None:
    store.export(OCTOBER, {PART: details({}, {"costInBillingCurrency": "12,50"})})


def quantity_that_is_none(store: Store) -> None:
    store.export(OCTOBER, {PART: details({}, {}, {"quantity": "many"})})


def day_that_is_none(store: Store) -> None:
    store.export(OCTOBER, {PART: details({"date": "31.10.2026"})})


def tags_that_are_none(store: Store) -> None:
    store.export(OCTOBER, {PART: details({"tags": '{"a": '})})


def unknown_currency(store: Store) -> None:
    store.export(OCTOBER, {PART: details({"billingCurrency": "EURO"})})


def two_exports(store: Store) -> None:
    store.export(OCTOBER, {PART: details({})}, folder="costs/basalt/second")


def days_in_common(store: Store) -> None:
    store.export("20261015-20261114", {PART: details({})})


def a_part_exported_later(store: Store) -> None:
    store.export("20261001-20261005", {PART: details({})}, submitted="2026-11-09T03:00:00Z")


def amortised_alone(store: Store) -> None:
    store.export(OCTOBER, {PART: details({})}, kind="AmortizedCost")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            empty,
            f"{FOLDER}/manifest.json: an empty manifest: it names no blob. Wait for the export, or have it run again",
        ),
        (no_manifest_of_microsoft_s, "not a manifest as Microsoft writes them (1 faults)"),
        (part_that_is_not_there, f"names {FOLDER}/part_1_0001.csv, which is not there"),
        (part_that_is_cut_off, "bytes, not the"),
        (fewer_rows_than_promised, "2 rows came, its manifest says 3: it is cut off or being written"),
        (gzip_that_is_cut_off, f"{PART}.gz: after line"),
        (parquet_that_is_cut_off, "part_0_0001.snappy.parquet: "),
        (parquet_page_that_is_damaged, "part_0_0001.snappy.parquet: "),
        (cost_that_is_missing, "BilledCost is missing: 1 row, first http://"),
        (period_that_is_missing, f"{PART}, row 2: no billing period; nothing was written"),
        (row_that_is_cut_off, f"{PART}: line 3: "),
        (column_that_is_missing, "no column Cost (is 'costinbilingcurrency' it?)"),
        (unknown_focus, "FOCUS version 2.0 is not known here; have the export made in version 1.0r2 or 1.2"),
        (focus_preview, "FOCUS version before 1.0"),
        (price_sheet, "an export of PriceSheet, not of costs"),
        (amount_that_is_none, f"{PART}, row 2: costInBillingCurrency: '12,50' is not a decimal number"),
        (quantity_that_is_none, f"{PART}, row 3: quantity: 'many' is not a decimal number"),
        (day_that_is_none, f"{PART}, row 1: date: '31.10.2026' is not a date as 10/31/2026"),
        (tags_that_are_none, "Tags is not a JSON object: 1 row, first http://"),
        (unknown_currency, "BillingCurrency is no currency of ISO 4217: 1 row"),
        (two_exports, "2 exports lie below it, and read together they would count twice"),
        (days_in_common, "have days in common, which would count twice"),
        (a_part_exported_later, "have days in common, which would count twice"),
        (amortised_alone, "amortised cost doesn't say what is billed. Let path name the export of actual cost"),
    ],
)
def test_a_bad_bill_is_refused_and_nothing_is_replaced(
    store: Store, tmp_path: Path, spoil: Callable[[Store], None], said: str
) -> None:
    lake, source = Lake(str(tmp_path / "lake")), store.source()
    store.export(OCTOBER, {PART: details({})})
    assert ingest(source, lake) == 1
    version = lake.version(CHARGES)
    spoil(store)
    with pytest.raises(SourceError) as caught:
        ingest(source, lake)
    assert said in str(caught.value)
    assert lake.version(CHARGES) == version


def test_two_exports_that_are_not_twins_are_refused(store: Store, tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    store.export(OCTOBER, {PART: details({})})
    store.export(OCTOBER, {PART: details({})}, folder="costs/other")
    with pytest.raises(AzureBillingError, match="ActualCost, not amortised cost"):
        ingest(store.source(amortized="costs/other"), lake)
    store.export(OCTOBER, {PART: focus({})}, kind="FocusCost", version="1.0")
    store.export(OCTOBER, {PART: details({})}, folder="costs/other", kind="AmortizedCost")
    with pytest.raises(AzureBillingError, match="leave amortized_path out"):
        ingest(store.source(amortized="costs/other"), lake)


def test_a_folder_without_an_export_says_how_its_path_ends(store: Store, tmp_path: Path) -> None:
    with pytest.raises(AzureBillingError, match="it ends with the export's name"):
        ingest(store.source("nothing"), Lake(str(tmp_path / "lake")))
