"""The example fleet: it loads, its data is always the same, and what the README promises is in it."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

from analytics.tables import ACTIVITY, FOCUS_COLUMNS, NODES, USAGE_TABLE
from examples.bill import FOCUS_1_0, FOCUS_1_2, NUMBERS
from examples.clusters import NORTHLIGHT, tell
from examples.demand import CURRENT, FINAL, MONTHS, NOW, at
from examples.generate import SEED, generate
from examples.totals import rows, totals
from terraform.fleet_files import load

if TYPE_CHECKING:
    from collections.abc import Mapping

OWN_NAMES = {"ProviderName", "PublisherName"}  # of FOCUS before 1.3


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("example")
    generate(folder)
    return folder


@pytest.fixture(scope="module")
def bills(example: Path) -> list[Mapping[str, str]]:
    return list(rows(example / "data" / "bills"))


@pytest.fixture(scope="module")
def tables(example: Path, bills: list[Mapping[str, str]]) -> duckdb.DuckDBPyConnection:
    """The bills as `bill` (all text) and every cluster's usage, nodes and activity."""
    con = duckdb.connect()
    con.execute("set timezone = 'UTC'")
    names = ("InvoiceIssuerName", "SubAccountId", "Period", "ChargeCategory", "ChargeClass", "PricingCategory", "BilledCost",
             "EffectiveCost", "ChargePeriodStart", "ResourceName", "ResourceId", "Tags", "ChargeDescription")  # fmt: skip
    con.execute(f"create table bill ({', '.join(f'{name} text' for name in names)})")
    csv = example / "bill.json"
    csv.write_text("\n".join(json.dumps({name: row.get(name, "") for name in names}) for row in bills))
    con.execute(f"insert into bill by name select * from read_json('{csv}', columns = {dict.fromkeys(names, 'text')})")
    for table in ("usage", "nodes"):
        con.execute(
            f"create table {table} as select * from read_parquet('{example}/data/usage/*/{table}.parquet') "
            f"union all by name select * from read_csv('{example}/data/usage/*/{table}.csv')"
        )
    con.execute(
        f"create table activity as select * from read_csv('{example}/data/usage/*/activity.csv', all_varchar = true)"
    )
    return con


def one(con: duckdb.DuckDBPyConnection, query: str) -> object:
    row = con.execute(query).fetchone()
    assert row is not None
    return row[0]


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "bill.json"
    }


def test_the_same_seed_gives_the_same_bytes_and_leaves_nothing_of_before(example: Path, tmp_path: Path) -> None:
    stale = tmp_path / "data" / "bills" / "gcp" / "focus-2026-08.csv.gz"
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"")
    generate(tmp_path)
    assert hashes(tmp_path) == hashes(example)


def test_another_seed_tells_another_story(example: Path, tmp_path: Path) -> None:
    assert generate(tmp_path, seed=7) != json.loads((example / "totals.json").read_text())


def test_the_fleet_loads_and_finds_its_data(example: Path) -> None:
    fleet = load(example / "fleet")
    assert {cluster.provider for cluster in fleet.clusters} == {"gcp", "aws", "azure"}
    assert (len(fleet.hubs), len(fleet.communities), fleet.notices) == (8, 4, ())
    for cluster in fleet.clusters:
        (source,) = cluster.billing
        pattern = Path(getattr(source, "path"))  # noqa: B009
        assert len(list(pattern.parent.resolve().glob(pattern.name))) == len(MONTHS)
        assert (Path(getattr(cluster.usage, "path")) / "activity.csv").is_file()  # noqa: B009


def test_hubs_and_clusters_of_the_data_are_the_fleets(example: Path, tables: duckdb.DuckDBPyConnection) -> None:
    known = {(hub.cluster, hub.name) for hub in load(example / "fleet").hubs}
    for table in ("usage", "activity"):
        found = tables.execute(f"select distinct cluster, hub from {table} where hub is not null").fetchall()
        assert set(found) == known - {("basalt", "archive")}  # the hub without usage


