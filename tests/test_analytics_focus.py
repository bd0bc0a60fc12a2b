"""FOCUS files as issuers write them: CSV and Parquet, old versions and odd types, damaged ones; each by what the lake then has."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analytics import focus
from analytics.engine import connect, sql
from analytics.faults import ChargesError
from analytics.focus import FocusError
from analytics.lake import Lake
from analytics.tables import CHARGES, DELIVERIES, MONEY
from terraform.fleet import FocusBilling, Labels
from tests.bill import Line, line, write_csv, write_parquet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import duckdb

    from analytics.charges import Delivery

NOW = datetime(2026, 11, 20, tzinfo=UTC)
LABELS = Labels()


class Shelf:
    """A folder for bills and a lake to read them into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lake = Lake(str(folder / "lake"))
        self.said: list[str] = []

    def ingest(
        self,
        path: Path | str,
        *,
        labels: Labels = LABELS,
        months: Sequence[str] | None = None,
    ) -> tuple[Delivery, ...]:
        source = FocusBilling(str(path), name="bills")
        return focus.ingest(
            source,
            labels=labels,
            lake=self.lake,
            sources=[source.id],
            months=months,
            now=NOW,
            talk=self.said.append,
        )

    def charges(self, columns: str) -> list[tuple[object, ...]]:
        with connect(threads=1) as con:
            self.lake.attach(con, CHARGES)
            return con.execute(f"select {columns} from charges order by all").fetchall()

    def refuses(self, path: Path | str, text: str, error: type[Exception] = FocusError) -> None:
        """Assert that `path` is refused with `text`, and that the lake stays as it is."""
        before = self.lake.version(CHARGES), self.lake.version(DELIVERIES)
        with pytest.raises(error, match=text):
            self.ingest(path)
        assert (self.lake.version(CHARGES), self.lake.version(DELIVERIES)) == before


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(threads=1) as connection:
        yield connection


LINES = [
    line(cost="0.1", Tags='{"hub-name": "it\'s \\"one\\"", "note": "two\\nlines, a comma"}', InvoiceId="I-1"),
    line(cost="-3.000000000001", BillingAccountId="0815", ChargeDescription='says "x",\nand more'),
    line(cost="1234567890.123456789012", InvoiceId="I-1"),
]
WANTED = [
    ("0815", Decimal("-3.000000000001"), None, 'says "x",\nand more'),
    ("01-payer", Decimal("0.1"), 'it\'s "one"', None),
    ("01-payer", Decimal("1234567890.123456789012"), None, None),
]


@pytest.mark.parametrize("name", ["bill.csv", "bill.csv.gz", "bill.parquet"])
def test_every_format_gives_the_same_charges(shelf: Shelf, name: str) -> None:
    path = shelf.folder / name
    (write_parquet if name.endswith("parquet") else write_csv)(path, LINES)
    deliveries = shelf.ingest(path)
    found = shelf.charges("BillingAccountId, BilledCost, x_Hub, ChargeDescription")
    assert sorted(found, key=repr) == sorted(WANTED, key=repr)
    assert {each.billing_account: (each.rows, each.final) for each in deliveries} == {
        "0815": (1, False),
        "01-payer": (2, True),
    }
    assert shelf.said == [
        "reading 1 files",
        "focus:bills: FOCUS 1.4",
        "focus:bills: 3 rows in 2 deliveries",
    ]


def test_a_csv_with_a_byte_order_mark_and_windows_lines_is_read(shelf: Shelf) -> None:
    path = write_csv(shelf.folder / "bill.csv", LINES[2:])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    shelf.ingest(path)
    assert shelf.charges("BilledCost") == [(Decimal("1234567890.123456789012"),)]


def test_more_than_twelve_places_are_rounded_half_away_from_zero(shelf: Shelf) -> None:
    costs = ["0.1234567890125", "-0.1234567890125", "0.12345678901249999"]
    shelf.ingest(write_csv(shelf.folder / "bill.csv", [line(cost=cost) for cost in costs]))
    assert shelf.charges("BilledCost") == [
        (Decimal("-0.123456789013"),),
        (Decimal("0.123456789012"),),
        (Decimal("0.123456789013"),),
    ]


