"""Google's lines as FOCUS charges: the mapping on a handful of lines, and on generated ones."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlglot
from google.cloud import bigquery
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import expressions as exp

from analytics import bigquery_export, engine
from analytics.bigquery_export import COLUMNS, Reading, create_views
from tests.fixtures_billing_export import SCALE, credit, line, schema, stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.fixtures_billing_export import Line

WHOLE = Reading("p.d.t", "export_time", COLUMNS, ())


def mapped(*lines: Line, number: str = "FLOAT") -> list[dict[str, Any]]:
    """Map lines to charges, in the order of their cost."""
    with tempfile.TemporaryDirectory() as folder, engine.connect() as con:
        create_views(con, stage(lines, Path(folder) / "rows.parquet", number=number), WHOLE, final=False)
        return list(con.sql("select * from focus order by BilledCost desc").to_arrow_table().to_pylist())


def test_discounts_are_netted_and_a_grant_is_a_row_of_its_own() -> None:
    entry = line(
        "10.00",
        credits=[
            credit("COMMITTED_USAGE_DISCOUNT", "-2.50", name="Committed Usage Discount: CPU"),
            credit("FREE_TIER", "-0.5"),
            credit("PROMOTION", "-3", name="Research credits 2026"),
        ],
        labels=[{"key": "hub-name", "value": "staging"}],
    )

    charge, grant = mapped(entry)

    assert (charge["ChargeCategory"], charge["BilledCost"], charge["EffectiveCost"]) == ("Usage", 7, 7)
    assert (charge["ListCost"], charge["ContractedCost"]) == (10, 10)
    assert (charge["CommitmentDiscountCategory"], charge["PricingCategory"]) == ("Usage", "Committed")
    assert (grant["ChargeCategory"], grant["BilledCost"], grant["ListCost"]) == ("Credit", -3, -3)
    assert grant["ChargeDescription"] == "Research credits 2026"
    follows = ("Tags", "ResourceId", "SubAccountId", "ChargePeriodStart", "ChargePeriodEnd", "ServiceName", "RegionId")
    assert [grant[name] for name in follows] == [charge[name] for name in follows]
    assert grant["ConsumedQuantity"] is None


def test_a_credit_of_a_kind_not_seen_before_is_not_hidden_in_the_price() -> None:
    assert [row["ChargeCategory"] for row in mapped(line("1", credits=[credit("SOLIDARITY", "-0.5")]))] == [
        "Usage",
        "Credit",
    ]


@pytest.mark.parametrize(
    ("cost_type", "category"),
    [("regular", "Usage"), ("tax", "Tax"), ("adjustment", "Adjustment"), ("rounding_error", "Adjustment")],
)
def test_a_cost_type_is_a_charge_category(cost_type: str, category: str) -> None:
    (row,) = mapped(line("-0.5", cost_type=cost_type))
    assert row["ChargeCategory"] == category
    assert (row["SkuId"] is None) == (category == "Tax")
    assert (row["PricingQuantity"] is None) == (category != "Usage")


def test_a_tax_on_the_account_has_no_project() -> None:
    (row,) = mapped(line("0.01", cost_type="tax", project=None, resource=None, location=None, usage=None, price=None))
    assert (row["SubAccountId"], row["SubAccountType"], row["ResourceId"], row["RegionId"]) == (None, None, None, None)
    assert row["Tags"] == "{}"


def test_a_commitment_fee_is_a_purchase() -> None:
    sku = {"id": "C0", "description": "Commitment v1: E2 Cpu in Americas for 1 Year"}
    (row,) = mapped(line("12.5", sku=sku, subscription={"instance_id": "s-1"}))
    assert (row["ChargeCategory"], row["ChargeFrequency"], row["PricingCategory"]) == (
        "Purchase",
        "Recurring",
        "Committed",
    )
    assert (row["CommitmentDiscountId"], row["CommitmentDiscountCategory"]) == ("s-1", "Usage")
    assert row["BilledCost"] == row["EffectiveCost"] == Decimal("12.5")


def test_only_what_corrects_an_issued_invoice_is_a_correction() -> None:
    info = {"id": "a", "type": "PRICE_CORRECTION", "mode": "PARTIAL_CORRECTION"}
    september = datetime(2026, 9, 4, tzinfo=UTC)
    rows = mapped(
        line("4", start=september, adjustment_info=info),
        line("3", adjustment_info=info),
        line("2", start=september),  # late usage
        line("1", start=september, adjustment_info={"id": "b", "type": "GOODWILL", "mode": "MANUAL_ADJUSTMENT"}),
    )
    assert [row["ChargeClass"] for row in rows] == ["Correction", None, None, None]


def test_a_month_runs_from_midnight_to_midnight_in_california() -> None:
    november = line("2", month="202611")
    december = line("1", month="202612")
    rows = mapped(november, december)
    assert [(row["BillingPeriodStart"], row["BillingPeriodEnd"], row["x_BillingPeriod"]) for row in rows] == [
        (datetime(2026, 11, 1, 7, tzinfo=UTC), datetime(2026, 12, 1, 8, tzinfo=UTC), "2026-11"),
        (datetime(2026, 12, 1, 8, tzinfo=UTC), datetime(2027, 1, 1, 8, tzinfo=UTC), "2026-12"),
    ]


def test_of_two_values_of_a_key_the_line_s_own_label_wins() -> None:
    own = [
        {"key": "team", "value": "reef"},
        {"key": "odd", "value": 'a "b" \\ \x00 ☁'},
        {"key": "empty", "value": None},
    ]
    tags = [{"key": "team", "value": "from a tag"}, {"key": "grant", "value": "NSF-1"}]
    project = {
        "id": "p",
        "name": "P",
        "labels": [{"key": "team", "value": "of the project"}, {"key": "unit", "value": "geo"}],
    }

    (row,) = mapped(line("1", labels=own, tags=tags, project=project, system_labels=[{"key": "cores", "value": "4"}]))

    assert json.loads(row["Tags"]) == {
        "team": "reef", "odd": 'a "b" \\ \x00 ☁', "empty": "", "grant": "NSF-1", "cores": "4", "unit": "geo",
    }  # fmt: skip


def test_a_window_of_no_length_becomes_an_hour() -> None:
    moment = datetime(2026, 10, 31, 12, tzinfo=UTC)
    (row,) = mapped(line("1", usage_start_time=moment.isoformat(), usage_end_time=moment.isoformat()))
    assert (row["ChargePeriodStart"], row["ChargePeriodEnd"]) == (moment, moment.replace(hour=13))


def test_prices_stand_in_dollars_too() -> None:
    (row,) = mapped(line("9.173"))
    assert (row["BillingCurrency"], row["PricingCurrency"]) == ("EUR", "USD")
    assert row["PricingCurrencyEffectiveCost"] == 10
    assert json.loads(row["SkuPriceDetails"])["x_CurrencyConversionRate"] == "0.9173"


def test_a_machine_keeps_its_names() -> None:
    (row,) = mapped(line("1"))
    assert row["ResourceName"] == "gke-reef-user-0a1b2c3d-x7k2"
    assert row["ResourceType"] == "instances"
    assert (row["RegionId"], row["RegionName"], row["AvailabilityZone"]) == ("us-central1", "Iowa", "us-central1-b")
    assert (row["ServiceCategory"], row["ServiceSubcategory"]) == ("Compute", "Virtual Machines")


@pytest.mark.parametrize("partition", ["export_time", "_PARTITIONTIME"])
def test_the_queries_are_bigquery_s(partition: str) -> None:
    """The emulator knows _PARTITIONTIME only on tables of its DDL, so the text is held to BigQuery's grammar here."""
    reading = Reading("p.d.t", partition, COLUMNS, ())

    rows = sqlglot.parse_one(reading.rows, dialect="bigquery")
    months = sqlglot.parse_one(reading.months, dialect="bigquery")

    assert isinstance(rows, exp.Select)
    assert rows.named_selects == [column.name for column in COLUMNS]
    assert {parameter.name for parameter in rows.find_all(exp.Parameter)} == {"month", "newest", "first", "last"}
    for query in (rows, months):
        where = query.find(exp.Where)
        assert where is not None
        assert any(column.name == partition for column in where.find_all(exp.Column))
        assert "p.d.t" in {exp.table_name(table) for table in query.find_all(exp.Table)}


