"""Vendors' bills by a mapping: the examples into a real lake, every transformation, and every line that can't be read."""

from __future__ import annotations

import csv
import gzip
import shutil
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from analytics import mapped
from analytics.engine import connect
from analytics.lake import Lake
from analytics.source import SourceError
from analytics.tables import CHARGES
from terraform.fleet import Labels, MappedBilling
from terraform.fleet_files import load
from tests.fixtures_fleet import write

if TYPE_CHECKING:
    from analytics.charges import Delivery

EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "mappings"
NOW = datetime(2026, 11, 20, tzinfo=UTC)
PLAIN = """\
columns:
  InvoiceIssuerName: {constant: Vendor}
  BillingAccountId: {constant: "1"}
  BillingCurrency: {constant: EUR}
  BilledCost: cost
  ChargeCategory: {constant: Usage}
  ServiceName: service
  ChargePeriodStart: day
  ChargePeriodEnd: {column: day, inclusive: true}
"""


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def source(folder: Path, path: Path | str, mapping: str) -> MappedBilling:
    """Return the source of a fleet whose only cluster has bills at `path`, mapped by the text `mapping`."""
    files = {
        "clusters/atoll/cluster.yaml": "name: atoll\nprovider: kubeconfig\n"
        f"billing: {{source: mapped, path: '{path}', mapping: vendor}}\n",
        "mappings/vendor.yaml": mapping,
    }
    (found,) = load(write(folder / "fleet", files)).clusters[0].billing
    assert isinstance(found, MappedBilling)
    return found


def ingest(given: MappedBilling, lake: Lake, said: list[str] | None = None) -> tuple[Delivery, ...]:
    talk = ([] if said is None else said).append
    return mapped.ingest(given, labels=Labels(), lake=lake, sources={given.id}, months=None, now=NOW, talk=talk)


def rows(lake: Lake, columns: str) -> list[tuple[object, ...]]:
    with connect() as con:
        lake.attach(con, CHARGES)
        return con.execute(f"select {columns} from charges order by all").fetchall()