@pytest.mark.parametrize("money", [pa.float64(), pa.decimal128(38, 18), pa.decimal128(20, 6), MONEY], ids=str)
def test_money_of_any_type_is_the_same(shelf: Shelf, money: pa.DataType) -> None:
    costs = ["0.1", "1.1", "-2.675", "0.000001", "98765.43", "3"]
    shelf.ingest(write_parquet(shelf.folder / "bill.parquet", [line(cost=cost) for cost in costs], money=money))
    assert shelf.charges("BilledCost") == [(Decimal(cost),) for cost in sorted(costs, key=Decimal)]


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.floats(-1e15, 1e15),
        st.floats(-1, 1),
        st.integers(-(2**60), 2**60).map(float),
        st.decimals(-2000, 2000, places=13).map(float),
        st.decimals(-2000, 2000, places=12).map(float),
    )
)
@example(0.1234567890125)
@example(-0.0)
@example(2.675)
@example(1e-13)
@example(5e-13)
@example(999.9999999999995)
def test_a_double_is_its_shortest_decimal_text(con: duckdb.DuckDBPyConnection, value: float) -> None:
    ((found,),) = con.execute(f"select {sql('ingest/decimal')} from (select ?::double as value)", [value]).fetchall()
    with localcontext(prec=60):
        assert found == Decimal(repr(value)).quantize(Decimal("1e-12"), ROUND_HALF_UP)


OLD = {"ServiceProviderName": "ProviderName", "HostProviderName": "PublisherName"}


def test_older_versions_names_are_known(shelf: Shelf) -> None:
    old = [{OLD.get(name, name): value for name, value in each.items()} for each in LINES]
    shelf.ingest(write_csv(shelf.folder / "bill.csv", old))
    assert set(shelf.charges("ServiceProviderName, HostProviderName")) == {("Google Cloud", "Google Cloud")}


def test_files_of_several_versions_are_one_bill(shelf: Shelf) -> None:
    write_csv(shelf.folder / "1.csv", [{OLD.get(name, name): value for name, value in line(cost="1").items()}])
    write_csv(shelf.folder / "2.csv.gz", [line(cost="2", x_Extra="ignored")])
    write_parquet(shelf.folder / "3.parquet", [line(cost="3")], money=pa.float64())
    shelf.ingest(shelf.folder)
    assert shelf.charges("BilledCost, ServiceProviderName") == [(Decimal(n), "Google Cloud") for n in (1, 2, 3)]


def test_tags_may_be_a_map_a_struct_or_a_list_of_pairs(shelf: Shelf) -> None:
    pairs = [("hub-name", "h"), ("note", None)]
    kinds = {
        "map": pa.array([pairs], pa.map_(pa.string(), pa.string())),
        "struct": pa.array([dict(pairs)], pa.struct([("hub-name", pa.string()), ("note", pa.string())])),
        "list": pa.array(
            [[{"key": key, "value": value} for key, value in pairs]],
            pa.list_(pa.struct([("key", pa.string()), ("value", pa.string())])),
        ),
        "bytes": pa.array([b'{"hub-name": "h"}'], pa.binary()),
    }
    for number, (name, tags) in enumerate(kinds.items()):
        path = write_parquet(shelf.folder / f"{name}.parquet", [line(cost=str(number))])
        pq.write_table(pq.read_table(path).append_column("Tags", tags), path)
    shelf.ingest(shelf.folder / "*.parquet")
    assert shelf.charges("BilledCost, x_Hub") == [(Decimal(number), "h") for number in range(len(kinds))]


@pytest.mark.parametrize(
    ("start", "end", "month"),
    [
        ("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z", "2026-10"),
        ("2026-10-01T07:00:00Z", "2026-11-01T07:00:00Z", "2026-10"),  # midnight in California
        ("2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z", "2026-10"),  # midnight in Berlin, over the end of summer time
        ("2026-10-01", "2026-11-01", "2026-10"),
        ("2024-02-01 00:00:00", "2024-03-01 00:00:00", "2024-02"),
    ],
)
def test_a_billing_period_is_the_month_of_its_middle(shelf: Shelf, start: str, end: str, month: str) -> None:
    shelf.ingest(write_csv(shelf.folder / "bill.csv", [line(BillingPeriodStart=start, BillingPeriodEnd=end)]))
    assert shelf.charges("x_BillingPeriod") == [(month,)]


