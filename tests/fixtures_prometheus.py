"""A real Prometheus on backfilled data: a small cluster as its scrapes would have recorded it, and the server."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

GIB = 2**30
Samples = list[tuple[int, float]]


def at(text: str) -> int:
    """Return the seconds since 1970 of an ISO time in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@dataclass(frozen=True, slots=True)
class Node:
    """A machine there in [start, end)."""

    name: str
    start: int
    end: int
    labels: Mapping[str, str] = field(default_factory=dict)
    provider_id: str = ""
    cpu: float = 4
    memory: float = 16 * GIB
    gpu: int = 0


@dataclass(frozen=True, slots=True)
class Container:
    """What a container requests and uses, constant while its pod runs. `restart`: the counter begins anew then."""

    name: str = "main"
    cpu_request: float | None = None
    memory_request: float | None = None
    gpu_request: float | None = None
    cpu_use: float | None = None
    memory_use: float | None = None
    restart: int | None = None


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod known to Kubernetes in [start, end), running in [runs, stops), on `node` from `start` on."""

    namespace: str
    name: str
    node: str
    start: int
    end: int
    containers: tuple[Container, ...] = (Container(),)
    runs: int | None = None
    stops: int | None = None
    user: str | None = None

    @property
    def running(self) -> tuple[int, int]:
        return (self.start if self.runs is None else self.runs, self.end if self.stops is None else self.stops)


@dataclass(frozen=True, slots=True)
class Target:
    """A scrape target that served in [start, end), with the labels it adds."""

    labels: Mapping[str, str]
    start: int = 0
    end: int = 2**40


@dataclass(frozen=True, slots=True)
class World:
    """A cluster, and how it was scraped: every `interval` seconds, `offset` after the full hour."""

    nodes: tuple[Node, ...] = ()
    pods: tuple[Pod, ...] = ()
    interval: int = 60
    offset: int = 7
    state: tuple[Target, ...] = (Target({"instance": "10.0.0.9:8080", "job": "kube-state-metrics"}),)
    machines: Callable[[str], Mapping[str, str]] = lambda node: {"instance": node, "job": "cadvisor"}
    homes: Mapping[tuple[str, str], float] = field(default_factory=dict)  # (namespace, directory) -> bytes
    claims: Mapping[tuple[str, str], float] = field(default_factory=dict)  # (namespace, claim) -> bytes
    span: tuple[int, int] = (0, 0)  # of homes and claims
    without: frozenset[str] = frozenset()  # metrics left out

    def times(self, start: int, end: int) -> range:
        """Return the scrapes in [start, end)."""
        first = start + (self.offset - start) % self.interval
        return range(first, end, self.interval)

    def series(self) -> Iterator[tuple[str, Mapping[str, str], Samples]]:
        for name, labels, samples in self._series():
            if name not in self.without and samples:
                yield name, labels, samples

    def _series(self) -> Iterator[tuple[str, Mapping[str, str], Samples]]:
        for target in self.state:
            for name, labels, samples in self._state():
                kept = [(moment, value) for moment, value in samples if target.start <= moment < target.end]
                yield name, {**labels, **target.labels}, kept
        for pod in self.pods:
            yield from self._use(pod)
        for (namespace, directory), size in self.homes.items():
            labels = {"namespace": namespace, "directory": directory, "job": "dirsize"}
            yield "dirsize_total_size_bytes", labels, [(moment, size) for moment in self.times(*self.span)]

    def _state(self) -> Iterator[tuple[str, Mapping[str, str], Samples]]:
        for node in self.nodes:
            times = self.times(node.start, node.end)
            yield (
                "kube_node_info",
                {"node": node.name, "provider_id": node.provider_id, "kernel_version": "6.1"},
                [(moment, 1) for moment in times],
            )
            yield "kube_node_labels", {"node": node.name, **node.labels}, [(moment, 1) for moment in times]
            capacity = {"cpu": node.cpu, "memory": node.memory, "nvidia_com_gpu": node.gpu, "pods": 110}
            for resource, amount in capacity.items():
                if amount:
                    labels = {"node": node.name, "resource": resource}
                    yield "kube_node_status_capacity", labels, [(moment, amount) for moment in times]
                    yield "kube_node_status_allocatable", labels, [(moment, 0.9 * amount) for moment in times]
        for pod in self.pods:
            labels = {"namespace": pod.namespace, "pod": pod.name, "uid": f"{pod.name}-{pod.start}"}
            times = self.times(pod.start, pod.end)
            runs, stops = pod.running
            yield "kube_pod_info", {**labels, "node": pod.node}, [(moment, 1) for moment in times]
            annotation = {} if pod.user is None else {"annotation_hub_jupyter_org_username": pod.user}
            yield "kube_pod_annotations", {**labels, **annotation}, [(moment, 1) for moment in times]
            for phase, (since, until) in {
                "Pending": (pod.start, runs),
                "Running": (runs, stops),
                "Succeeded": (stops, pod.end),
                "Failed": (0, 0),
            }.items():
                now = [(moment, float(since <= moment < until)) for moment in times]
                yield "kube_pod_status_phase", {**labels, "phase": phase}, now
            for container in pod.containers:
                requests = {
                    "cpu": container.cpu_request,
                    "memory": container.memory_request,
                    "nvidia_com_gpu": container.gpu_request,
                }
                for resource, wanted in requests.items():
                    if wanted is not None:
                        yield (
                            "kube_pod_container_resource_requests",
                            {**labels, "container": container.name, "node": pod.node, "resource": resource},
                            [(moment, wanted) for moment in times],
                        )
        for (namespace, claim), size in self.claims.items():
            yield (
                "kube_persistentvolumeclaim_resource_requests_storage_bytes",
                {"namespace": namespace, "persistentvolumeclaim": claim},
                [(moment, size) for moment in self.times(*self.span)],
            )

    def _use(self, pod: Pod) -> Iterator[tuple[str, Mapping[str, str], Samples]]:
        runs, stops = pod.running
        times = self.times(runs, stops)
        machine = self.machines(pod.node)
        pause = {"namespace": pod.namespace, "pod": pod.name, "container": "POD", **machine}
        yield "container_memory_working_set_bytes", pause, [(moment, 10 * GIB) for moment in times]
        whole = {"namespace": pod.namespace, "pod": pod.name, "container": "", "id": f"/kubepods/{pod.name}", **machine}
        yield "container_memory_working_set_bytes", whole, [(moment, 10 * GIB) for moment in times]
        for container in pod.containers:
            labels = {"namespace": pod.namespace, "pod": pod.name, "container": container.name, **machine}
            if container.memory_use is not None:
                used = [(moment, container.memory_use) for moment in times]
                yield "container_memory_working_set_bytes", labels, used
            if container.cpu_use is not None:
                counted = []
                for moment in times:
                    since = runs if container.restart is None or moment < container.restart else container.restart
                    counted.append((moment, container.cpu_use * (moment - since)))
                yield "container_cpu_usage_seconds_total", labels, counted


def write_blocks(series: Iterable[tuple[str, Mapping[str, str], Samples]], folder: Path) -> Path:
    """Write `series` as blocks that a Prometheus can serve; return their folder."""
    data = folder / "data"
    data.mkdir(parents=True)
    text = folder / "series.txt"
    with text.open("w", encoding="utf-8") as lines:
        for name, labels, samples in series:
            inner = ",".join(f'{key}="{_escape(value)}"' for key, value in labels.items() if value != "")
            lines.writelines(
                f"{name}{{{inner}}} {value:g} {moment}\n" if value < 1e5 else f"{name}{{{inner}}} {value!r} {moment}\n"
                for moment, value in samples
            )
        lines.write("# EOF\n")
    command = [
        "promtool",
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        "--max-block-duration=744h",
        str(text),
        str(data),
    ]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr[-2000:]
    text.unlink()
    return data


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def prometheus(data: Path, *, web_config: Path | None = None) -> Iterator[str]:
    """Serve the blocks in `data`; yield the server's address, with which it answers."""
    config = data.parent / "prometheus.yml"
    config.write_text("")
    address = f"127.0.0.1:{free_port()}"
    command = [
        "prometheus",
        f"--config.file={config}",
        f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=10y",  # else it deletes old blocks within seconds
        f"--web.listen-address={address}",
        "--log.level=warn",
    ]
    if web_config is not None:
        command.append(f"--web.config.file={web_config}")
    with (data.parent / "prometheus.log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        try:
            _await(address, server, secured=web_config is not None)
            yield f"{'https' if web_config else 'http'}://{address}"
        finally:
            server.terminate()


def _await(address: str, server: subprocess.Popen[bytes], *, secured: bool) -> None:
    host, port = address.split(":")
    for _ in range(300):
        assert server.poll() is None, "Prometheus ended"
        try:
            if secured:
                with socket.create_connection((host, int(port)), timeout=1):
                    return
            with urllib.request.urlopen(f"http://{address}/-/ready", timeout=1) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise AssertionError("Prometheus is not ready after 15 s")


@contextmanager
def serving(world: World, folder: Path) -> Iterator[str]:
    """Serve what the scrapes of `world` recorded."""
    with prometheus(write_blocks(world.series(), folder)) as url:
        yield url