def test_what_an_old_table_lacks_is_empty_and_what_it_must_have_is_named() -> None:
    gone = ("subscription", "consumption_model", "tags", "cost_at_effective_price_default")
    table = bigquery.Table("p.d.t", schema=[field for field in schema() if field.name not in gone])
    reading = bigquery_export.read(table)
    assert reading.faults == ()
    assert "cast(null as varchar) as subscription_instance_id" in reading.absent

    broken = bigquery.Table("p.d.t", schema=[field for field in schema(number="STRING") if field.name != "invoice"])
    faults = bigquery_export.read(broken).faults
    assert "column invoice.month is missing" in faults
    assert "column cost is STRING, not FLOAT or FLOAT64 or INT64 or INTEGER or NUMERIC" in faults
    assert any(fault.startswith("column credits.amount is STRING") for fault in faults)


amounts = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12).map(repr),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=9).map(
        lambda d: f"{d:f}"
    ),
)
kinds = st.sampled_from(
    ["COMMITTED_USAGE_DISCOUNT", "FREE_TIER", "PROMOTION", "CREDIT_TYPE_UNSPECIFIED", "discount", "NEW"]
)
lines_of_a_bill = st.lists(
    st.builds(
        lambda cost, cost_type, given: line(cost, cost_type=cost_type, credits=given),
        amounts,
        st.sampled_from(["regular", "tax", "adjustment", "rounding_error", "unheard_of"]),
        st.lists(st.builds(credit, kinds, amounts), max_size=3),
    ),
    min_size=1,
    max_size=12,
)