def test_prices_that_are_not_said_are_what_was_billed(shelf: Shelf) -> None:
    shelf.ingest(
        write_csv(shelf.folder / "bill.csv", [line(cost="2", ListCost="", ContractedCost="", ServiceCategory="")])
    )
    assert shelf.charges("ListCost, ContractedCost, ServiceCategory") == [(Decimal(2), Decimal(2), "Other")]


# What is read again


def test_an_unchanged_file_is_not_read_again(shelf: Shelf) -> None:
    path = write_csv(shelf.folder / "bill.csv", LINES)
    assert len(shelf.ingest(path)) == 2
    version = shelf.lake.version(CHARGES)
    assert shelf.ingest(path) == ()
    assert shelf.said[-1] == "focus:bills: 1 files, unchanged"
    assert shelf.lake.version(CHARGES) == version
    assert len(shelf.ingest(path, labels=Labels(hub=("note",)))) == 2, "other labels give other charges"
    write_csv(path, [*LINES, line()])
    assert len(shelf.ingest(path)) == 2
    assert len(shelf.charges("1")) == 4


def test_a_month_of_its_own_does_not_pass_for_the_whole(shelf: Shelf) -> None:
    september = {"BillingPeriodStart": "2026-09-01T00:00:00Z", "BillingPeriodEnd": "2026-10-01T00:00:00Z"}
    path = write_csv(shelf.folder / "bill.csv", [line(), line(**september)])
    assert [each.billing_period for each in shelf.ingest(path, months=["2026-10"])] == ["2026-10"]
    assert shelf.ingest(path, months=["2026-10"]) == ()
    assert [each.billing_period for each in shelf.ingest(path)] == ["2026-09", "2026-10"]
    assert shelf.ingest(path, months=["2026-09"]) == ()


def test_a_rotated_files_months_stay(shelf: Shelf) -> None:
    september = {"BillingPeriodStart": "2026-09-01T00:00:00Z", "BillingPeriodEnd": "2026-10-01T00:00:00Z"}
    old = write_csv(shelf.folder / "2026-09.csv", [line(**september)])
    write_csv(shelf.folder / "2026-10.csv", [line()])
    shelf.ingest(shelf.folder / "*.csv")
    old.unlink()
    shelf.ingest(shelf.folder / "*.csv")
    assert shelf.charges("x_BillingPeriod") == [("2026-09",), ("2026-10",)]


# Where files are


