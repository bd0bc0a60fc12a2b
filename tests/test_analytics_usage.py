"""Bringing usage into the lake from a real Prometheus: what is stored, what is asked again, and what never crosses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from analytics import engine
from analytics.lake import Lake
from analytics.prometheus import NAMING_LABELS, PrometheusError
from analytics.tables import ACTIVITY, FINDINGS, NODES, TABLES, USAGE_TABLE
from analytics.usage import FETCHED, UsageResult, ingest
from terraform.fleet import PrometheusUsage, Settings
from tests.fixtures_prometheus import GIB, Container, Node, Pod, Target, World, at, free_port, prometheus, write_blocks
from tests.fixtures_prometheus_http import answering, passing_on
from tests.fixtures_usage import cluster, rows

if TYPE_CHECKING:
    from collections.abc import Iterator


DAY = at("2026-10-10")
HOUR = 3600
LATER = datetime(2026, 11, 2, tzinfo=UTC)
AZURE = "azure:///subscriptions/0/resourceGroups/g/providers/Microsoft.Compute/virtualMachineScaleSets/aks-core/virtualMachines/3"
NAMES = ("alice", 'o"brien', "back\\slash", "naïve Ünï", 'x"} or vector(1) #')


def server(user: str, start: int, end: int, *, node: str = "user-1", namespace: str = "prod", name: str = "") -> Pod:
    held = Container("notebook", cpu_request=1, memory_request=4 * GIB, cpu_use=0.25, memory_use=6 * GIB)
    return Pod(namespace, name or f"jupyter-{user}", node, DAY + start, DAY + end, (held,), user=user)


def october() -> World:
    """Return three days of a small cluster, from 10 October on."""
    day = 24 * HOUR
    nodes = (
        Node("core-1", DAY, DAY + 3 * day, {"label_hub_jupyter_org_node_purpose": "core"}, AZURE, 2, 8 * GIB),
        Node(
            "user-1",
            DAY,
            DAY + 3 * day,
            {
                "label_hub_jupyter_org_node_purpose": "user",
                "label_k8s_dask_org_node_purpose": "scheduler",
                "label_cloud_google_com_gke_nodepool": "nb-small",
            },
            "gce://project/us-central1-b/user-1",
        ),
        Node(
            "dask-1",
            DAY + 13 * HOUR + 1800,
            DAY + day,
            {"label_k8s_dask_org_node_purpose": "worker"},
            "gce://p/z/dask-1",
        ),
        Node("gpu-1", DAY + day, DAY + day + 2 * HOUR, {"label_agentpool": "gpu"}, gpu=1),
    )
    system = Container(cpu_request=0.1, memory_request=GIB, cpu_use=0.05)
    pods = [Pod("kube-system", f"proxy-{node.name}", node.name, node.start, node.end, (system,)) for node in nodes]
    pods += [Pod("support", "prometheus", "core-1", DAY, DAY + 3 * day, (system,))]
    pods += [server(user, 9 * HOUR + 600 * number, 9 * HOUR + 600 * number + 300) for number, user in enumerate(NAMES)]
    pods += [server("deployment-service-check", 8 * HOUR, 8 * HOUR + 120)]
    pods += [server("alice", day + HOUR, day + HOUR + 1800), server("bob", day + 600, day + 900, namespace="staging")]
    pods += [server("carol", 600, 1200, namespace="workshop")]
    pods += [
        Pod(
            "prod",
            "dask-worker-1",
            "dask-1",
            DAY + 14 * HOUR,
            DAY + 15 * HOUR,
            (Container(cpu_request=2),),
            user="alice",
        )
    ]
    held = (Container(gpu_request=1, cpu_request=1),)
    pods += [Pod("staging", "jupyter-bob", "gpu-1", DAY + day + HOUR, DAY + day + 2 * HOUR, held, user="bob")]
    pods += [Pod("prod", "jupyter-waits", "user-1", DAY + 2 * HOUR, DAY + 3 * HOUR, held, runs=DAY + 3 * HOUR)]
    return World(
        nodes,
        tuple(pods),
        interval=300,
        homes={("prod", name): GIB for name in NAMES},
        claims={("staging", "claim-bob"): 10 * GIB},
        span=(DAY, DAY + 3 * day),
    )


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with prometheus(write_blocks(october().series(), tmp_path_factory.mktemp("prometheus") / "x")) as url:
        yield url


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def bring(
    url: str, lake: Lake, *, now: datetime = LATER, months: tuple[str, ...] = ("2026-10",), **settings: Any
) -> UsageResult:
    said: list[str] = []
    source = PrometheusUsage(url, timeout_seconds=20)
    return ingest(cluster(source), settings=Settings(**settings), lake=lake, months=months, now=now, talk=said.append)


def test_usage_is_by_hour_node_and_hub(url: str, lake: Lake) -> None:
    result = bring(url, lake)
    assert len(result.days) == 31
    day = "day = '2026-10-10' and node is not null"
    cpu = rows(
        lake, USAGE_TABLE, f"{day} and hour(hour) = 9", "node, pool, purpose, hub, cpu_core_hours, memory_gib_hours"
    )
    quarter = Decimal("0.083333") * 5
    assert cpu == [
        ("core-1", None, "core", None, Decimal("0.2"), Decimal(2)),  # kube-system and support, nobody's, are one row
        (
            "user-1",
            "nb-small",
            "user",
            "prod",
            quarter + Decimal("0.000002"),
            Decimal("2.5"),
        ),  # 6 GiB, not the 4 requested
        ("user-1", "nb-small", "user", None, Decimal("0.1"), Decimal(1)),
    ]
    dask = rows(lake, USAGE_TABLE, f"{day} and purpose = 'dask' and hub = 'prod'", "hour(hour), cpu_core_hours")
    assert dask == [(14, Decimal(2))]
    gpu = rows(lake, USAGE_TABLE, "gpu_hours > 0", "day, hour(hour), node, pool, hub, gpu_hours")
    assert gpu == [("2026-10-11", 1, "gpu-1", "gpu", "staging", Decimal(1))]
    assert rows(lake, USAGE_TABLE, f"{day} and hub = 'prod' and hour(hour) = 2") == []  # it only waited


def test_storage_is_by_hour_and_hub(url: str, lake: Lake) -> None:
    bring(url, lake)
    stored = rows(
        lake,
        USAGE_TABLE,
        "node is null",
        "purpose, hub, count(*), min(storage_gib_hours), max(storage_gib_hours)",
        "group by all order by all",
    )
    assert stored == [("home-nfs", "prod", 72, 5, 5), ("pv", "staging", 72, 10, 10)]


def test_nodes_have_their_capacity_and_facts(url: str, lake: Lake) -> None:
    bring(url, lake)
    found = rows(
        lake,
        NODES,
        "hour = timestamptz '2026-10-10 13:00:00+00'",
        "node, provider_id, pool, purpose, cpu_core_hours, memory_gib_hours, gpu_hours",
    )
    assert found == [
        ("core-1", AZURE, None, "core", 2, 8, 0),
        ("dask-1", "gce://p/z/dask-1", None, "dask", 2, 8, 0),  # 4 and 16, for half an hour
        ("user-1", "gce://project/us-central1-b/user-1", "nb-small", "user", 4, 16, 0),
    ]
    assert rows(lake, NODES, columns="min(hour)::text, max(hour)::text") == [
        ("2026-10-10 00:00:00+00", "2026-10-12 23:00:00+00")
    ]


def test_users_are_distinct_by_day_and_by_month(url: str, lake: Lake) -> None:
    bring(url, lake)
    found = rows(lake, ACTIVITY, "period <> '2026-10-12'", "period, hub, active_users, server_hours")
    twelfth = Decimal("0.083333")
    assert found == [
        ("2026-10", "prod", 5, 5 * twelfth + Decimal("0.500002")),
        ("2026-10", "quiet", 0, 0),
        ("2026-10", "staging", 1, 1 + twelfth),
        ("2026-10-10", "prod", 5, 5 * twelfth + Decimal("0.000002")),
        ("2026-10-10", "quiet", 0, 0),
        ("2026-10-10", "staging", 0, 0),
        ("2026-10-11", "prod", 1, Decimal("0.5")),
        ("2026-10-11", "quiet", 0, 0),
        ("2026-10-11", "staging", 1, 1 + twelfth),
    ]


def test_excluded_users_come_from_the_fleet(url: str, lake: Lake) -> None:
    bring(url, lake, excluded_users=NAMES)
    assert rows(lake, ACTIVITY, "period = '2026-10' and hub = 'prod'", "active_users") == [
        (1,)
    ]  # deployment-service-check


def test_what_was_not_measured_and_what_is_unknown_are_findings(url: str, lake: Lake) -> None:
    result = bring(url, lake)
    found = rows(
        lake, FINDINGS, f"kind <> '{FETCHED}'", "kind, count(*), min(day), min(detail)", "group by all order by all"
    )
    assert found == [
        (
            "unknown-hub",
            1,
            "2026-10-10",
            "namespace workshop has users' servers but is no hub of this cluster in the fleet",
        ),
        ("unmeasured", 28, "2026-10-01", "Prometheus has no samples of this day"),
    ]
    assert result.findings == 29


def test_days_that_are_final_are_not_asked_for_again(url: str, lake: Lake) -> None:
    bring(url, lake)
    versions = [lake.version(table) for table in TABLES.values()]
    with passing_on(url) as record:
        assert bring(record.url, lake) == UsageResult("leap")
    assert record.requests == []
    assert [lake.version(table) for table in TABLES.values()] == versions


def test_a_day_is_asked_for_again_until_it_is_settled(url: str, lake: Lake) -> None:
    first = bring(url, lake, now=datetime(2026, 10, 10, 9, 40, tzinfo=UTC))
    assert first.days[-1] == "2026-10-10"
    assert rows(lake, NODES, columns="max(hour)::text") == [("2026-10-10 08:00:00+00",)]
    assert rows(lake, ACTIVITY, "hub = 'prod'", "period, active_users") == [("2026-10", 0), ("2026-10-10", 0)]
    second = bring(url, lake, now=datetime(2026, 10, 11, 1, 59, tzinfo=UTC))
    assert second.days == ("2026-10-10", "2026-10-11")
    third = bring(url, lake, now=datetime(2026, 10, 11, 2, 0, tzinfo=UTC))
    assert third.days == ("2026-10-10", "2026-10-11")
    fourth = bring(url, lake, now=datetime(2026, 10, 11, 3, 0, tzinfo=UTC))
    assert fourth.days == ("2026-10-11",)
    bring(url, lake)
    in_pieces = {table.name: rows(lake, table) for table in (USAGE_TABLE, NODES, ACTIVITY)}
    whole = Lake(f"{lake.url}-whole")
    bring(url, whole)
    assert in_pieces == {table.name: rows(whole, table) for table in (USAGE_TABLE, NODES, ACTIVITY)}


def test_what_prometheus_has_forgotten_stays(url: str, lake: Lake, tmp_path: Path) -> None:
    bring(url, lake, now=datetime(2026, 10, 12, 22, 0, tzinfo=UTC))
    before = {table.name: rows(lake, table, "day = '2026-10-12'") for table in (USAGE_TABLE, NODES)}
    since = DAY + 2 * 24 * HOUR + 12 * HOUR
    forgetful = replace(october(), pods=(), homes={}, claims={}, state=(Target({"instance": "a"}, since),))
    with prometheus(write_blocks(forgetful.series(), tmp_path / "x")) as short:
        bring(short, lake)
    after = {table.name: rows(lake, table, "day = '2026-10-12'") for table in (USAGE_TABLE, NODES)}
    assert [row for row in after["usage"] if row[0].hour < 12] == [row for row in before["usage"] if row[0].hour < 12]
    assert len(after["nodes"]) == 2 * 24
    assert rows(lake, ACTIVITY, "period = '2026-10' and hub = 'prod'", "active_users") == [(5,)]


def test_no_user_crosses_and_none_is_stored(url: str, lake: Lake, tmp_path: Path) -> None:
    with passing_on(url) as record:
        bring(record.url, lake)
    assert len(record.answers) > 80
    forbidden = [name.encode() for name in (*NAMES, "bob", "carol", "jupyter-", "claim-")] + [
        b'o\\"brien',
        b"back\\\\slash",
    ]
    for answer in record.answers:
        assert not any(name in answer for name in forbidden), answer[:500]
        assert not any(f'"{label}":'.encode() in answer for label in NAMING_LABELS), answer[:500]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 10
    everything = [row for table in (USAGE_TABLE, NODES, ACTIVITY, FINDINGS) for row in rows(lake, table)]
    for name in (*NAMES, "bob", "carol"):
        assert not any(name in str(row) for row in everything)
        assert not any(name.encode() in path.read_bytes() for path in files)


def test_at_most_four_queries_are_under_way(url: str, lake: Lake) -> None:
    with passing_on(url) as record:
        bring(record.url, lake)
    assert 2 <= record.most <= 4


def test_warnings_become_findings(url: str, lake: Lake) -> None:
    def warn(answer: dict[str, Any]) -> None:
        answer["warnings"] = ["a store is not reachable: partial data"]

    with passing_on(url, change=warn) as record:
        bring(record.url, lake)
    found = rows(lake, FINDINGS, "kind = 'prometheus-warning' and day = '2026-10-10'", "detail")
    assert ("usage: a store is not reachable: partial data",) in found


def test_nothing_is_written_when_prometheus_is_down(lake: Lake) -> None:
    with pytest.raises(PrometheusError, match="cannot be reached"):
        bring(f"http://127.0.0.1:{free_port()}", lake)
    assert not Path(lake.url).exists()


def test_nothing_is_written_when_a_query_fails(url: str, lake: Lake) -> None:
    def fail_late(answer: dict[str, Any]) -> None:
        if len(record.requests) > 60:
            answer["data"] = None
            answer["status"] = "error"

    with passing_on(url, change=fail_late) as record, pytest.raises(PrometheusError):
        bring(record.url, lake)
    assert not Path(lake.url).exists()


def test_a_failed_fetch_leaves_what_was_there(url: str, lake: Lake) -> None:
    bring(url, lake, now=datetime(2026, 10, 11, 12, tzinfo=UTC))
    before = {table.name: rows(lake, table) for table in (USAGE_TABLE, NODES, ACTIVITY, FINDINGS)}
    with (
        answering(lambda request: (422, b'{"error": "too many samples"}')) as record,
        pytest.raises(PrometheusError, match="422"),
    ):
        bring(record.url, lake)
    assert {table.name: rows(lake, table) for table in (USAGE_TABLE, NODES, ACTIVITY, FINDINGS)} == before


def test_a_crash_before_the_findings_is_read_again(url: str, lake: Lake) -> None:
    bring(url, lake)
    whole = {table.name: rows(lake, table) for table in (USAGE_TABLE, NODES, ACTIVITY)}
    with engine.connect() as con:  # as if the last commit had not been made
        con.execute("create table none_yet (cluster text, day text, kind text, detail text)")
        lake.replace(FINDINGS, con, "select * from none_yet", scope=[{"cluster": "leap"}])
    assert len(bring(url, lake).days) == 31
    assert {table.name: rows(lake, table) for table in (USAGE_TABLE, NODES, ACTIVITY)} == whole


def test_a_month_to_come_has_no_days(url: str, lake: Lake) -> None:
    assert bring(url, lake, months=("2026-12",)) == UsageResult("leap")


def test_a_cluster_without_a_source_has_no_usage(lake: Lake) -> None:
    result = ingest(
        cluster(None), settings=Settings(), lake=lake, months=("2026-10",), now=LATER, talk=lambda text: None
    )
    assert result == UsageResult("leap")