def example(name: str) -> tuple[Path, str]:
    return EXAMPLES / f"{name}-2026-10.csv", (EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8")


def test_a_bill_like_ovh_s_with_decimal_commas(tmp_path: Path, lake: Lake) -> None:
    said: list[str] = []
    path, mapping = example("ovh")
    (delivery,) = ingest(source(tmp_path, path, mapping), lake, said)
    with path.open(encoding="latin-1", newline="") as file:
        *lines, total = csv.DictReader(file, delimiter=";")
    amounts = [Decimal(line["Montant HT"].replace(" ", "").replace(",", ".")) for line in lines]
    assert delivery.billed_cost == sum(amounts) == Decimal("1296.7885")
    assert (delivery.rows, delivery.currency, delivery.final) == (5, "EUR", True)
    assert "1 lines are no charges and left out" in said
    assert Decimal(total["Montant HT"].replace(" ", "").replace(",", ".")) == delivery.billed_cost
    found = rows(lake, "distinct x_Cluster, x_Hub, ChargeCategory, x_Component, RegionId")
    assert ("coral", "prod", "Usage", "object storage", "GRA") in found
    assert (None, None, "Credit", "credit", None) in found
    start = rows(
        lake,
        "min(ChargePeriodStart), max(ChargePeriodEnd), any_value(BillingPeriodStart), any_value(ChargeDescription)",
    )
    assert start[0][:2] == (datetime(2026, 9, 30, 22, tzinfo=UTC), datetime(2026, 10, 31, 23, tzinfo=UTC))
    assert rows(lake, "count(*) filter (ChargeDescription = 'Stockage de « prod », cluster coral')") == [(1,)]


def test_jetstream2_s_service_units_times_a_rate(tmp_path: Path, lake: Lake) -> None:
    path, mapping = example("jetstream2")
    (delivery,) = ingest(source(tmp_path, path, mapping), lake)
    with path.open(newline="") as file:
        units = [Decimal(line["SUs"]) for line in csv.DictReader(file)]
    assert delivery.billed_cost == sum(unit * Decimal("0.00347") for unit in units)
    assert (delivery.billing_period, delivery.issuer, delivery.final) == ("2026-10", "Jetstream2", True)
    assert rows(lake, "x_Cluster, x_Hub, BilledCost, ServiceName")[0] == (
        "atoll",
        "lagoon",
        Decimal("4.136240"),
        "Jetstream2 GPU",
    )


def test_a_university_s_chargeback(tmp_path: Path, lake: Lake) -> None:
    path, mapping = example("university")
    (delivery,) = ingest(source(tmp_path, path, mapping), lake)
    assert delivery.billed_cost == Decimal("1284.50") + 96 + 240 - 1000 + Decimal("12.25")
    assert delivery.billing_account == "GEO-77120"
    assert rows(lake, "x_Hub, ChargeCategory, BilledCost") == [
        ("prod", "Usage", Decimal("1284.5")),
        ("staging", "Usage", Decimal(96)),
        (None, "Adjustment", Decimal("12.25")),
        (None, "Credit", Decimal(-1000)),
        (None, "Usage", Decimal(240)),
    ]
    period = rows(lake, "distinct BillingPeriodStart, BillingPeriodEnd, ChargePeriodStart, x_BillingPeriod")
    begin = datetime(2026, 10, 1, 7, tzinfo=UTC)
    assert period == [(begin, datetime(2026, 11, 1, 7, tzinfo=UTC), begin, "2026-10")]


def bill(folder: Path, text: str, name: str = "bill.csv") -> Path:
    (folder / "bills").mkdir(exist_ok=True)
    path = folder / "bills" / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_bill_that_has_not_changed_is_not_read_again_and_a_restated_one_takes_its_place(
    tmp_path: Path, lake: Lake
) -> None:
    given = source(tmp_path, bill(tmp_path, "day,service,cost\n2026-10-05,VM,10\n2026-09-05,VM,7\n"), PLAIN)
    assert [each.billing_period for each in ingest(given, lake)] == ["2026-09", "2026-10"]
    assert ingest(given, lake) == ()
    bill(tmp_path, "day,service,cost\n2026-10-05,VM,10.5\n2026-09-05,VM,7\n")
    ingest(given, lake)
    assert rows(lake, "x_BillingPeriod, BilledCost") == [("2026-09", Decimal(7)), ("2026-10", Decimal("10.5"))]
    other = source(tmp_path, tmp_path / "bills" / "bill.csv", PLAIN.replace("cost\n", "{column: cost, times: -1}\n"))
    ingest(other, lake)
    assert rows(lake, "x_BillingPeriod, BilledCost") == [("2026-09", Decimal(-7)), ("2026-10", Decimal("-10.5"))]


def test_several_files_are_one_bill_and_may_be_packed(tmp_path: Path, lake: Lake) -> None:
    bill(tmp_path, "day,service,cost\n2026-10-05,VM,10\n", "a.csv")
    packed = gzip.compress(b"cost,service,more,day\n1,VM,x,2026-10-06\n")
    (tmp_path / "bills" / "b.csv.gz").write_bytes(packed)
    (delivery,) = ingest(source(tmp_path, tmp_path / "bills" / "*", PLAIN), lake)
    assert (delivery.rows, delivery.billed_cost) == (2, Decimal(11))


@pytest.mark.parametrize(
    ("numbers", "written", "read"),
    [
        ("{}", "1234.5", "1234.5"),
        ("{}", "-.5", "-0.5"),
        ("{}", "1e-3", "0.001"),
        ("{}", "0.1234567890123", "0.123456789012"),
        ("{decimal: ','}", "1234,5", "1234.5"),
        ("{decimal: ',', thousands: '.'}", "1.234.567,89", "1234567.89"),
        ("{decimal: ',', thousands: ' '}", "1\u202f234,5", "1234.5"),
        ('{thousands: "\'"}', "1'234.50", "1234.5"),
        ("{thousands: ','}", "12", "12"),
        ("{thousands: ','}", "1234", "1234"),
    ],
)
def test_a_number_is_read_as_the_mapping_says(
    tmp_path: Path, lake: Lake, numbers: str, written: str, read: str
) -> None:
    path = bill(tmp_path, f'day,service,cost\n2026-10-05,VM,"{written}"\n')
    (delivery,) = ingest(source(tmp_path, path, f"numbers: {numbers}\n{PLAIN}"), lake)
    assert delivery.billed_cost == Decimal(read)


def test_a_rate_may_be_a_column_and_the_product_is_exact(tmp_path: Path, lake: Lake) -> None:
    path = bill(tmp_path, "day,service,cost,rate\n2026-10-05,VM,123456789.12345678,0.12345678\n")
    ingest(source(tmp_path, path, PLAIN.replace("cost\n", "{column: cost, times_column: rate}\n")), lake)
    exact = (Decimal("123456789.12345678") * Decimal("0.12345678")).quantize(Decimal("1e-12"))
    assert rows(lake, "BilledCost") == [(exact,)]


def test_times_without_a_zone_are_the_bill_s_and_those_with_one_are_theirs(tmp_path: Path, lake: Lake) -> None:
    text = "day,service,cost\n2026-10-05 12:00,VM,1\n2026-10-05T12:00:00Z,VM,1\n2026-10-05T12:00:00+05:00,VM,1\n"
    ingest(source(tmp_path, bill(tmp_path, text), f"dates: {{timezone: Europe/Paris}}\n{PLAIN}"), lake)
    assert [start for (start,) in rows(lake, "ChargePeriodStart")] == [
        datetime(2026, 10, 5, hour, tzinfo=UTC) for hour in (7, 10, 12)
    ]


@pytest.mark.parametrize(
    ("text", "mapping", "said"),
    [
        (
            'day,service,cost\n2026-10-05,VM,10\n2026-10-06,VM,"1,5"\n2026-10-07,VM,"2,5"\n',
            PLAIN,
            "bill.csv:3: column 'cost': '1,5' is not a number as 1234.50 (mapping vendor, BilledCost), and 1 lines more",
        ),
        (
            'day,service,cost\n2026-10-05,"V\nM",10\n2026-10-06,VM,ten\n',
            PLAIN,
            "bill.csv:4: column 'cost': 'ten'",
        ),
        (
            "day,service,cost\n2026-10-05,VM,12.5\n",
            "numbers: {decimal: ',', thousands: .}\n" + PLAIN,
            "bill.csv:2: column 'cost': '12.5' is not a number as 1.234,50",
        ),
        (
            "day,service,cost\n5.10.2026,VM,1\n",
            PLAIN,
            "bill.csv:2: column 'day': '5.10.2026' is not a time as 2026-10-31",
        ),
        (
            "day,service,cost\n2026-10-05,VM,1\n",
            PLAIN.replace("{column: day, inclusive: true}", "{column: day, format: '%d/%m/%Y'}"),
            "column 'day': '2026-10-05' is not a time as %d/%m/%Y (mapping vendor, ChargePeriodEnd)",
        ),
        (
            "day,service,cost\n2026-10-05,VM,1\n2026-10-05,Disk,1\n",
            PLAIN.replace("service\n", "{column: service, values: {VM: Machines}}\n"),
            "bill.csv:3: column 'service': 'Disk' is not one of VM, which the mapping knows (mapping vendor, ServiceName)",
        ),
        (
            "day,service,cost,kind\n2026-10-05,VM,1,Bonus\n",
            PLAIN.replace("{constant: Usage}", "kind"),
            "column 'kind': 'Bonus' is not one of Usage, Purchase, Tax, Credit, Adjustment",
        ),
        (
            "day,service,cost\n2026-10-05,VM,0.123456789\n",
            PLAIN.replace("cost\n", "{column: cost, times: 2}\n"),
            "'0.123456789' is not a number as 1234.50, of eight decimals at most",
        ),
        (
            "day,service,costs\n2026-10-05,VM,1\n",
            PLAIN,
            "no column 'cost', which mapping vendor takes (columns.BilledCost): did you mean 'costs'?",
        ),
        ("a;b\n1;2\n", PLAIN, "no column 'cost', which mapping vendor takes (columns.BilledCost): there are a;b"),
        ("day,service,cost,cost\n2026-10-05,VM,1,2\n", PLAIN, "two columns are named 'cost'"),
        ("day,service,cost\n2026-10-05,VM\n", PLAIN, "bill.csv: line 2: 2 fields, but the header has 3"),
        ("", PLAIN, "there are none"),
        ("day,service,cost\n2026-10-05,VM,\n", PLAIN, "BilledCost is missing: 1 row, first"),
        (
            "day,service,cost\n2026-10-05,VM,1\n",
            PLAIN + "period: {file: '(\\d{4}-\\d{2})', format: '%Y-%m'}\n",
            "bill.csv:2: its name: 'bill.csv' is not a month as %Y-%m (mapping vendor, period)",
        ),
        ("day,service,cost\n2026-10-05,é,1\n", "csv: {encoding: ascii}\n" + PLAIN, "is not ascii"),
    ],
)
def test_a_line_that_can_t_be_read_is_named_and_nothing_is_written(
    tmp_path: Path, lake: Lake, text: str, mapping: str, said: str
) -> None:
    with pytest.raises(SourceError) as caught:
        ingest(source(tmp_path, bill(tmp_path, text), mapping), lake)
    assert said in str(caught.value)
    assert lake.version(CHARGES) is None


def test_only_csv_is_read(tmp_path: Path, lake: Lake) -> None:
    bill(tmp_path, "x", "bill.parquet")
    with pytest.raises(SourceError, match=r"bill\.parquet: not a CSV file"):
        ingest(source(tmp_path, tmp_path / "bills" / "bill.parquet", PLAIN), lake)


def test_the_examples_are_a_fleet_s_as_they_are(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES, tmp_path / "mappings")
    text = "".join(
        f"  - {{source: mapped, path: '{EXAMPLES}/{each.stem}-*.csv', mapping: {each.stem}}}\n"
        for each in sorted(EXAMPLES.glob("*.yaml"))
    )
    write(tmp_path, {"clusters/atoll/cluster.yaml": f"name: atoll\nprovider: kubeconfig\nbilling:\n{text}"})
    assert len(load(tmp_path).clusters[0].billing) == 3