def test_usage_has_the_columns_and_types_of_the_lake(example: Path) -> None:
    for cluster in ("tidewater", "northlight"):
        for table in (USAGE_TABLE, NODES):
            schema = pq.read_schema(example / "data" / "usage" / cluster / f"{table.name}.parquet")
            assert [(f.name, f.type) for f in schema] == [(f.name, f.type) for f in table.schema if f.name != "day"]
    for table in (USAGE_TABLE, NODES, ACTIVITY):
        names = pc.read_csv(example / "data" / "usage" / "basalt" / f"{table.name}.csv").column_names
        assert names == [name for name in table.schema.names if name not in ("day", "month")]


def test_bills_have_the_columns_of_their_focus_version(bills: list[Mapping[str, str]]) -> None:
    issuers: dict[str, set[str]] = {}
    for row in bills:
        issuers.setdefault(row["InvoiceIssuerName"], set()).update(row)
    for issuer, columns in issuers.items():
        focus = {name for name in columns if not name.startswith("x_") and name != "Period"}
        expected = {*FOCUS_1_0, "InvoiceId"} if issuer == "Google Cloud" else set(FOCUS_1_2)
        assert focus == expected
        assert focus - set(FOCUS_COLUMNS) == OWN_NAMES
    assert len(issuers) == 3
    assert (len(FOCUS_1_0), len(FOCUS_1_2)) == (43, 57)


def test_a_month_that_is_over_has_its_invoice_and_every_bill_is_in_dollars(bills: list[Mapping[str, str]]) -> None:
    assert all(bool(row["InvoiceId"]) == (row["Period"] in FINAL) for row in bills)
    assert {row["BillingCurrency"] for row in bills} == {"USD"}


def test_the_month_under_way_is_known_up_to_the_same_hour_everywhere(
    bills: list[Mapping[str, str]], tables: duckdb.DuckDBPyConnection
) -> None:
    for issuer in ("Google Cloud", "Amazon Web Services, Inc.", "Microsoft"):
        begun = {
            row["ChargePeriodStart"] for row in bills if row["InvoiceIssuerName"] == issuer and row["Period"] == CURRENT
        }
        assert max(datetime.fromisoformat(each).date() for each in begun) == at(NOW).date()
    for table in ("usage", "nodes"):
        for cluster in ("tidewater", "northlight", "basalt"):
            last = one(tables, f"select max(hour) from {table} where cluster = '{cluster}'")
            assert last == at(NOW - 1)
    kinds = {row["ChargeCategory"] for row in bills if row["Period"] == CURRENT}
    assert kinds == {"Usage", "Purchase"}  # tax and support come with the invoice


def test_what_comes_after_leaves_the_story_before_as_it_is(example: Path) -> None:
    """These are the bills that documentation and other tests speak of."""
    sums: dict[str, Decimal] = {}
    for entry in totals(example / "data" / "bills"):
        month = str(entry["billing_period"])
        sums[month] = sums.get(month, Decimal(0)) + Decimal(str(entry["billed_cost"]))
    assert {month: round(sums[month], 2) for month in FINAL} == {
        "2026-09": Decimal("4225.73"),
        "2026-10": Decimal("4942.52"),
    }
    story = tell(NORTHLIGHT, SEED)
    assert [node.died for node in story.nodes if node.pool.purpose == "core"].count(NOW) == 2
    assert len({node.name for node in story.nodes}) == len(story.nodes)


def test_totals_are_those_of_the_files(example: Path, tables: duckdb.DuckDBPyConnection) -> None:
    written = json.loads((example / "totals.json").read_text())
    assert written == totals(example / "data" / "bills")
    billed = one(tables, "select sum(round(cast(BilledCost as decimal(38, 20)), 12)) from bill")
    assert billed == sum(Decimal(entry["billed_cost"]) for entry in written)
    assert one(tables, "select count(*) from bill") == sum(entry["rows"] for entry in written)
    assert {entry["billing_period"] for entry in written} == set(MONTHS)
    assert {entry["charge_category"] for entry in written} == {"Usage", "Purchase", "Tax", "Credit"}


