"""The edge to BigQuery: the real client against an emulator, and against a server that says what BigQuery says."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, bigquery_storage
from google.cloud.bigquery_storage_v1.services.big_query_read.transports import BigQueryReadGrpcTransport

from analytics import engine
from analytics.bigquery_client import (
    BigQueryError,
    Connection,
    Month,
    connect,
    explained,
    find_table,
    list_months,
    stage,
)
from analytics.bigquery_export import create_views
from analytics.tables import FOCUS_COLUMNS
from terraform.fleet import BigQueryBilling
from tests.fakes_bigquery import Answer, exporting, fault, job, server
from tests.fixtures_billing_export import ACCOUNT, fleet_lines, line, load, schema, total

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.fixtures_bigquery import Emulator

PROJECT = "fleet-billing"
DETAILED = f"gcp_billing_export_resource_v1_{ACCOUNT.replace('-', '_')}"
STANDARD = f"gcp_billing_export_v1_{ACCOUNT.replace('-', '_')}"


def silent(_text: str) -> None:
    """Listen to no talk."""


@pytest.fixture
def connection(bigquery_emulator: Emulator) -> Iterator[Connection]:
    client = bigquery_emulator.client(PROJECT)
    yield Connection(client, None)
    client.close()


@pytest.fixture
def source() -> BigQueryBilling:
    """A dataset that no other test has."""
    return BigQueryBilling(PROJECT, f"billing_{uuid.uuid4().hex[:8]}", ACCOUNT)


def place(source: BigQueryBilling, name: str = DETAILED) -> str:
    return f"{source.project}.{source.dataset}.{name}"


def focus(connection: Connection, source: BigQueryBilling, period: str, folder: Path) -> list[dict[str, Any]]:
    """Read a month of the export up to the mapped view, and return its rows."""
    reading = find_table(connection, source)
    (month,) = list_months(connection, source, reading, [period], talk=silent)
    file = folder / f"{uuid.uuid4().hex}.parquet"
    stage(connection, source, reading, month, file, talk=silent)
    with engine.connect() as con:
        create_views(con, file, reading, final=False)
        return list(con.sql("select * from focus").to_arrow_table().to_pylist())


def billed(rows: Sequence[dict[str, Any]]) -> Decimal:
    return sum((row["BilledCost"] for row in rows), Decimal(0))


@pytest.mark.parametrize("number", ["FLOAT", "NUMERIC"])
@pytest.mark.parametrize("detailed", [True, False])
def test_every_cent_of_every_line_and_credit_arrives(
    connection: Connection, source: BigQueryBilling, tmp_path: Path, number: str, detailed: bool
) -> None:
    lines = fleet_lines()
    load(connection.client, place(source, DETAILED if detailed else STANDARD), lines, number=number, detailed=detailed)

    for period in ("2026-09", "2026-10"):
        rows = focus(connection, source, period, tmp_path)
        assert billed(rows) == total(lines, period.replace("-", ""))
        assert set(rows[0]) == {*FOCUS_COLUMNS, "x_BillingPeriod", "x_Final"}
        assert {row["x_BillingPeriod"] for row in rows} == {period}
        charges = [row for row in rows if row["ChargeCategory"] != "Credit"]
        assert len(charges) == sum(entry["invoice"]["month"] == period.replace("-", "") for entry in lines)
        assert any(row["ResourceId"] for row in rows) == detailed


def test_a_month_is_what_the_invoice_says_and_late_lines_are_in_it(
    connection: Connection, source: BigQueryBilling, tmp_path: Path
) -> None:
    late = datetime(2026, 12, 20, tzinfo=UTC)
    september = datetime(2026, 9, 30, 23, tzinfo=UTC)
    lines = [line("1.5", start=september), line("0.25", exported=late), line("4", month="202609", start=september)]
    load(connection.client, place(source), lines)

    reading = find_table(connection, source)
    first, second = list_months(connection, source, reading, None, talk=silent)
    (only,) = list_months(connection, source, reading, ["2026-10"], talk=silent)

    assert [(first.period, first.rows, first.cost), (second.period, second.rows, second.cost)] == [
        ("2026-09", 1, Decimal(4)),
        ("2026-10", 2, Decimal("1.75")),
    ]
    assert only == second
    assert second.version == "2026-12-20T00:00:00+00:00 2 rows 1.75"
    assert sorted(row["BilledCost"] for row in focus(connection, source, "2026-10", tmp_path)) == [
        Decimal("0.25"),
        Decimal("1.5"),
    ]


def test_a_table_partitioned_by_arrival_is_read_whole(
    connection: Connection, source: BigQueryBilling, tmp_path: Path
) -> None:
    connection.client.create_dataset(f"{source.project}.{source.dataset}")
    # Only DDL gives the emulator's table a _PARTITIONTIME.
    columns = ", ".join(f"{field.name} {_ddl_type(field)}" for field in schema())
    connection.client.query_and_wait(f"create table `{place(source)}` ({columns}) partition by _PARTITIONDATE")
    load(connection.client, place(source), [line("1.5"), line("0.25"), line("7", month="202609")])

    reading = find_table(connection, source)

    assert reading.partition == "_PARTITIONTIME"
    assert billed(focus(connection, source, "2026-10", tmp_path)) == Decimal("1.75")


def _ddl_type(field: bigquery.SchemaField) -> str:
    inner = ", ".join(f"{part.name} {_ddl_type(part)}" for part in field.fields)
    kind = {"RECORD": f"struct<{inner}>", "FLOAT": "float64", "BOOLEAN": "bool"}.get(field.field_type, field.field_type)
    return f"array<{kind}>" if field.mode == "REPEATED" else kind


def test_what_comes_after_the_look_is_left_for_the_next_read(
    connection: Connection, source: BigQueryBilling, tmp_path: Path
) -> None:
    load(connection.client, place(source), [line("1.5")])
    reading = find_table(connection, source)
    (month,) = list_months(connection, source, reading, None, talk=silent)
    load(connection.client, place(source), [line("9", exported=datetime(2026, 10, 4, tzinfo=UTC))])

    stage(connection, source, reading, month, tmp_path / "rows.parquet", talk=silent)

    with engine.connect() as con:
        create_views(con, tmp_path / "rows.parquet", reading, final=True)
        assert con.sql("select BilledCost, x_Final from focus").fetchall() == [(Decimal("1.5"), True)]


class Calls(grpc.UnaryUnaryClientInterceptor):
    """Notes the methods that are called over a gRPC channel."""

    def __init__(self) -> None:
        self.methods: list[str] = []

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        self.methods.append(details.method.rsplit("/", 1)[-1])
        return continuation(details, request)


def test_the_storage_read_api_is_used_where_it_is(
    bigquery_emulator: Emulator, connection: Connection, source: BigQueryBilling, tmp_path: Path
) -> None:
    lines = fleet_lines()
    load(connection.client, place(source), lines)
    calls = Calls()
    with grpc.insecure_channel(bigquery_emulator.grpc) as channel:
        transport = BigQueryReadGrpcTransport(channel=grpc.intercept_channel(channel, calls))
        fast = replace(connection, storage=bigquery_storage.BigQueryReadClient(transport=transport))
        rows = focus(fast, source, "2026-10", tmp_path)

    assert "CreateReadSession" in calls.methods
    assert billed(rows) == total(lines, "202610")


def test_a_dataset_that_is_not_there_is_named_with_a_remedy(connection: Connection, source: BigQueryBilling) -> None:
    with pytest.raises(BigQueryError, match=rf"{source.dataset}: no table {DETAILED} or {STANDARD}.*export is on"):
        find_table(connection, source)


def test_a_table_of_another_kind_is_refused_by_its_columns(connection: Connection, source: BigQueryBilling) -> None:
    connection.client.create_dataset(f"{source.project}.{source.dataset}")
    columns = [field for field in schema() if field.name not in {"invoice", "credits"}]
    connection.client.create_table(bigquery.Table(place(source, "mine"), schema=columns))
    with pytest.raises(
        BigQueryError, match=r"mine: not a billing export.*invoice\.month is missing.*credits is missing"
    ):
        find_table(connection, replace(source, table="mine"))


@contextmanager
def talking_to(url: str, *, retry_seconds: float = 2.0) -> Iterator[Connection]:
    client = bigquery.Client(PROJECT, credentials=AnonymousCredentials(), client_options={"api_endpoint": url})
    try:
        yield Connection(client, None, retry_seconds)
    finally:
        client.close()


@pytest.mark.parametrize(
    ("message", "role", "where"),
    [
        ("Access Denied: Table p:d.t: Permission bigquery.tables.get denied on table p:d.t (or it may not exist).",
         "roles/bigquery.dataViewer", "dataset fleet-billing.billing"),
        ("Access Denied: Project p: User does not have bigquery.jobs.create permission in project p.",
         "roles/bigquery.jobUser", "project fleet-billing"),
        ("Access Denied: Table p:d.t: User does not have permission to query table p:d.t.",
         "roles/bigquery.dataViewer", "dataset fleet-billing.billing"),
    ],
)  # fmt: skip
def test_a_refusal_says_which_role_is_missing_and_where(message: str, role: str, where: str) -> None:
    billing = BigQueryBilling(PROJECT, "billing", ACCOUNT)
    with (
        server(lambda path, body: fault(403, "accessDenied", message)) as url,
        talking_to(url) as connection,
        pytest.raises(BigQueryError) as caught,
        explained(billing),
    ):
        find_table(connection, billing)
    assert f"{where}. Grant the caller {role} there" in str(caught.value)
    assert str(caught.value).startswith(billing.id)


def read_october(connection: Connection, billing: BigQueryBilling, folder: Path, talk: Callable[[str], None]) -> None:
    reading = find_table(connection, billing)
    moment = datetime(2026, 10, 3, tzinfo=UTC)
    month = Month("2026-10", 2, moment, Decimal(1), moment, moment)
    stage(connection, billing, reading, month, folder / "rows.parquet", talk=talk)


def test_what_a_query_would_scan_is_told_and_too_much_is_not_started(tmp_path: Path) -> None:
    started: list[bool] = []

    def jobs(body: dict[str, Any]) -> Answer:
        started.append(not body["configuration"].get("dryRun"))
        size = str(1_288_490_189)
        return job(
            body,
            status={"state": "DONE"},
            statistics={"totalBytesProcessed": size, "query": {"totalBytesProcessed": size}},
        )

    heard: list[str] = []
    billing = BigQueryBilling(PROJECT, "billing", ACCOUNT, maximum_bytes_billed=2**30)
    with (
        server(exporting(PROJECT, DETAILED, jobs)) as url,
        talking_to(url) as connection,
        pytest.raises(BigQueryError, match=r"would scan 1\.2 GiB; its limit is 1\.0 GiB\. Raise maximum_bytes_billed"),
    ):
        read_october(connection, billing, tmp_path, heard.append)
    assert heard == [f"{billing.id}: 2026-10: would scan 1.2 GiB (0.01 USD at 6.25 USD a TiB)"]
    assert started == [False]


def test_a_query_beyond_its_limit_says_so(tmp_path: Path) -> None:
    def jobs(body: dict[str, Any]) -> Answer:
        if body["configuration"].get("dryRun"):
            return job(body, status={"state": "DONE"}, statistics={"totalBytesProcessed": "1"})
        assert body["configuration"]["query"]["maximumBytesBilled"] == str(200 * 2**30)
        message = "Query exceeded limit for bytes billed: 1. 10485760 or higher required."
        return fault(400, "bytesBilledLimitExceeded", message)

    billing = BigQueryBilling(PROJECT, "billing", ACCOUNT)
    with (
        server(exporting(PROJECT, DETAILED, jobs)) as url,
        talking_to(url) as connection,
        pytest.raises(BigQueryError, match="Raise maximum_bytes_billed"),
        explained(billing),
    ):
        read_october(connection, billing, tmp_path, silent)
    assert not list(tmp_path.iterdir())


def test_a_server_that_fails_is_tried_again_and_then_named(source: BigQueryBilling) -> None:
    asked: list[str] = []

    def answer(path: str, body: dict[str, Any]) -> Answer:
        asked.append(path)
        return fault(503, "backendError", "Service unavailable")

    with (
        server(answer) as url,
        talking_to(url) as connection,
        pytest.raises(BigQueryError, match="Try again later"),
        explained(source),
    ):
        find_table(connection, source)
    assert len(asked) > 1


def test_nobody_listening_is_told_apart(source: BigQueryBilling) -> None:
    with server(lambda path, body: (200, {})) as url:
        pass
    with talking_to(url) as connection, pytest.raises(BigQueryError, match="could not be reached"), explained(source):
        find_table(connection, source)


def test_without_credentials_the_remedy_is_named(
    source: BigQueryBilling, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BIGQUERY_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "absent.json"))
    with (
        pytest.raises(BigQueryError, match="gcloud auth application-default login"),
        explained(source),
        connect(source),
    ):
        pytest.fail("there are credentials")


def test_the_emulator_named_in_the_environment_is_spoken_to(
    bigquery_emulator: Emulator, connection: Connection, source: BigQueryBilling, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(connection.client, place(source), [line("1")])
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", bigquery_emulator.url)
    with explained(source), connect(source) as opened:
        assert find_table(opened, source).table == place(source)