def test_a_path_is_a_file_a_folder_a_glob_or_a_url_of_these(shelf: Shelf) -> None:
    (shelf.folder / "bills" / "deep").mkdir(parents=True)
    path = write_csv(shelf.folder / "bills" / "deep" / "bill [1].csv", LINES)
    for each in (
        path,
        shelf.folder / "bills",
        shelf.folder / "bills" / "**" / "*.csv",
        path.as_uri().replace("%20", " ").replace("%5B", "[").replace("%5D", "]"),
    ):
        assert len(shelf.ingest(each)) == 2
        os.utime(path, ns=(0, path.stat().st_mtime_ns + 10**9))


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def test_a_file_is_fetched_by_http_without_its_signature_in_any_message(shelf: Shelf) -> None:
    write_parquet(shelf.folder / "bill.parquet", LINES)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(shelf.folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/bill.parquet"
        assert len(shelf.ingest(f"{url}?signature=SECRET")) == 2
        assert shelf.ingest(f"{url}?signature=OTHER") == ()
        with pytest.raises(FocusError, match=r"none\.csv: the server answered 404") as caught:
            shelf.ingest(url.replace("bill.parquet", "none.csv?signature=SECRET"))
        server.shutdown()
    assert "SECRET" not in str(caught.value) + "".join(shelf.said)


def test_no_file_and_no_server_are_said(shelf: Shelf) -> None:
    shelf.refuses(shelf.folder / "*.csv", "no such file; correct billing.path")
    shelf.refuses(shelf.folder / "none.parquet", "no such file")
    shelf.refuses("http://127.0.0.1:9/bill.csv", "ConnectionError; check the address")
    (shelf.folder / "bill.txt").write_text("x")
    shelf.refuses(shelf.folder / "bill.txt", r"not a FOCUS file's name; they end in \.parquet, \.csv, \.csv\.gz")


# What is refused


def test_a_missing_column_is_named_and_the_one_that_may_be_it(shelf: Shelf) -> None:
    shelf.ingest(write_csv(shelf.folder / "good.csv", LINES))
    bad = [{{"BilledCost": "billed_cost"}.get(name, name): value for name, value in each.items()} for each in LINES]
    for write, name in ((write_csv, "bad.csv"), (write_parquet, "bad.parquet")):
        shelf.refuses(write(shelf.folder / name, bad), rf"{name}: no column BilledCost \(is 'billed_cost' it\?\)")
    lines = [{name: value for name, value in each.items() if name != "BillingAccountId"} for each in LINES]
    shelf.refuses(
        write_csv(shelf.folder / "less.csv", lines), r"less\.csv: no column BillingAccountId; FOCUS 1\.0 to 1\.4"
    )
    (shelf.folder / "empty.csv").write_text("")
    shelf.refuses(shelf.folder / "empty.csv", r"empty\.csv: is empty")


def test_a_column_twice_is_refused(shelf: Shelf) -> None:
    path = write_csv(shelf.folder / "bill.csv", LINES)
    path.write_text(path.read_text().replace("InvoiceId", "SubAccountId"))
    shelf.refuses(path, "two columns are named SubAccountId")


def test_a_truncated_file_is_named(shelf: Shelf) -> None:
    many = [line(cost=str(number), InvoiceDetailId=str(number * 7919)) for number in range(2000)]
    for path in (write_parquet(shelf.folder / "a.parquet", many), write_csv(shelf.folder / "a.csv.gz", many)):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        shelf.refuses(path, f"{path.name}: .*the file is damaged")
    path = write_csv(shelf.folder / "a.csv", many)
    path.write_text(path.read_text()[:-40])
    shelf.refuses(path, r"a\.csv: .*line 2001: 12 fields, but the header has 18.*the file is damaged")


def test_a_damaged_page_of_parquet_is_named(shelf: Shelf) -> None:
    many = [line(cost=str(number), InvoiceDetailId=str(number * 7919)) for number in range(2000)]
    path = write_parquet(shelf.folder / "a.parquet", many)
    start = pq.ParquetFile(path).metadata.row_group(0).column(0).data_page_offset
    content = bytearray(path.read_bytes())
    content[start : start + 60] = b"\xff" * 60
    path.write_bytes(bytes(content))
    write_parquet(shelf.folder / "b.parquet", [line()])
    shelf.refuses(shelf.folder / "*.parquet", r"a\.parquet: .*damaged")


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ({"BilledCost": "1,5"}, "BilledCost: '1,5' is not a decimal number"),
        ({"EffectiveCost": "free"}, "EffectiveCost: 'free' is not a decimal number"),
        ({"ListUnitPrice": "1e40"}, "ListUnitPrice: '1e40' is not a decimal number"),
        ({"ChargePeriodStart": "05/10/2026"}, "ChargePeriodStart: '05/10/2026' is not a time"),
        ({"BillingPeriodEnd": "soon"}, "BillingPeriodEnd: 'soon' is not a time"),
    ],
)
def test_a_value_that_is_none_is_named_with_its_row(shelf: Shelf, fault: Line, text: str) -> None:
    shelf.ingest(write_csv(shelf.folder / "good.csv", LINES))
    path = write_csv(shelf.folder / "bad.csv", [*LINES, LINES[0] | fault])
    shelf.refuses(path, rf"bad\.csv, row 4: {text}")


def test_a_float_that_is_no_number_is_named(shelf: Shelf) -> None:
    path = write_parquet(shelf.folder / "bad.parquet", [line(), line(cost="NaN")], money=pa.float64())
    shelf.refuses(path, r"bad\.parquet, row 2: BilledCost: 'nan' is not a decimal number")


def test_faults_of_rows_name_file_and_row(shelf: Shelf) -> None:
    write_csv(shelf.folder / "a.csv", [line()])
    write_csv(shelf.folder / "b.csv", [line(), line(BillingCurrency="XYZ")])
    shelf.refuses(
        shelf.folder / "*.csv",
        r"BillingCurrency is no currency of ISO 4217: 1 row, first .*/b\.csv, row 2",
        ChargesError,
    )


def test_a_file_without_rows_delivers_nothing(shelf: Shelf) -> None:
    path = write_csv(shelf.folder / "bill.csv", LINES)
    path.write_text(path.read_text().splitlines()[0] + "\n")
    assert shelf.ingest(path) == ()
    assert shelf.lake.version(CHARGES) is None
