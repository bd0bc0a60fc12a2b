"""A day of a cluster as its Prometheus measured it: what was used, was there, was stored, and by how many.

Prometheus adds up: what comes from it is per hour × namespace × node, never a pod or a user (`promql/*.promql`).
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

import pyarrow as pa

from analytics.prometheus import Prometheus, promql, quote

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from analytics.prometheus import Answer, Series

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# Seconds between scrapes that people configure: a count of samples that fits one of them is taken for it.
INTERVALS = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600)
DEFAULT_INTERVAL = 60.0
# What it means for the figures that a metric isn't there.
METRICS: Mapping[str, str] = {
    "kube_pod_container_resource_requests": "requests are not known, so usage is what containers used, and GPUs are not known",
    "kube_pod_status_phase": "pods that wait or are done count like running ones",
    "kube_pod_info": "a pod's node is the one its container metrics are labelled with",
    "container_cpu_usage_seconds_total": "CPU use is not known, so CPU usage is what containers requested",
    "container_memory_working_set_bytes": "memory use is not known, so memory usage is what containers requested",
    "kube_node_info": "provider ids are not known, so nodes are matched with the bill by name alone",
    "kube_node_labels": "the purpose and pool of nodes are not known",
    "kube_node_status_capacity": "nodes' capacity is taken from what is allocatable, if that is known, so idle cost is less sure",
    "kube_pod_annotations": "users and server-hours are not known",
    "dirsize_total_size_bytes": "the size of home directories is not known",
    "kube_persistentvolumeclaim_resource_requests_storage_bytes": "the size of persistent volumes is not known",
}
NO_USER_NAMES = (
    "kube_pod_annotations has no annotation_hub_jupyter_org_username: users and server-hours are not known"
    " (kube-state-metrics needs --metric-annotations-allowlist=pods=[hub.jupyter.org/username])"
)
NO_PURPOSES = (
    "kube_node_labels has no label_hub_jupyter_org_node_purpose: the purpose of nodes is not known"
    " (kube-state-metrics needs --metric-labels-allowlist=nodes=[*])"
)
POOL_LABELS = (
    "label_cloud_google_com_gke_nodepool",
    "label_alpha_eksctl_io_nodegroup_name",
    "label_eks_amazonaws_com_nodegroup",
    "label_kubernetes_azure_com_agentpool",
    "label_agentpool",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a reader of a day's figures should know."""

    day: str
    kind: str  # metric-absent | duplicate-series | prometheus-warning | unmeasured | unknown-hub
    detail: str


@dataclass(frozen=True, slots=True)
class Scrapes:
    """How the hour that ends at `end` was scraped: what one sample stands for, and the window to count it in."""

    end: int
    state_seconds: float
    container_seconds: float
    window_seconds: int  # an hour; one scrape, which costs more, where a series of kube-state-metrics took over another
    duplicated: bool
    measured: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """What Prometheus says of one day up to `until`, as tables of figures by hour (named by its end, in seconds)."""

    day: str
    hours: tuple[int, ...]  # the ends of those that have samples
    users_known: bool
    tables: Mapping[str, pa.Table]
    findings: tuple[Finding, ...]


SCHEMAS: Mapping[str, pa.Schema] = {
    name: pa.schema([(column, pa.string()) for column in texts] + [("time", pa.int64()), ("amount", pa.float64())])
    for name, texts in {
        "used": ("namespace", "node", "resource"),
        "capacity": ("node", "resource"),
        "facts": ("node", "fact", "value"),
        "stored": ("namespace", "purpose"),
        "served": ("namespace",),
        "users": ("period", "namespace"),
    }.items()
}


