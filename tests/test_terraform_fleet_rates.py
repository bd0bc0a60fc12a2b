"""The fleet's exchange rates: rates.csv is strict, the ECB's file is read as published and fetched whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from terraform.cli import ERRORS, fleet_app
from terraform.ecb import EcbError, fetch
from terraform.fleet import Rate
from terraform.fleet_files import FleetError, load
from terraform.reference_rates import quotient, read_reference_rates
from tests.fixtures_prometheus_http import answering

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HISTORY = """\
Date,USD,JPY,BGN,RUB,
2026-11-02,1.1600,176.10,1.9558,N/A,
2026-10-30,1.1500,175.00,1.9558,N/A,
2026-10-29,1.1400,174.00,1.9558,95.5,
2026-09-30,1.1000,160.00,1.9558,N/A,
"""


def faults(fleet: Path) -> list[str]:
    """Return what loading says of rates.csv, without the folder."""
    with pytest.raises(FleetError) as caught:
        load(fleet)
    return [line.removeprefix(f"{fleet}/") for line in str(caught.value).splitlines()]


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(fleet_app, arguments)
    if isinstance(result.exception, ERRORS):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@contextmanager
def serving(content: bytes, status: int = 200) -> Iterator[str]:
    """Serve the content on loopback, whatever is asked for."""
    with answering(lambda _: (status, content)) as record:
        yield f"{record.url}/eurofxref-hist.zip"


def zipped(name: str, text: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(name, text)
    return target.getvalue()


def test_a_fleet_has_a_reporting_currency_and_a_table_of_rates(our_fleet: Path) -> None:
    assert load(our_fleet).settings.reporting_currency is None
    assert load(our_fleet).rates == ()
    assert load(our_fleet).reference_rates is None
    with (our_fleet / "fleet.yaml").open("a") as file:
        file.write("reporting_currency: EUR\n")
    (our_fleet / "rates.csv").write_text(
        "\ufefffrom,to,month,rate,source\n\nUSD,EUR,2026-10,0.9235,treasury\nJPY,EUR,2026-10,0.0057,\n"
    )
    (our_fleet / "eurofxref-hist.csv").write_text(HISTORY)
    fleet = load(our_fleet)
    assert fleet.settings.reporting_currency == "EUR"
    assert fleet.rates == (
        Rate("2026-10", "USD", "EUR", Decimal("0.9235"), "treasury"),
        Rate("2026-10", "JPY", "EUR", Decimal("0.0057"), ""),
    )
    assert fleet.reference_rates == our_fleet / "eurofxref-hist.csv"


def test_a_reporting_currency_is_one_of_iso_4217(our_fleet: Path) -> None:
    with (our_fleet / "fleet.yaml").open("a") as file:
        file.write("reporting_currency: euro\n")
    (said,) = faults(our_fleet)
    assert said.startswith("fleet.yaml:12: reporting_currency: 'euro' is no currency")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("2026-1,USD,EUR,0.9", "2: month: '2026-1' is not a month: write it as YYYY-MM"),
        ("2026-10,usd,EUR,0.9", "2: from: 'usd' is no currency of ISO 4217: write it as EUR"),
        ("2026-10,USD,EUX,0.9", "2: to: 'EUX' is no currency of ISO 4217: write it as EUR"),
        ("2026-10,EUR,EUR,1", "2: to: 'EUR' is what it comes from: leave the row out"),
        ('2026-10,USD,EUR,"0,9"', "2: rate: '0,9' is not a rate: write digits with a point, as 0.9235"),
        ("2026-10,USD,EUR,1e-3", "2: rate: '1e-3' is not a rate: write digits with a point, as 0.9235"),
        ("2026-10,USD,EUR,-1", "2: rate: '-1' is not a rate: write digits with a point, as 0.9235"),
        ("2026-10,USD,EUR,0.000", "2: rate: is zero: give what one unit is worth"),
        ("2026-10,USD,EUR,0.123456789012345", "2: rate: '0.123456789012345' has more than 14 decimals: round it"),
        ("2026-10,USD,EUR", "2: has 3 cells where the header has 4"),
        (
            "2026-10,USD,EUR,1\n2026-10,USD,EUR,2",
            "3: 2026-10 USD EUR is there twice (first on line 2): keep one of them",
        ),
        ('2026-10,USD,EUR,"1', "2: is not CSV: unexpected end of data"),
    ],
)
def test_a_fault_in_the_table_is_named_with_its_line(our_fleet: Path, row: str, said: str) -> None:
    (our_fleet / "rates.csv").write_text(f"month,from,to,rate\n{row}\n")
    assert faults(our_fleet) == [f"rates.csv:{said}"]


@pytest.mark.parametrize("header", ["month,from,to", "month,from,to,rate,note", "", "month,from,to,rate,source,rate"])
def test_the_table_has_its_columns_and_no_others(our_fleet: Path, header: str) -> None:
    (our_fleet / "rates.csv").write_text(f"{header}\n")
    (said,) = faults(our_fleet)
    assert said.startswith("rates.csv:1: the columns are ")


def test_every_fault_is_told_in_one_run(our_fleet: Path) -> None:
    (our_fleet / "rates.csv").write_text("month,from,to,rate\n2026-1,USD,EUR,1\n2026-10,USD,EUR,x\n")
    (our_fleet / "communities/reef.yaml").write_text("name: other\n")
    assert [line.split(":")[0] for line in faults(our_fleet)] == ["communities/reef.yaml", "rates.csv", "rates.csv"]


def test_a_months_rate_is_that_of_the_last_day_with_both_currencies(tmp_path: Path) -> None:
    path = tmp_path / "eurofxref-hist.csv"
    path.write_text(HISTORY)
    october = read_reference_rates(path, "2026-10")
    assert october.newest == date(2026, 11, 2)
    assert october.rate("EUR", "USD") == Rate(
        "2026-10", "EUR", "USD", Decimal("1.15").quantize(Decimal(1).scaleb(-14)), "ECB 2026-10-30"
    )
    through_the_euro = october.rate("USD", "JPY")
    assert through_the_euro is not None
    assert through_the_euro.rate == Decimal("152.17391304347826")  # 175 / 1.15
    earlier = october.rate("RUB", "USD")  # not published on the 30th
    assert earlier is not None
    assert (earlier.rate, earlier.source) == (Decimal("0.01193717277487"), "ECB 2026-10-29")  # 1.14 / 95.5
    assert october.rate("CHF", "USD") is None
    assert read_reference_rates(path, "2026-08").rate("EUR", "USD") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Day,USD\n2026-10-30,1.1\n", ":1: is not the ECB's file"),
        ("Date,USD\n", ":1: is not the ECB's file"),
        ("Date,USD\n2026-10-30,1.1\n2026-10-29,abc\n", ":3: USD: 'abc' is not a rate"),
        ("Date,USD\n2026-10-30,0\n", ":2: USD: '0' is not a rate"),
        ("Date,USD\n30/10/2026,1.1\n", ":2: Date: '30/10/2026' is not a day"),
    ],
)
def test_a_damaged_file_of_the_ecb_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "eurofxref-hist.csv"
    path.write_text(text)
    with pytest.raises(FleetError) as caught:
        read_reference_rates(path, "2026-10")
    assert f"{path}{said}" in str(caught.value)


@given(st.decimals("0.0001", 100_000, places=4), st.decimals("0.0001", 100_000, places=4))
def test_a_rate_is_rounded_once_to_its_scale(amount: Decimal, by: Decimal) -> None:
    rate = quotient(amount, by)
    assert rate == rate.quantize(Decimal(1).scaleb(-14))
    assert abs(rate * by - amount) <= by * Decimal("5e-15")


@pytest.mark.parametrize("content", [zipped("eurofxref-hist.csv", HISTORY), HISTORY.encode()], ids=["zip", "csv"])
def test_fetch_writes_the_file_into_the_fleet(our_fleet: Path, content: bytes) -> None:
    with serving(content) as url:
        code, _, said = run("rates", "fetch", "--url", url, "--fleet", str(our_fleet))
    target = our_fleet / "eurofxref-hist.csv"
    assert (code, said.strip()) == (0, f"{target}: rates until 2026-11-02")
    assert target.read_text() == HISTORY
    assert sorted(path.name for path in our_fleet.iterdir() if path.is_file()) == ["eurofxref-hist.csv", "fleet.yaml"]


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (b"", 404, "404"),
        (b"<html>maintenance</html>", 200, "is not the ECB's file"),
        (b"PK\x03\x04 cut off", 200, "no zip with eurofxref-hist.csv"),
        (zipped("other.csv", HISTORY), 200, "no zip with eurofxref-hist.csv"),
    ],
    ids=["missing", "a page", "damaged", "another file"],
)
def test_a_failed_fetch_leaves_the_copy_as_it_was(tmp_path: Path, content: bytes, status: int, said: str) -> None:
    target = tmp_path / "eurofxref-hist.csv"
    target.write_text(HISTORY)
    with serving(content, status) as url, pytest.raises(EcbError, match=said):
        fetch(target, url=url)
    assert target.read_text() == HISTORY
    assert list(tmp_path.iterdir()) == [target]


def test_a_fetch_without_a_network_says_what_to_do(tmp_path: Path) -> None:
    with serving(b"") as url:
        pass
    with pytest.raises(EcbError, match="--url"):
        fetch(tmp_path / "eurofxref-hist.csv", url=url)


def test_show_lists_the_tables_rates_and_the_ecbs(our_fleet: Path) -> None:
    (our_fleet / "rates.csv").write_text("month,from,to,rate,source\n2026-10,USD,EUR,0.9235,treasury\n")
    (our_fleet / "eurofxref-hist.csv").write_text(HISTORY)
    options = ("--month", "2026-10", "--fleet", str(our_fleet), "--format")
    rows = list(csv.DictReader(io.StringIO(run("rates", "show", *options, "csv")[1])))
    assert rows == json.loads(run("rates", "show", *options, "json")[1])
    assert rows[0] == {
        "month": "2026-10",
        "from": "USD",
        "to": "EUR",
        "rate": "0.9235",
        "source": "rates.csv (treasury)",
    }
    assert {(row["from"], row["to"], row["source"]) for row in rows[1:]} == {
        ("USD", "EUR", "ECB 2026-10-30"),
        ("JPY", "EUR", "ECB 2026-10-30"),
        ("BGN", "EUR", "ECB 2026-10-30"),
        ("RUB", "EUR", "ECB 2026-10-29"),
    }
    assert "0.8695652173913" in run("rates", "show", *options, "table")[1]