def test_the_bills_are_of_a_believable_size(example: Path) -> None:
    by_month: dict[tuple[str, str], Decimal] = {}
    for entry in totals(example / "data" / "bills"):
        key = str(entry["issuer"]), str(entry["billing_period"])
        by_month[key] = by_month.get(key, Decimal(0)) + Decimal(str(entry["billed_cost"]))
    assert len(by_month) == 9
    assert all(500 < total < 5000 for total in by_month.values())


def test_amounts_have_more_digits_than_a_price_list(bills: list[Mapping[str, str]]) -> None:
    for issuer, places in (("Google Cloud", 12), ("Amazon Web Services, Inc.", 9), ("Microsoft", 13)):
        found = max(
            -int(Decimal(row["BilledCost"]).normalize().as_tuple().exponent)
            for row in bills
            if row["InvoiceIssuerName"] == issuer
        )
        assert found >= places


def test_numbers_are_plain(bills: list[Mapping[str, str]]) -> None:
    for row in bills:
        assert all(Decimal(row[name]).is_finite() for name in NUMBERS if row.get(name))


def test_every_measured_machine_is_on_its_bill(tables: duckdb.DuckDBPyConnection) -> None:
    tables.execute("create or replace table machines as select distinct cluster, lower(provider_id) as id from nodes")
    google = "select lower(ResourceName) from bill where ChargeDescription like '%Instance Core%'"
    assert (
        one(
            tables,
            f"select count(*) from machines where cluster = 'tidewater' and split_part(id, '/', -1) not in ({google})",
        )
        == 0
    )
    amazon = "select split_part(ResourceId, '/', -1) from bill where ResourceId like '%:instance/i-%'"
    assert (
        one(
            tables,
            f"select count(*) from machines where cluster = 'northlight' and split_part(id, '/', -1) not in ({amazon})",
        )
        == 0
    )
    scale_sets = "select ResourceId from bill where ResourceId like '%/virtualmachinescalesets/%'"
    assert (
        one(
            tables,
            "select count(*) from machines where cluster = 'basalt' "
            f"and replace(split_part(id, '/virtualmachines/', 1), 'azure://', '') not in ({scale_sets})",
        )
        == 0
    )
    assert one(tables, "select count(distinct cluster) from machines") == 3


def test_prometheus_was_down_while_the_machines_ran_on(tables: duckdb.DuckDBPyConnection) -> None:
    dark = "between timestamptz '2026-10-08 14:00+00' and timestamptz '2026-10-08 18:59+00'"
    for table in ("usage", "nodes"):
        hours = one(tables, f"select count(distinct hour) from {table} where cluster = 'tidewater'")
        assert hours == NOW - 5
        assert one(tables, f"select count(*) from {table} where cluster = 'tidewater' and hour {dark}") == 0
    billed = one(
        tables,
        "select count(*) from bill where InvoiceIssuerName = 'Google Cloud' and Tags like '%node-purpose\":\"user%' "
        f"and cast(ChargePeriodStart as timestamptz) {dark}",
    )
    assert isinstance(billed, int)
    assert billed > 20


OVER = """
    select count(*) from (
        select cluster, hour, node, sum(u.cpu_core_hours) as used, any_value(n.cpu_core_hours) as capacity
        from usage u join nodes n using (cluster, hour, node)
        where cluster = 'tidewater' and date_trunc('day', hour) = timestamptz '2026-09-17 00:00+00'
        group by all
    ) where used > 1.05 * capacity
"""
IDLE_GPU = """
    select count(*) from nodes n
    where n.gpu_hours > 0 and hour between timestamptz '2026-10-13 22:00+00' and timestamptz '2026-10-14 05:00+00'
        and not exists (select 1 from usage u where u.hour = n.hour and u.node = n.node and u.hub is not null)
"""