def exact(lines: Sequence[Line], number: str) -> Decimal:
    """Add up costs and credits by Python's decimals: a float by its repr, a NUMERIC at its nine places."""
    texts = [text for entry in lines for text in (entry["cost"], *(given["amount"] for given in entry["credits"]))]
    read = [Decimal(repr(float(text))) if number == "FLOAT" else Decimal(text) for text in texts]
    return sum((amount.quantize(SCALE, ROUND_HALF_UP) for amount in read), Decimal(0))


@settings(max_examples=60, deadline=None)
@given(lines=lines_of_a_bill)
def test_no_mapping_of_floats_makes_or_loses_money(lines: list[Line]) -> None:
    rows = mapped(*lines)
    assert sum((row["BilledCost"] for row in rows), Decimal(0)) == exact(lines, "FLOAT")
    assert sum((row["EffectiveCost"] for row in rows), Decimal(0)) == exact(lines, "FLOAT")
    assert len(rows) - sum(row["ChargeCategory"] == "Credit" for row in rows) == len(lines)


numerics = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=9)


@settings(max_examples=30, deadline=None)
@given(costs=st.lists(st.tuples(numerics, numerics, kinds), min_size=1, max_size=8))
def test_no_mapping_of_numerics_makes_or_loses_money(costs: list[tuple[Decimal, Decimal, str]]) -> None:
    lines = [line(f"{cost:f}", credits=[credit(kind, f"{given:f}")]) for cost, given, kind in costs]
    assert sum((row["BilledCost"] for row in mapped(*lines, number="NUMERIC")), Decimal(0)) == exact(lines, "NUMERIC")
