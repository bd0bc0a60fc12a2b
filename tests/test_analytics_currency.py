"""Three currencies in one month: which rate is used, that it is kept, and that every view adds up in both currencies."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.engine import connect
from analytics.rates import Conversion, NoRate, UsedRate, convert
from analytics.report import By, Cost, note_rates, report
from analytics.show import report_parquet
from analytics.tables import ALLOCATIONS
from tests.bills import Desk, line
from tests.fixtures_demo import hubledger
from tests.month import arrow

if TYPE_CHECKING:
    from collections.abc import Sequence

ECB = """\
Date,USD,JPY,GBP,
2026-11-02,1.2000,180.00,0.8700,
2026-10-30,1.1500,175.00,0.8800,
2026-10-29,1.1400,174.00,0.8900,
"""
UNIT = Decimal("0.000000000001")
AMOUNTS = st.decimals(-100_000, 100_000, places=12)
RATES = st.decimals("0.00001", 200, places=14)
CURRENCIES = ("EUR", "JPY", "USD")


def reporting(desk: Desk, currency: str = "EUR", *, rates: str = "", ecb: str | None = None) -> None:
    """Give the fleet a reporting currency, and rates."""
    desk.write_fleet("fleet.yaml", f"reporting_currency: {currency}\n")
    desk.write_fleet("rates.csv", f"month,from,to,rate\n{rates}")
    if ecb is not None:
        desk.write_fleet("eurofxref-hist.csv", ecb)


def used(desk: Desk) -> dict[str, tuple[Decimal, str]]:
    """Return the rate and source of each currency that the month was converted with."""
    conversion = report(desk.lake, "2026-10").computed.conversion
    assert conversion is not None
    return {rate.currency: (rate.rate, rate.source) for rate in conversion.rates}


def run(desk: Desk, *arguments: str, check: bool = True) -> tuple[int, str, str]:
    done = hubledger(*arguments, fleet=desk.fleet_folder, lake=desk.folder / "lake", check=check)
    return done.returncode, done.stdout, done.stderr


def test_without_a_reporting_currency_nothing_is_converted(desk: Desk) -> None:
    desk.deliver(line("10"), line("7", currency="EUR"))
    assert desk.allocate().conversion is None
    told = report(desk.lake, "2026-10").to_json()
    assert (told["reporting_currency"], told["reporting_total"], told["reporting_totals"], told["rates"]) == (
        None,
        None,
        {},
        [],
    )
    assert told["totals"] == {"EUR": "7.000000000000", "USD": "10.000000000000"}


def test_the_fleets_table_comes_before_the_bill_and_the_bill_before_the_ecb(desk: Desk) -> None:
    reporting(desk, rates="2026-10,USD,EUR,0.9\n2026-09,JPY,EUR,1\n", ecb=ECB)
    desk.deliver(
        line("10", priced=("EUR", "8")),
        line("100", currency="JPY", priced=("EUR", "0.55")),
        line("-50", currency="JPY", priced=("EUR", "-0.29")),
        line("7", currency="GBP", priced=("USD", "9")),
        line("5", currency="EUR"),
    )
    desk.allocate()
    assert used(desk) == {
        "USD": (Decimal("0.9"), "rates.csv"),
        "JPY": (Decimal("0.0056"), "the bill"),  # (0.55 + 0.29) / (100 + 50): the mean of its lines
        "GBP": (Decimal("1.13636363636364"), "ECB 2026-10-30"),
    }
    found = report(desk.lake, "2026-10")
    assert found.reporting_totals == {
        "EUR": Decimal(5),
        "GBP": Decimal("7.954545454545"),  # 7 × 1.13636363636364, rounded once
        "JPY": Decimal("0.28"),
        "USD": Decimal(9),
    }
    assert found.reporting_total == Decimal("22.234545454545")


def test_each_account_has_its_own_bills_rate(desk: Desk) -> None:
    reporting(desk, "USD")
    desk.deliver(
        line("10", currency="EUR", account="a", priced=("USD", "11")),
        line("-10", currency="EUR", account="b", priced=("USD", "-12")),
    )
    desk.allocate()
    found = report(desk.lake, "2026-10")
    assert (found.totals, found.reporting_totals) == ({"EUR": Decimal(0)}, {"EUR": Decimal(-1)})


def test_a_missing_rate_is_an_error_that_names_month_and_pair(desk: Desk) -> None:
    reporting(desk, rates="2026-09,JPY,EUR,0.0057\n2026-10,EUR,JPY,175\n", ecb=ECB.replace("2026-10", "2026-08"))
    desk.deliver(line("10"), line("100", currency="JPY"), line("1", currency="EUR"))
    with pytest.raises(NoRate) as caught:
        desk.allocate()
    jpy, usd = str(caught.value).splitlines()
    assert "no rate of 2026-10 from JPY to EUR" in jpy
    assert "no rate of 2026-10 from USD to EUR" in usd
    assert desk.lake.version(ALLOCATIONS) is None
    code, out, said = run(desk, "costs", "allocate", "--month", "2026-10", check=False)
    assert (code, out) == (1, "")
    assert "fleet rates fetch" in said


def test_a_provisional_month_takes_new_rates_and_a_final_one_keeps_its_own(desk: Desk) -> None:
    reporting(desk, rates="2026-10,USD,EUR,0.9\n")
    desk.deliver(line("10", invoice=""))
    desk.allocate()
    reporting(desk, rates="2026-10,USD,EUR,0.8\n")
    assert report(desk.lake, "2026-10").reporting_total == Decimal(9)  # until it is allocated again
    (note,) = note_rates(report(desk.lake, "2026-10"), desk.fleet).notes
    assert note == "2026-10 was converted from USD to EUR at 0.9 (rates.csv); rates.csv now says 0.8"
    desk.allocate()
    assert note_rates(report(desk.lake, "2026-10"), desk.fleet).notes == ()
    assert used(desk) == {"USD": (Decimal("0.8"), "rates.csv")}

    desk.deliver(line("10"))  # final now
    assert desk.allocate().status == "final"
    reporting(desk, rates="2026-10,USD,EUR,0.7\n")
    assert [note for note in desk.allocate().notes if "--refresh-rates" in note and "0.7" in note]
    assert used(desk) == {"USD": (Decimal("0.8"), "rates.csv")}
    desk.allocate(refresh_rates=True)
    assert used(desk) == {"USD": (Decimal("0.7"), "rates.csv")}


def test_a_currency_that_comes_to_a_final_month_is_looked_up_and_the_others_stay(desk: Desk) -> None:
    reporting(desk, rates="2026-10,USD,EUR,0.9\n")
    desk.deliver(line("10"))
    desk.allocate()
    reporting(desk, rates="2026-10,USD,EUR,0.1\n2026-10,JPY,EUR,0.0057\n")
    desk.deliver(line("10"), line("100", currency="JPY"))
    desk.allocate()
    assert used(desk) == {"USD": (Decimal("0.9"), "rates.csv"), "JPY": (Decimal("0.0057"), "rates.csv")}
    reporting(desk, "JPY", rates="2026-10,USD,JPY,150\n")
    desk.allocate()
    assert used(desk) == {"USD": (Decimal(150), "rates.csv")}


def test_a_file_of_the_ecb_that_ends_in_the_month_is_said(desk: Desk) -> None:
    reporting(desk, ecb="\n".join(text for text in ECB.splitlines() if "2026-11" not in text) + "\n")
    desk.deliver(line("10"))
    assert [note for note in desk.allocate().notes if "end on 2026-10-30" in note]
    reporting(desk, ecb=ECB)
    assert not [note for note in desk.allocate().notes if "end on" in note]


@pytest.fixture
def three_currencies(desk: Desk) -> Desk:
    reporting(desk, rates="2026-10,USD,EUR,0.92345\n2026-10,JPY,EUR,0.0057123\n")
    costs = ("10.333333333333", "0.004999999999", "-3.1", "0.001")
    desk.deliver(
        *(
            line(cost, hub=hub, day=day, currency=currency, service=service, EffectiveCost="0.123456789012")
            for currency in CURRENCIES
            for day, (cost, hub, service) in enumerate(
                [
                    (cost, hub, service)
                    for cost in costs
                    for hub in ("blue", "red", "")
                    for service in ("Machines", "Disks")
                ],
                1,
            )
        )
    )
    desk.allocate()
    return desk


@pytest.mark.parametrize("cost", list(Cost))
def test_every_view_and_every_part_of_a_view_adds_up_in_both_currencies(three_currencies: Desk, cost: Cost) -> None:
    lake = three_currencies.lake
    views = {by: report(lake, "2026-10", by=by, cost=cost) for by in By}
    whole = views[By.HUB]
    assert {(tuple(view.totals.items()), tuple(view.reporting_totals.items())) for view in views.values()} == {
        (tuple(whole.totals.items()), tuple(whole.reporting_totals.items()))
    }
    rate = {"EUR": Decimal(1), "USD": Decimal("0.92345"), "JPY": Decimal("0.0057123")}
    for currency, total in whole.totals.items():
        assert whole.reporting_totals[currency] == (total * rate[currency]).quantize(UNIT)
    for by in By:
        told = report(lake, "2026-10", by=by, cost=cost, hub="red")
        of_hub = [row for row in whole.rows if row.keys["hub"] == "red"]
        assert told.reporting_total == sum((row.reporting_cost or 0 for row in of_hub), Decimal(0))


def test_every_format_shows_both_currencies(three_currencies: Desk) -> None:
    desk = three_currencies
    told = json.loads(run(desk, "costs", "report", "--month", "2026-10", "--format", "json")[1])
    assert told["reporting_currency"] == "EUR"
    assert told["rates"] == [
        {"issuer": "Cloud", "billing_account": "payer", "currency": currency, "rate": rate, "source": "rates.csv"}
        for currency, rate in (("JPY", "0.0057123"), ("USD", "0.92345"))
    ]
    total = sum(Decimal(row["reporting_cost"]) for row in told["rows"])
    assert total == Decimal(told["reporting_total"]) == sum(map(Decimal, told["reporting_totals"].values()))
    assert {(row["currency"], row["reporting_currency"]) for row in told["rows"]} == {
        (each, "EUR") for each in CURRENCIES
    }
    rows = list(csv.DictReader(io.StringIO(run(desk, "costs", "report", "--month", "2026-10", "--format", "csv")[1])))
    assert sum(Decimal(row["reporting_cost"]) for row in rows) == total
    assert {row["reporting_currency"] for row in rows} == {"EUR"}


def test_an_explanation_shows_both_currencies_and_adds_up_to_the_report(three_currencies: Desk) -> None:
    desk = three_currencies
    told = json.loads(run(desk, "costs", "explain", "--hub", "red", "--month", "2026-10", "--json")[1])
    assert told["reporting_currency"] == "EUR"
    whole = report(desk.lake, "2026-10", hub="red").reporting_total
    assert sum(Decimal(figure["reporting_cost"]) for figure in told["figures"]) == whole
    assert "In EUR" in run(desk, "costs", "explain", "--hub", "red", "--month", "2026-10")[1]


def test_parquet_carries_the_converted_cost_as_a_decimal(three_currencies: Desk) -> None:
    found = report(three_currencies.lake, "2026-10")
    table = pq.read_table(io.BytesIO(report_parquet(found)))
    assert table.schema.field("reporting_cost").type == pa.decimal128(38, 12)
    assert sum(table["reporting_cost"].to_pylist()) == found.reporting_total


def test_printed_cells_add_up_in_the_reporting_currency_to_the_grand_total(three_currencies: Desk) -> None:
    _, printed, _ = run(three_currencies, "costs", "report", "--month", "2026-10")
    footers, own = [], []
    for part in printed.split("2026-10 by hub, billed cost in ")[1:]:
        lines = [line for line in part.splitlines() if "│" in line]
        cells = [[cell.strip() for cell in line.strip("│┃ \n").split("│")] for line in lines]
        if not part.startswith("EUR"):
            *rows, footer = [Decimal(line[-2].replace(",", "")) for line in cells]
            assert sum(rows) == footer
            footers.append(footer)
        else:
            own = [Decimal(cells[-1][-2].replace(",", ""))]
    (grand,) = [line for line in printed.splitlines() if line.startswith("All currencies: ")]
    assert sum(footers) + sum(own) == Decimal(grand.split()[2].replace(",", ""))
    assert len(footers) == 2
    assert "rate: 1 USD = 0.92345 EUR (rates.csv)" in printed
    assert "In EUR" in printed


def test_report_says_when_the_rates_changed_since(three_currencies: Desk) -> None:
    reporting(three_currencies, rates="2026-10,USD,EUR,0.92345\n")
    _, printed, _ = run(three_currencies, "costs", "report", "--month", "2026-10")
    assert "note: 2026-10 was converted from JPY to EUR at 0.0057123 (rates.csv); rates.csv now has none" in " ".join(
        printed.split()
    )


def allocation(cost: Decimal, currency: str, account: str, number: int) -> dict[str, object]:
    return {
        "billing_period": "2026-10", "day": date(2026, 10, 1 + number % 28), "issuer": "Cloud", "billing_account": account,
        "cluster": "reef", "hub": f"hub{number % 3}", "component": "compute", "rule": "label", "basis": "direct",
        "charge_category": "Usage", "currency": currency, "billed_cost": cost, "effective_cost": -cost,
        "coverage": Decimal(1).quantize(Decimal("0.000001")),
    }  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(
    costs=st.lists(st.tuples(AMOUNTS, st.sampled_from(CURRENCIES), st.sampled_from("ab")), min_size=1, max_size=25),
    rates=st.lists(RATES, min_size=4, max_size=4),
)
def test_converted_rows_add_up_to_the_converted_total(
    costs: Sequence[tuple[Decimal, str, str]], rates: Sequence[Decimal]
) -> None:
    pairs = [(account, currency) for account in "ab" for currency in CURRENCIES if currency != "EUR"]
    rate = dict(zip(pairs, rates, strict=True)) | {("a", "EUR"): Decimal(1), ("b", "EUR"): Decimal(1)}
    conversion = Conversion("EUR", tuple(UsedRate("Cloud", *pair, rate[pair], "rates.csv") for pair in pairs))
    rows = [allocation(cost, currency, account, number) for number, (cost, currency, account) in enumerate(costs)]
    results = []
    for order in (rows, rows[::-1]):
        with connect(threads=1) as con:
            con.register("allocations", arrow(ALLOCATIONS, order))
            convert(con, conversion)
            costs_of = "billed_cost, reporting_billed_cost, reporting_effective_cost"
            query = f"select billing_account, currency, hub, day, {costs_of} from converted"
            results.append(sorted(con.execute(query).fetchall(), key=str))
    assert results[0] == results[1]
    for account, currency in rate:
        of_account = [row for row in results[0] if row[:2] == (account, currency)]
        if of_account:
            total = sum(row[4] for row in of_account) * rate[account, currency]
            converted = sum(row[5] for row in of_account)
            assert abs(converted - total) <= UNIT / 2
            assert sum(row[6] for row in of_account) == -converted
            for row in of_account:
                assert abs(row[5] - row[4] * rate[account, currency]) <= UNIT * len(of_account)
                assert isinstance(row[5], Decimal)


def test_a_row_without_a_rate_is_never_taken_for_one(desk: Desk) -> None:
    with connect() as con:
        con.register("allocations", arrow(ALLOCATIONS, [allocation(Decimal(1), "USD", "a", 0)]))
        with pytest.raises(NoRate, match="no rate from USD to EUR"):
            convert(con, Conversion("EUR", ()))