@pytest.mark.parametrize(
    ("what", "query"),
    [
        ("a node used beyond its capacity", OVER),
        ("an idle GPU node at night", IDLE_GPU),
        ("a GPU in use", "select count(*) from usage where gpu_hours > 0 and hub = 'aurora'"),
        ("namespaces of no hub", "select count(*) from usage where hub is null and node is not null"),
        ("Dask on spot nodes", "select count(*) from usage where purpose = 'dask' and hub = 'estuary'"),
        ("spot prices", "select count(*) from bill where PricingCategory = 'Dynamic'"),
        ("credits", "select count(*) from bill where ChargeCategory = 'Credit' and BilledCost like '-%'"),
        ("tax", "select count(*) from bill where ChargeCategory = 'Tax'"),
        ("support", "select count(*) from bill where ChargeDescription like '10%% of monthly AWS usage%%'"),
        (
            "a correction of September",
            "select count(*) from bill where ChargeClass = 'Correction' and Period = '2026-10'",
        ),
        ("commitment", "select count(*) from bill where PricingCategory = 'Committed' and EffectiveCost <> BilledCost"),
        ("home storage", "select count(*) from bill where Tags like '%volume-purpose%home-nfs%'"),
        ("a community's own project", "select count(*) from bill where SubAccountId = 'estuary-data-3117'"),
        ("a project nobody knows", "select count(*) from bill where SubAccountId = 'attic-pilot-2019' and Tags = '{}'"),
        ("the payer's own", "select count(*) from bill where SubAccountId = '310427750018'"),
        ("a bucket of the hub without usage", 'select count(*) from bill where Tags = \'{"2i2c:hub-name":"archive"}\''),
        ("charges with no tag", "select count(*) from bill where SubAccountId = 'tidewater-hubs' and Tags = '{}'"),
    ],
)
def test_the_example_has(what: str, query: str, tables: duckdb.DuckDBPyConnection) -> None:
    found = one(tables, query)
    assert isinstance(found, int)
    assert found > 0, what


def test_home_directories_grow(tables: duckdb.DuckDBPyConnection) -> None:
    sizes = tables.execute(
        "select hub, arg_min(storage_gib_hours, hour), arg_max(storage_gib_hours, hour) from usage "
        "where purpose = 'home-nfs' and hub <> 'staging' group by hub"
    ).fetchall()
    assert len(sizes) == 6
    assert all(last > first for _, first, last in sizes)


def test_two_hubs_have_fewer_than_five_users(tables: duckdb.DuckDBPyConnection) -> None:
    few = tables.execute(
        "select distinct hub from activity where length(period) = 7 and cast(active_users as int) < 5 order by hub"
    ).fetchall()
    assert few == [("drift",), ("staging",)]


def test_a_months_users_are_no_fewer_than_a_days_and_no_more_than_all_days(tables: duckdb.DuckDBPyConnection) -> None:
    wrong = one(
        tables,
        """
        select count(*) from (
            select d.hub, left(d.period, 7) as month, max(d.active_users::int) as most, sum(d.active_users::int) as all_days,
                sum(d.server_hours::decimal(18, 6)) as hours
            from activity d where length(d.period) = 10 group by all
        ) as days join activity m on m.hub = days.hub and m.period = days.month
        where m.active_users::int not between most and all_days or m.server_hours::decimal(18, 6) <> hours
        """,
    )
    assert wrong == 0


def test_a_month_of_googles_is_californias(bills: list[Mapping[str, str]]) -> None:
    starts = {row["BillingPeriodStart"] for row in bills if row["InvoiceIssuerName"] == "Google Cloud"}
    assert starts == {"2026-09-01T07:00:00Z", "2026-10-01T07:00:00Z", "2026-11-01T07:00:00Z"}
    longest = {
        row["ChargePeriodStart"]: row["ChargePeriodEnd"] for row in bills if row["ServiceName"] == "Artifact Registry"
    }
    assert longest["2026-11-01T07:00:00Z"] == "2026-11-02T08:00:00Z"  # the day on which the clocks go back
