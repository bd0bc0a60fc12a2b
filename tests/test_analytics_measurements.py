"""Measuring a day with a real Prometheus, on small clusters whose true usage is known."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from analytics.measurements import METRICS, Scrapes, measure, pool, purpose, scrapes, servers_matcher
from analytics.prometheus import Prometheus, Series
from terraform.fleet import PrometheusUsage
from tests.fixtures_prometheus import GIB, Container, Node, Pod, Target, World, at, serving

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from analytics.measurements import Measured

START = datetime(2026, 10, 10, tzinfo=UTC)
DAY = at("2026-10-10")
HOUR = 3600
NODE = Node("node-a", DAY, DAY + 24 * HOUR)
EXCLUDED = ("deployment-service-check",)


def measured(world: World, folder: Path, *, hours: int = 6, excluded: Iterable[str] = EXCLUDED) -> Measured:
    with serving(world, folder / "prometheus") as url, Prometheus(PrometheusUsage(url)) as server:
        return measure(server, START, START + timedelta(hours=hours), excluded)


def figures(one: Measured, table: str, **where: str) -> dict[tuple[object, ...], float]:
    """Return a table's amounts in hours, by the hour's number and the columns not in `where`."""
    found: dict[tuple[object, ...], float] = defaultdict(float)
    for row in one.tables[table].to_pylist():
        if all(row[key] == value for key, value in where.items()):
            rest = tuple(value for key, value in row.items() if key not in ("time", "amount", *where))
            found[((row["time"] - DAY) // HOUR - 1, *rest)] += row["amount"] / HOUR
    return dict(found)


def cpu(one: Measured, **where: str) -> dict[int, float]:
    """Return CPU core-hours by hour."""
    totals: dict[int, float] = defaultdict(float)
    for key, amount in figures(one, "used", resource="cpu", **where).items():
        totals[int(str(key[0]))] += amount
    return {hour: round(amount, 9) for hour, amount in totals.items() if amount}


def kinds(one: Measured) -> list[str]:
    return [finding.kind for finding in one.findings if finding.kind != "metric-absent"]


def worker(start: int, end: int, **more: object) -> Pod:
    return Pod("prod", "worker", "node-a", DAY + start, DAY + end, (Container(cpu_request=1),), **more)  # type: ignore[arg-type]


def crowd(seed: int) -> tuple[Pod, ...]:
    """Return pods of all lengths, some waiting first, some using more than they ask for."""
    rng = random.Random(seed)
    pods = []
    for number in range(60):
        start = DAY + rng.randrange(0, 5 * HOUR)
        wait = rng.choice([0, 0, 0, 400])
        length = rng.choice([120, 300, 900, 3000, 7200, 20000])
        end = min(start + wait + length, DAY + 6 * HOUR)
        container = Container(
            cpu_request=rng.choice([None, 0.25, 2.0]),
            memory_request=rng.choice([None, GIB, 8 * GIB]),
            cpu_use=rng.choice([None, 0.1, 3.0]),
            memory_use=rng.choice([None, GIB / 2, 9 * GIB]),
        )
        node = rng.choice(["node-a", "node-b"])
        pods.append(
            Pod(rng.choice(["prod", "staging"]), f"pod-{number}", node, start, end, (container,), runs=start + wait)
        )
    return tuple(pods)


@pytest.mark.parametrize("interval", [15, 60, 300])
def test_every_pod_counts_its_time_to_a_scrape(interval: int, tmp_path: Path) -> None:
    nodes = (NODE, replace(NODE, name="node-b"))
    pods = crowd(interval)
    one = measured(World(nodes, pods, interval=interval, offset=interval // 3), tmp_path)
    true: dict[tuple[object, ...], float] = defaultdict(float)
    slack: dict[tuple[object, ...], float] = defaultdict(float)
    for pod in pods:
        held = pod.containers[0]
        runs, stops = pod.running
        for hour in range(6):
            overlap = min(stops, DAY + (hour + 1) * HOUR) - max(runs, DAY + hour * HOUR)
            for resource, rates in (
                ("cpu", (held.cpu_request, held.cpu_use)),
                ("memory", (held.memory_request, held.memory_use)),
            ):
                rate = max((rate for rate in rates if rate is not None), default=0.0)
                if overlap > 0 and rate:
                    true[hour, pod.namespace, pod.node, resource] += overlap / HOUR * rate
                    slack[hour, pod.namespace, pod.node, resource] += interval / HOUR * rate
    found = figures(one, "used")
    assert len(true) > 40
    for key in true.keys() | found.keys():
        assert abs(true[key] - found.get(key, 0.0)) <= slack[key] * 1.001, key
    # Errors of a scrape go both ways, so that together they are far smaller.
    assert sum(found.values()) == pytest.approx(sum(true.values()), rel=0.02)


def test_a_pod_of_five_minutes_counts_five_minutes(tmp_path: Path) -> None:
    assert cpu(measured(World((NODE,), (worker(4000, 4300),)), tmp_path)) == {1: pytest.approx(5 / 60)}


def test_a_pod_that_crosses_an_hour_counts_in_both(tmp_path: Path) -> None:
    assert cpu(measured(World((NODE,), (worker(HOUR - 600, HOUR + 1200),)), tmp_path)) == {
        0: pytest.approx(10 / 60),
        1: pytest.approx(20 / 60),
    }


@pytest.mark.parametrize("offset", [0, 1, 59])
def test_a_sample_on_the_hour_belongs_to_the_hour_that_begins(offset: int, tmp_path: Path) -> None:
    one = measured(World((NODE,), (worker(0, 2 * HOUR),), offset=offset), tmp_path, hours=3)
    assert cpu(one) == {0: 1.0, 1: 1.0}


def test_a_pod_that_waits_or_is_done_does_not_count(tmp_path: Path) -> None:
    pod = worker(0, 3 * HOUR, runs=DAY + 1800, stops=DAY + HOUR + 600)
    assert cpu(measured(World((NODE,), (pod,)), tmp_path)) == {0: 0.5, 1: pytest.approx(10 / 60)}


def test_a_pod_pays_for_what_it_uses_beyond_its_request(tmp_path: Path) -> None:
    pods = tuple(
        Pod(
            "prod",
            f"jupyter-{used}",
            "node-a",
            DAY,
            DAY + HOUR,
            (Container(memory_request=4 * GIB, memory_use=used * GIB),),
        )
        for used in (1, 6)
    )
    one = measured(World((NODE,), pods), tmp_path, hours=1)
    assert figures(one, "used", resource="memory") == {(0, "prod", "node-a"): 10 * GIB}


def test_each_container_has_its_own_maximum(tmp_path: Path) -> None:
    containers = (Container("main", cpu_request=1, cpu_use=0.25), Container("side", cpu_request=0.5, cpu_use=2))
    pod = Pod("prod", "jupyter-x", "node-a", DAY, DAY + HOUR, containers)
    assert cpu(measured(World((NODE,), (pod,)), tmp_path, hours=1)) == {0: pytest.approx(3.0)}


def test_a_counter_that_begins_anew_loses_nothing(tmp_path: Path) -> None:
    pod = Pod("prod", "hub", "node-a", DAY, DAY + HOUR, (Container(cpu_use=2, restart=DAY + 1507),))
    assert cpu(measured(World((NODE,), (pod,)), tmp_path, hours=1))[0] == pytest.approx(2.0, abs=2.1 / 60)


def test_gpus_are_counted_by_request(tmp_path: Path) -> None:
    pod = Pod("prod", "jupyter-g", "node-a", DAY, DAY + 1800, (Container(gpu_request=2),))
    one = measured(World((replace(NODE, gpu=4),), (pod,)), tmp_path, hours=1)
    assert figures(one, "used") == {(0, "prod", "node-a", "nvidia_com_gpu"): pytest.approx(1.0)}
    assert figures(one, "capacity", resource="nvidia_com_gpu") == {(0, "node-a"): 4.0}


def test_a_node_that_appears_during_the_hour_counts_from_then(tmp_path: Path) -> None:
    late = Node("late", DAY + HOUR + 900, DAY + 3 * HOUR, {"label_agentpool": "p"}, "aws:///us-east-1a/i-0abc")
    one = measured(World((NODE, late)), tmp_path, hours=3)
    assert figures(one, "capacity", node="late", resource="cpu") == {(1,): pytest.approx(3.0), (2,): 4.0}
    facts = {(row["fact"], row["value"]) for row in one.tables["facts"].to_pylist() if row["node"] == "late"}
    assert facts == {("provider_id", "aws:///us-east-1a/i-0abc"), ("pool", "p")}


def test_series_that_come_twice_count_once_and_are_reported(tmp_path: Path) -> None:
    twins = (
        Target({"instance": "10.0.0.1:8080"}),
        Target({"instance": "10.0.0.2:8080", "job": "other", "pod_ip": "x"}),
    )
    one = measured(World((NODE,), (worker(0, 5000),), state=twins), tmp_path)
    assert cpu(one) == {0: 1.0, 1: pytest.approx(1400 / HOUR, abs=1 / 60)}
    assert figures(one, "capacity", resource="cpu")[0, "node-a"] == 4.0
    assert kinds(one) == ["duplicate-series"]


@pytest.mark.parametrize("overlap", [0, 300])
def test_kube_state_metrics_that_moves_takes_nothing_with_it(overlap: int, tmp_path: Path) -> None:
    moved = DAY + HOUR + 1234
    targets = (
        Target({"instance": "10.0.0.1:8080"}, 0, moved + overlap),
        Target({"instance": "10.0.0.2:8080"}, moved),
    )
    pods = (worker(0, 3 * HOUR), replace(worker(HOUR + 1000, HOUR + 1500), name="short"))
    one = measured(World((NODE,), pods, state=targets), tmp_path, hours=3)
    assert cpu(one) == {0: 1.0, 1: pytest.approx(1 + 500 / HOUR, abs=1 / 60), 2: 1.0}
    assert figures(one, "capacity", resource="cpu")[1, "node-a"] == 4.0
    assert kinds(one) == (["duplicate-series"] if overlap else [])


MACHINES: Mapping[str, Mapping[str, str]] = {
    "instance": {"instance": "{}"},
    "port": {"instance": "{}:10250"},
    "address": {"instance": "10.1.2.3:10250"},
    "proxy": {"instance": "kubernetes.default.svc:443"},
    "node": {"instance": "10.1.2.3:10250", "node": "{}"},
    "kubernetes_node": {"instance": "10.1.2.3:10250", "kubernetes_node": "{}"},
    "hostname": {"instance": "10.1.2.3:10250", "kubernetes_io_hostname": "{}"},
}


@pytest.mark.parametrize("labels", MACHINES.values(), ids=MACHINES)
def test_use_finds_its_node_whatever_the_labels(labels: Mapping[str, str], tmp_path: Path) -> None:
    pods = tuple(
        Pod("prod", f"jupyter-{node}", node, DAY, DAY + HOUR, (Container(cpu_request=1, cpu_use=2),))
        for node in ("node-a", "node-b")
    )
    nodes = (NODE, replace(NODE, name="node-b"))
    machines = lambda node: {key: value.format(node) for key, value in labels.items()}  # noqa: E731
    one = measured(World(nodes, pods, machines=machines), tmp_path, hours=1)
    used = figures(one, "used", resource="cpu")
    assert used == {(0, "prod", "node-a"): pytest.approx(2.0), (0, "prod", "node-b"): pytest.approx(2.0)}


def test_a_server_started_again_on_another_node_counts_on_each(tmp_path: Path) -> None:
    held = (Container(cpu_request=1, cpu_use=2),)
    pods = (
        Pod("prod", "jupyter-x", "node-a", DAY, DAY + 1200, held),
        Pod("prod", "jupyter-x", "node-b", DAY + 1800, DAY + HOUR, held),
    )
    one = measured(World((NODE, replace(NODE, name="node-b")), pods), tmp_path, hours=1)
    used = figures(one, "used", resource="cpu")
    assert used == {
        (0, "prod", "node-a"): pytest.approx(2 / 3, abs=2 / 60),
        (0, "prod", "node-b"): pytest.approx(1.0, abs=2 / 60),
    }


@pytest.mark.parametrize("metric", METRICS)
def test_a_missing_metric_is_a_finding(metric: str, tmp_path: Path) -> None:
    held = (Container(cpu_request=1, cpu_use=0.5, memory_request=GIB, memory_use=GIB / 2),)
    world = World(
        (replace(NODE, labels={"label_hub_jupyter_org_node_purpose": "user"}),),
        (Pod("prod", "jupyter-x", "node-a", DAY, DAY + HOUR, held, user="x"),),
        homes={("prod", "x"): GIB},
        claims={("prod", "claim-x"): GIB},
        span=(DAY, DAY + HOUR),
        without=frozenset({metric}),
    )
    one = measured(world, tmp_path, hours=1)
    assert [(finding.kind, finding.detail) for finding in one.findings] == [
        ("metric-absent", f"{metric}: {METRICS[metric]}")
    ]
    expected = 0.5 if metric == "kube_pod_container_resource_requests" else 1.0
    assert figures(one, "used", resource="cpu") == {(0, "prod", "node-a"): pytest.approx(expected)}
    assert one.users_known is (metric != "kube_pod_annotations")


def test_labels_and_annotations_that_are_not_allowed_are_findings(tmp_path: Path) -> None:
    world = World((NODE,), (Pod("prod", "jupyter-x", "node-a", DAY, DAY + HOUR),))
    one = measured(world, tmp_path, hours=1)
    details = " ".join(finding.detail for finding in one.findings)
    assert "--metric-annotations-allowlist" in details
    assert "--metric-labels-allowlist" in details
    assert not one.users_known


def test_storage_is_added_up_by_namespace(tmp_path: Path) -> None:
    world = World(
        (NODE,),
        homes={("prod", "alice"): 3 * GIB, ("prod", "bob"): GIB, ("staging", "alice"): GIB},
        claims={("prod", "claim-alice"): 10 * GIB, ("prod", "hub-db-dir"): GIB},
        span=(DAY, DAY + HOUR + 1800),
    )
    one = measured(world, tmp_path, hours=2)
    stored = {key: amount * HOUR / GIB for key, amount in figures(one, "stored").items()}
    assert stored == {
        (0, "prod", "home-nfs"): 4.0,
        (0, "staging", "home-nfs"): 1.0,
        (0, "prod", "pv"): 11.0,
        (1, "prod", "home-nfs"): 4.0,
        (1, "staging", "home-nfs"): 1.0,
        (1, "prod", "pv"): pytest.approx(5.5),
    }


ODD = ('o"brien', "back\\slash", "naïve Ünï", 'x"} or vector(1) #', "new\nline", "${range}")


def test_users_are_counted_once_each_without_the_excluded(tmp_path: Path) -> None:
    users = ("alice", *ODD, "deployment-service-check")
    pods = [
        Pod("prod", f"jupyter-{number}", "node-a", DAY + 600 * number, DAY + 600 * number + 300, user=user)
        for number, user in enumerate(users)
    ]
    pods.append(Pod("prod", "jupyter-again", "node-a", DAY + 7200, DAY + 7500, user="alice"))
    pods.append(Pod("prod", "dask-worker-1", "node-a", DAY, DAY + HOUR, user="dask"))
    one = measured(World((NODE,), tuple(pods)), tmp_path, excluded=(*ODD[:4], *EXCLUDED))
    assert [row["amount"] for row in one.tables["users"].to_pylist()] == [3.0]  # alice and the last two of ODD
    assert sum(figures(one, "served").values()) == pytest.approx(4 * 300 / HOUR)


def test_hours_before_the_first_sample_are_unmeasured_and_not_zero(tmp_path: Path) -> None:
    node = replace(NODE, start=DAY + 3 * HOUR)
    one = measured(World((node,), (worker(3 * HOUR, 6 * HOUR),)), tmp_path)
    assert one.hours == tuple(DAY + hour * HOUR for hour in (4, 5, 6))
    assert {key[0] for key in figures(one, "capacity")} == {3, 4, 5}
    assert "3 of 6 hours have no samples" in [finding.detail for finding in one.findings]


def test_a_day_without_samples_is_one_finding(tmp_path: Path) -> None:
    one = measured(World((replace(NODE, start=DAY + 48 * HOUR, end=DAY + 49 * HOUR),)), tmp_path)
    assert [finding.kind for finding in one.findings] == ["unmeasured"]
    assert one.hours == ()


def test_a_gap_is_not_stretched_over(tmp_path: Path) -> None:
    down = (Target({"instance": "a"}, 0, DAY + HOUR), Target({"instance": "a"}, DAY + HOUR + 1200))
    one = measured(World((NODE,), (worker(0, 4 * HOUR),), state=down), tmp_path, hours=4)
    assert cpu(one) == {0: 1.0, 1: pytest.approx(2 / 3), 2: 1.0, 3: 1.0}
    assert figures(one, "capacity", resource="cpu")[1, "node-a"] == pytest.approx(4 * 2 / 3)


def figure(name: str, values: Mapping[int, float]) -> Series:
    return Series({"figure": name}, tuple(values), tuple(values.values()))


def test_an_hour_with_its_own_interval_keeps_it() -> None:
    ends = [HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR]
    found = scrapes(
        [
            figure("state_samples", {HOUR: 60, 2 * HOUR: 60, 3 * HOUR: 240, 4 * HOUR: 20}),
            figure("state_parts", {HOUR: 6, 2 * HOUR: 6, 3 * HOUR: 6, 4 * HOUR: 2}),
        ],
        ends,
    )
    assert [hour.state_seconds for hour in found] == [60, 60, 15, 60]


@pytest.mark.parametrize(
    ("samples", "parts", "seconds"),
    [
        (60, 6, 60),
        (61, 6, 60),
        (59, 6, 60),
        (12, 6, 300),
        (13, 6, 300),
        (240, 6, 15),
        (80, 6, 45),
        (102, 6, 3600 / 102),
        (20, 2, 60),
    ],
)
def test_the_interval_follows_from_the_number_of_samples(samples: float, parts: float, seconds: float) -> None:
    given = [figure("state_samples", {HOUR: samples}), figure("state_parts", {HOUR: parts})]
    (hour,) = scrapes(given, [HOUR])
    assert hour == Scrapes(HOUR, seconds, seconds, 3600, duplicated=False, measured=True)


def test_only_an_hour_in_which_a_series_took_over_is_counted_by_scrape() -> None:
    ends = [HOUR, 2 * HOUR, 3 * HOUR]
    given = [
        figure("state_samples", dict.fromkeys(ends, 60)),
        figure("state_parts", dict.fromkeys(ends, 6)),
        figure("copies", {HOUR: 1, 2 * HOUR: 2, 3 * HOUR: 2}),
        figure("copied_samples", {HOUR: 60, 2 * HOUR: 120, 3 * HOUR: 63}),
    ]
    found = [(hour.window_seconds, hour.duplicated) for hour in scrapes(given, ends)]
    assert found == [(3600, False), (3600, True), (60, True)]


@pytest.mark.parametrize(
    ("hub", "dask", "expected"),
    [
        ("user", "scheduler", "user"),
        ("core", "core", "core"),
        ("", "worker", "dask"),
        ("", "scheduler", "dask"),
        ("", "core", "core"),
        ("", "", None),
    ],
)
def test_the_purpose_of_a_node_is_its_hub_label_then_its_dask_label(hub: str, dask: str, expected: str | None) -> None:
    labels = {"label_hub_jupyter_org_node_purpose": hub, "label_k8s_dask_org_node_purpose": dask}
    assert purpose({key: value for key, value in labels.items() if value}) == expected


def test_the_pool_is_in_the_label_of_the_cloud() -> None:
    assert pool({"label_cloud_google_com_gke_nodepool": "nb-medium"}) == "nb-medium"
    assert pool({"label_kubernetes_azure_com_agentpool": "core"}) == "core"
    assert pool({}) is None


def test_excluded_names_cannot_leave_their_string() -> None:
    assert servers_matcher(['a"b\\']).endswith('annotation_hub_jupyter_org_username!="a\\"b\\\\"')