def measure(server: Prometheus, start: datetime, until: datetime, excluded_users: Iterable[str]) -> Measured:
    """Ask `server` for the hours of [start, until), which are of one day; `until` is a full hour."""
    day = f"{start:%Y-%m-%d}"
    asked = _Asked(server)
    hours = scrapes(asked.over("scrapes", start + HOUR, until, HOUR), _ends(start, until))
    there = asked.over("presence", start + timedelta(minutes=15), until, timedelta(minutes=15), metrics=_any(METRICS))
    if not there and not any(hour.measured for hour in hours):
        missing = Finding(day, "unmeasured", "Prometheus has no samples of this day")
        return Measured(day, (), False, {}, (missing, *asked.findings(day)))
    tables: dict[str, list[pa.Table]] = {name: [] for name in SCHEMAS}
    servers = servers_matcher(excluded_users)
    for alike, group in groupby(hours, lambda hour: (hour.state_seconds, hour.container_seconds, hour.window_seconds)):
        group_ends = [datetime.fromtimestamp(hour.end, UTC) for hour in group]
        values = {"state_seconds": f"{alike[0]:g}", "container_seconds": f"{alike[1]:g}", "window": f"{alike[2]}s"}
        for table, query in (("used", "usage"), ("capacity", "nodes"), ("stored", "storage"), ("served", "servers")):
            series = asked.over(query, group_ends[0], group_ends[-1], HOUR, **values, servers=servers)
            tables[table].append(_table(table, ((one.labels, one) for one in series)))
    tables["facts"].append(_table("facts", _facts(asked.over("node_labels", start + HOUR, until, HOUR))))
    users = asked.at("users", until, range=_range(start, until), servers=servers)
    tables["users"].append(_table("users", (({**one.labels, "period": day}, one) for one in users)))
    seen = {one.labels.get("__name__") or one.labels["carried"] for one in there}
    whole = {name: pa.concat_tables(parts) for name, parts in tables.items()}
    ends = {hour.end for hour in hours if hour.measured}.union(
        *(whole[name]["time"].to_pylist() for name in ("used", "capacity", "stored"))
    )
    return Measured(
        day,
        tuple(sorted(ends)),
        _users_known(seen),
        whole,
        (*_absent(day, seen), *_gaps(day, hours), *_duplicates(day, hours), *asked.findings(day)),
    )


def measure_month(
    server: Prometheus, start: datetime, until: datetime, excluded_users: Iterable[str]
) -> tuple[pa.Table, tuple[str, ...]]:
    """Ask `server` how many different users each namespace had in [start, until), and return its warnings too.

    Days' counts can't be added up to a month's: a user of several days is one user.
    """
    asked = _Asked(server)
    users = asked.at("users", until, range=_range(start, until), servers=servers_matcher(excluded_users))
    period = f"{start:%Y-%m}"
    table = _table("users", (({**one.labels, "period": period}, one) for one in users))
    return table, tuple(asked.warnings)


def servers_matcher(excluded_users: Iterable[str]) -> str:
    """Return the label matchers of the pods that are servers of users, but not of `excluded_users`."""
    name = "annotation_hub_jupyter_org_username"
    return ",".join([f'{name}!=""', 'pod=~"jupyter-.+"', *(f"{name}!={quote(user)}" for user in excluded_users)])


def scrapes(series: Sequence[Series], ends: Sequence[int]) -> tuple[Scrapes, ...]:
    """Return how each hour was scraped, from the figures of `scrapes.promql`.

    What a sample stands for is the time between scrapes in hours without a gap. An hour with a gap doesn't stretch its
    samples over it: what wasn't measured stays so. An hour without a gap but with clearly fewer samples had its own interval.
    """
    figures = {one.labels["figure"]: dict(zip(one.times, one.values, strict=True)) for one in series}
    state, containers = (
        _intervals(figures.get(f"{which}_samples", {}), figures.get(f"{which}_parts", {}), ends)
        for which in ("state", "container")
    )
    made = []
    for end in ends:
        copies = figures.get("copies", {}).get(end, 1)
        state_seconds = state.get(end) or containers.get(end) or DEFAULT_INTERVAL
        many = figures.get("copied_samples", {}).get(end, 0)
        made.append(
            Scrapes(
                end,
                state_seconds,
                containers.get(end) or state_seconds,
                # Copies that were all there for the whole hour say the same: the largest of each hour is right.
                _window(state_seconds) if copies > 1 and many < copies * (3600 / state_seconds - 1) else 3600,
                many > 3600 / state_seconds + 2,
                any(end in figures.get(name, {}) for name in ("state_samples", "container_samples")),
            )
        )
    return tuple(made)


def purpose(labels: Mapping[str, str]) -> str | None:
    """Return what a node is for: core, user, dask, or what its label says.

    A node for notebooks may carry `k8s.dask.org/node-purpose: scheduler` as well, so JupyterHub's label goes first.
    """
    dask = labels.get("label_k8s_dask_org_node_purpose", "")
    return (
        labels.get("label_hub_jupyter_org_node_purpose")
        or {"scheduler": "dask", "worker": "dask"}.get(dask, dask)
        or None
    )


def pool(labels: Mapping[str, str]) -> str | None:
    """Return the node's pool, by whichever cloud's label it has."""
    return next((labels[label] for label in POOL_LABELS if labels.get(label)), None)


