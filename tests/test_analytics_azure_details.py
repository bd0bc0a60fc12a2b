"""What Microsoft's words mean: Cost Details and FOCUS exports as views, one line or a few at a time, without any storage."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from analytics import azure_columns, azure_export, csv_files
from analytics.azure_export import Piece
from analytics.azure_runs import Run, Span
from analytics.engine import connect, sql
from tests.azure_bills import MCA, NODES, RESERVATION, SUBSCRIPTION, details, enrolment, focus, text

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures_golden import Golden

CLOSED = datetime(2026, 11, 7, tzinfo=UTC)
PLAN = "/providers/Microsoft.BillingBenefits/savingsPlanOrders/cc/savingsPlans/dd"
RESERVED = {"pricingModel": "Reservation", "reservationId": RESERVATION, "benefitId": RESERVATION, "benefitName": "E8s"}
PLANNED = {"pricingModel": "SavingsPlan", "benefitId": PLAN, "benefitName": "Plan"}
KINDS = "ChargeCategory, ChargeClass, ChargeFrequency, PricingCategory, CommitmentDiscountCategory, CommitmentDiscountStatus"


def charges(
    folder: Path, columns: str, actual: str, amortized: str | None = None, made: datetime = CLOSED
) -> list[tuple[object, ...]]:
    """Return `columns` of the charges that two files of an export become, in the order of their files and rows."""
    run = Run(Span(date(2026, 10, 1), date(2026, 10, 31)), "exports/basalt", made, ())
    pieces = []
    with connect() as con:
        for number, content in enumerate([actual] if amortized is None else [actual, amortized]):
            file, target = folder / f"{number}.csv", folder / f"{number}.parquet"
            file.write_text(content, encoding="utf-8-sig")
            header = csv_files.header(file, csv_files.Dialect())
            assert azure_columns.faults(header) == []
            csv_files.stage(con, file, target, csv_files.Dialect(), header, azure_columns.wanted(header))
            types = tuple((row[0], row[1]) for row in con.execute(f"describe from '{target}'").fetchall())
            pieces.append(Piece(f"{number}.csv", target, types, run, number == 1, amortized is not None))
        azure_export.create_views(con, pieces)
        return con.execute(f"select {columns} from focus order by x_File, x_Row").fetchall()


def one(folder: Path, columns: str, content: str) -> tuple[object, ...]:
    (row,) = charges(folder, columns, content)
    return row


def test_each_charge_type_has_its_place_in_focus(tmp_path: Path, golden: Golden) -> None:
    types = [
        ("Usage", "OnDemand", "UsageBased", "10", {}),
        ("Usage", "Spot", "UsageBased", "2", {}),
        ("Usage", "Reservation", "UsageBased", "0", RESERVED),
        ("Usage", "SavingsPlan", "UsageBased", "0", PLANNED),
        ("Purchase", "Reservation", "OneTime", "720", RESERVED),
        ("Purchase", "SavingsPlan", "Recurring", "60", PLANNED),
        ("Purchase", "OnDemand", "Recurring", "29", {}),
        ("Refund", "Reservation", "OneTime", "-240", RESERVED),
        ("Refund", "OnDemand", "OneTime", "-3", {}),
        ("Tax", "OnDemand", "OneTime", "1.9", {}),
        ("Credit", "OnDemand", "OneTime", "-5", {}),
        ("RoundingAdjustment", "OnDemand", "OneTime", "0.004", {}),
        ("Adjustment", "", "", "-1", {}),
    ]
    spread = [
        ("Usage", "OnDemand", "UsageBased", "10", {}),
        ("Usage", "Reservation", "UsageBased", "15", RESERVED),
        ("UnusedReservation", "Reservation", "UsageBased", "5", RESERVED),
        ("Usage", "SavingsPlan", "UsageBased", "7", PLANNED),
        ("UnusedSavingsPlan", "SavingsPlan", "UsageBased", "1", PLANNED),
    ]
    lines = [
        [
            {"chargeType": kind, "pricingModel": model, "frequency": often, "costInBillingCurrency": cost, **more}
            for kind, model, often, cost, more in each
        ]
        for each in (types, spread)
    ]
    found = "x_File, x_Row, " + KINDS + ", BilledCost, EffectiveCost"
    alone = charges(tmp_path, found, details(*lines[0]))
    joined = charges(tmp_path, found, details(*lines[0]), details(*lines[1]))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = [name.strip() for name in found.split(",")[2:]]
    writer.writerow(["exports", "ChargeType", "PricingModel", "Frequency", "Cost", *names])
    for title, rows in (("actual", alone), ("actual and amortised", joined)):
        for file, row, *values in rows:
            kind, model, often, cost, _ = (types, spread)[int(str(file)[0])][int(str(row)) - 1]
            given = title if title == "actual" else ("actual", "amortised")[int(str(file)[0])] + " of both"
            shown = [f"{value.normalize():f}" if isinstance(value, Decimal) else value for value in values]
            writer.writerow([given, kind, model, often, cost, *shown])
    golden("azure-charge-types.csv", out.getvalue())


def test_billed_cost_is_the_actual_export_s_and_effective_cost_the_amortised_one_s(tmp_path: Path) -> None:
    usage = {"costInBillingCurrency": "10.25"}
    actual = details(
        usage,
        RESERVED | {"costInBillingCurrency": "0"},
        RESERVED | {"chargeType": "Purchase", "frequency": "OneTime", "costInBillingCurrency": "720"},
    )
    amortized = details(
        usage,
        RESERVED | {"costInBillingCurrency": "15"},
        RESERVED | {"chargeType": "UnusedReservation", "costInBillingCurrency": "5"},
    )
    rows = charges(tmp_path, "BilledCost, EffectiveCost", actual, amortized)
    assert rows == [
        (Decimal("10.25"), Decimal("10.25")),
        (Decimal(720), Decimal(0)),
        (Decimal(0), Decimal(15)),
        (Decimal(0), Decimal(5)),
    ]


def test_what_an_actual_line_of_a_commitment_costs_is_billed_all_the_same(tmp_path: Path) -> None:
    actual = details(RESERVED | {"costInBillingCurrency": "0.75"})
    rows = charges(tmp_path, "BilledCost, EffectiveCost", actual, details(RESERVED | {"costInBillingCurrency": "15"}))
    assert rows == [(Decimal("0.75"), Decimal(0)), (Decimal(0), Decimal(15))]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('{"2i2c:hub-name": "prod", "x": ""}', '{"2i2c:hub-name":"prod","x":"","aks-managed-cluster-name":"basalt"}'),
        ('"2i2c:hub-name": "prod","x": "1"', '{"2i2c:hub-name":"prod","x":"1","aks-managed-cluster-name":"basalt"}'),
        ('{"AKS-managed-cluster-name": "other"}', '{"AKS-managed-cluster-name": "other"}'),
        ("", '{"aks-managed-cluster-name":"basalt"}'),
    ],
)
def test_tags_are_an_object_with_braces_or_without(tmp_path: Path, written: str, read: str) -> None:
    assert one(tmp_path, "Tags", details({"tags": written})) == (read,)
    assert one(tmp_path, "Tags", focus({"Tags": written})) == (read,)


def machine(group: str) -> dict[str, str]:
    return {"resourceGroupName": group, "ResourceId": MCA["ResourceId"].replace(NODES, group), "tags": ""}


@pytest.mark.parametrize(
    ("groups", "others", "cluster"),
    [
        (["MC_basalt_basalt_westeurope"], [], "basalt"),
        (["mc_rg_basalt_westeurope"], [], "basalt"),
        (["MC_my_hubs_my_hubs_westeurope"], [], "my_hubs"),
        (["MC_my_rg_basalt_westeurope"], [], "basalt"),
        (["MC_my_rg_my_aks_westeurope"], [{"tags": '{"aks-managed-cluster-name": "my_aks"}'}], "my_aks"),
        (
            ["MC_my_rg_my_aks_westeurope"],
            [
                {
                    "resourceGroupName": "my_rg",
                    "ResourceId": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/my_rg/providers/"
                    "Microsoft.ContainerService/managedClusters/my_aks",
                }
            ],
            "my_aks",
        ),
        (["basalt-nodes"], [], None),
    ],
)
def test_a_node_resource_group_says_its_cluster(
    tmp_path: Path, groups: list[str], others: list[dict[str, str]], cluster: str | None
) -> None:
    lines = [machine(groups[0]), *({**machine(groups[0]), **other} for other in others)]
    first, *_ = charges(tmp_path, "Tags ->> '$.\"aks-managed-cluster-name\"'", details(*lines))
    assert first == (cluster,)


@pytest.mark.parametrize("day", ["10/05/2026", "2026-10-05", "20261005", "2026-10-05T00:00:00Z", "10/05/2026 00:00:00"])
def test_a_day_is_read_in_each_of_microsoft_s_ways(tmp_path: Path, day: str) -> None:
    start, end = one(tmp_path, "ChargePeriodStart, ChargePeriodEnd", details({"date": day}))
    assert (start, end) == (datetime(2026, 10, 5, tzinfo=UTC), datetime(2026, 10, 6, tzinfo=UTC))


@pytest.mark.parametrize("time", ["2026-10-05T00:00Z", "2026-10-05T00:00:00Z"])
def test_focus_1_0_and_its_second_release_write_times_their_own_way(tmp_path: Path, time: str) -> None:
    found = one(tmp_path, "ChargePeriodStart", focus({"ChargePeriodStart": time}))
    assert found == (datetime(2026, 10, 5, tzinfo=UTC),)


def test_a_billing_period_ends_when_its_last_day_does_and_is_the_month_of_its_middle(tmp_path: Path) -> None:
    line = {"billingPeriodStartDate": "10/15/2026", "billingPeriodEndDate": "11/14/2026"}
    found = one(tmp_path, "BillingPeriodStart, BillingPeriodEnd, x_BillingPeriod", details(line))
    assert found == (datetime(2026, 10, 15, tzinfo=UTC), datetime(2026, 11, 15, tzinfo=UTC), "2026-10")


@pytest.mark.parametrize("nothing", ["-2", "Unassigned", "00000000-0000-0000-0000-000000000000", "Not Applicable", " "])
def test_microsoft_s_words_for_nothing_are_nothing(tmp_path: Path, nothing: str) -> None:
    line = {"invoiceId": nothing, "SubscriptionId": nothing, "resourceGroupName": nothing, "meterName": nothing}
    columns = "InvoiceId, SubAccountId, SubAccountType, SkuMeter, x_Final"
    assert one(tmp_path, columns, details(line)) == (None, None, None, None, False)
    assert one(tmp_path, "InvoiceId, x_Final", focus({"x_InvoiceId": nothing})) == (None, False)


def test_a_month_without_an_invoice_is_provisional_and_an_enrolment_s_closes_within_five_days(tmp_path: Path) -> None:
    assert charges(tmp_path, "x_Final", details({})) == [(True,)]
    assert charges(tmp_path, "x_Final", details({"invoiceId": ""})) == [(False,)]
    assert charges(tmp_path, "x_Final", enrolment({}), made=datetime(2026, 11, 5, tzinfo=UTC)) == [(False,)]
    assert charges(tmp_path, "x_Final", enrolment({}), made=datetime(2026, 11, 6, 1, tzinfo=UTC)) == [(True,)]


def test_both_agreements_name_the_account_as_focus_does(tmp_path: Path) -> None:
    columns = "BillingAccountId, BillingAccountType, BillingCurrency, BilledCost, SubAccountId"
    profile = one(tmp_path, columns, details({}))
    assert profile == one(tmp_path, columns, focus({"BilledCost": MCA["costInBillingCurrency"]}))
    assert profile[2:] == ("EUR", Decimal("13.248"), f"/subscriptions/{SUBSCRIPTION}")
    account = "/providers/Microsoft.Billing/billingAccounts/8765432"
    assert one(tmp_path, columns, enrolment({}))[:3] == (account, "Billing Account", "EUR")


def test_prices_are_in_both_currencies_with_the_bill_s_own_rate(tmp_path: Path) -> None:
    columns = (
        "PricingCurrency, ListUnitPrice, PricingCurrencyListUnitPrice, ListCost, PricingCurrencyEffectiveCost,"
        " SkuPriceDetails ->> 'x_BillingExchangeRate'"
    )
    wanted = ("USD", Decimal("0.5888"), Decimal("0.64"), Decimal("14.1312"), Decimal("14.4"), "0.92")
    assert one(tmp_path, columns, details({})) == wanted
    assert one(tmp_path, columns, focus({})) == wanted
    assert one(tmp_path, columns, focus({}, newer=True)) == wanted
    in_euro = {"ListUnitPrice": "0.5888", "ContractedUnitPrice": "0.552"}
    assert one(tmp_path, columns, focus(in_euro)) == wanted


def test_a_scale_set_s_machine_is_named_as_kubernetes_names_it(tmp_path: Path) -> None:
    info = '{"ServiceType": "Standard_E8s_v5", "VMName": "aks-user-12345678-vmss_3"}'
    ids = [
        one(tmp_path, "ResourceId", details({})),
        one(tmp_path, "ResourceId", text([MCA | {"additionalInfo": info}])),
        one(tmp_path, "ResourceId", focus({"x_SkuDetails": info})),
    ]
    base = MCA["ResourceId"]
    assert ids == [(base,), (f"{base}/virtualMachines/3",), (f"{base.lower()}/virtualMachines/3",)]


@pytest.mark.parametrize(
    ("unit", "block", "name"),
    [
        ("1 Hour", 1, "Hours"),
        ("100 Hours", 100, "Hours"),
        ("10K", 10_000, "Units"),
        ("1M", 1_000_000, "Units"),
        ("10K/Month", 10_000, "Units/Month"),
        ("1/Month", 1, "Units/Month"),
        ("1 /Day", 1, "Units/Day"),
        ("1 GB/Month", 1, "GB/Month"),
        ("1000000 GB Seconds", 1_000_000, "GB Seconds"),
        ("1 TiB/Hour", 1, "TiB/Hour"),
    ],
)
def test_a_unit_of_measure_is_a_block_of_units(unit: str, block: int, name: str) -> None:
    with connect() as con:
        con.execute(sql("azure/macros"))
        assert con.execute("select block($1), unit_name($1)", [unit]).fetchone() == (block, name)


def test_a_price_is_for_a_block_of_units(tmp_path: Path) -> None:
    line = {
        "unitOfMeasure": "10K",
        "quantity": "25000",
        "unitPrice": "0.05",
        "PayGPrice": "0.06",
        "costInBillingCurrency": "0.115",
    }
    columns = (
        "ConsumedQuantity, ConsumedUnit, PricingQuantity, PricingUnit, ContractedUnitPrice, ContractedCost, ListCost"
    )
    wanted = (Decimal(25000), "Units", Decimal("2.5"), "10K", Decimal("0.046"), Decimal("0.115"), Decimal("0.138"))
    assert one(tmp_path, columns, details(line)) == wanted


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (["BilledCost", "ChargeCategory", "ChargeSubcategory"], "FOCUS version before 1.0"),
        (
            [name for name in MCA if name != "costInBillingCurrency"] + ["costInBilingCurrency"],
            "(is 'costinbilingcurrency' it?)",
        ),
        ([name for name in MCA if name != "chargeType"], "no column ChargeType"),
    ],
)
def test_a_column_that_is_missing_is_named(header: list[str], said: str) -> None:
    assert said in "; ".join(azure_columns.faults(header))