@dataclass(slots=True)
class _Asked:
    """A server, and the warnings it gave."""

    server: Prometheus
    warnings: dict[str, None] = field(default_factory=dict)

    def over(self, query: str, start: datetime, end: datetime, step: timedelta, **values: str) -> tuple[Series, ...]:
        return self._noted(query, self.server.over(promql(query, **values), start, end, step))

    def at(self, query: str, moment: datetime, **values: str) -> tuple[Series, ...]:
        return self._noted(query, self.server.instant(promql(query, **values), moment))

    def _noted(self, query: str, answer: Answer) -> tuple[Series, ...]:
        self.warnings.update(dict.fromkeys(f"{query}: {text}" for text in answer.warnings))
        return answer.series

    def findings(self, day: str) -> tuple[Finding, ...]:
        return tuple(Finding(day, "prometheus-warning", text) for text in self.warnings)


def _ends(start: datetime, until: datetime) -> tuple[int, ...]:
    return tuple(range(int(start.timestamp()) + 3600, int(until.timestamp()) + 1, 3600))


def _range(start: datetime, until: datetime) -> str:
    return f"{int((until - start).total_seconds())}s"


def _any(names: Iterable[str]) -> str:
    return quote("|".join(names))


def _intervals(samples: Mapping[int, float], parts: Mapping[int, float], ends: Sequence[int]) -> dict[int, float]:
    whole = {end: count for end, count in samples.items() if parts.get(end) == 6}
    if whole:
        usual = statistics.median(whole.values())
    elif samples:  # no whole hour yet: the fullest part speaks for it
        usual = max(count / max(1.0, parts.get(end, 1)) for end, count in samples.items()) * 6
    else:
        return {}
    own = {end: count for end, count in whole.items() if not 0.75 * usual <= count <= 1.34 * usual}
    return {end: _interval(own.get(end, usual)) for end in ends}


def _interval(samples: float) -> float:
    likely = min(INTERVALS, key=lambda seconds: abs(3600 / seconds - samples))
    return float(likely) if abs(3600 / likely - samples) <= 1 else 3600 / samples


def _window(seconds: float) -> int:
    """Return the shortest time from `seconds` on that an hour is a multiple of."""
    return next((whole for whole in range(max(1, round(seconds)), 3601) if 3600 % whole == 0), 3600)


def _table(name: str, rows: Iterable[tuple[Mapping[str, str], Series]]) -> pa.Table:
    schema = SCHEMAS[name]
    texts = [column for column in schema.names if column not in ("time", "amount")]
    columns: dict[str, list[object]] = {column: [] for column in schema.names}
    for labels, series in rows:
        columns["time"].extend(series.times)
        columns["amount"].extend(series.values)
        for column in texts:
            columns[column].extend([labels.get(column)] * len(series.times))
    return pa.table(columns, schema=schema)


def _facts(series: Iterable[Series]) -> Iterator[tuple[Mapping[str, str], Series]]:
    for one in series:
        facts = {
            "provider_id": one.labels.get("provider_id"),
            "purpose": purpose(one.labels),
            "pool": pool(one.labels),
        }
        for fact, value in facts.items():
            if value:
                yield {"node": one.labels.get("node", ""), "fact": fact, "value": value}, one


def _users_known(seen: Collection[str]) -> bool:
    return "annotation_hub_jupyter_org_username" in seen or ("kube_pod_annotations" in seen and "server" not in seen)


def _absent(day: str, seen: Collection[str]) -> Iterator[Finding]:
    for metric, meaning in METRICS.items():
        if metric not in seen:
            yield Finding(day, "metric-absent", f"{metric}: {meaning}")
    if "kube_pod_annotations" in seen and not _users_known(seen):
        yield Finding(day, "metric-absent", NO_USER_NAMES)
    if "kube_node_labels" in seen and "label_hub_jupyter_org_node_purpose" not in seen:
        yield Finding(day, "metric-absent", NO_PURPOSES)


def _gaps(day: str, hours: Sequence[Scrapes]) -> Iterator[Finding]:
    without = sum(not hour.measured for hour in hours)
    if without:
        yield Finding(day, "unmeasured", f"{without} of {len(hours)} hours have no samples")


def _duplicates(day: str, hours: Sequence[Scrapes]) -> Iterator[Finding]:
    twice = sum(hour.duplicated for hour in hours)
    if twice:
        yield Finding(
            day,
            "duplicate-series",
            f"in {twice} of {len(hours)} hours kube-state-metrics was scraped more than once at a time; counted once",
        )
