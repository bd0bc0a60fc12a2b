"""The machines of an example cluster: pools that scale with demand, and what runs on each node in each hour."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from .demand import Chapter, Session


EMPTY_FOR = 0.4  # hours that a node stays after its last server


@dataclass(frozen=True, slots=True)
class Pool:
    """A node pool. Within `kept` (hour ranges) no node is taken away, as when somebody turns scaling down off."""

    name: str
    purpose: str  # core | user | dask
    machine: str
    cpu: int
    memory_gib: int
    gpu: int = 0
    spot: bool = False
    kept: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class Node:
    """A machine that lived in [born, died), in hours since the start."""

    pool: Pool
    name: str
    provider_id: str
    resource: str  # how the bill calls it
    born: float
    died: float = float("inf")
    sessions: list[Session] = field(default_factory=list)


class Used(NamedTuple):
    """What a hub (None: nobody's namespaces) had of a node in an hour: core-hours, GiB-hours, GPU-hours."""

    hour: int
    node: Node
    hub: str | None
    cpu: float
    memory_gib: float
    gpu: float


def hours_of(start: float, end: float, hours: int) -> Iterator[tuple[int, float]]:
    """The hours that [start, end) touches, with the part of each."""
    for hour in range(int(start), min(int(-(-min(end, hours) // 1)), hours)):
        part = min(end, hour + 1) - max(start, hour)
        if part > 1e-6:
            yield hour, part


def schedule(
    pool: Pool, sessions: Iterable[Session], make: Callable[[Pool, float], Node], chapter: Chapter
) -> list[Node]:
    """Put sessions on nodes of `pool`, first fit; nodes come when there is no room and go when empty."""
    nodes: list[Node] = []
    for session in sorted(sessions, key=lambda session: (session.start, session.hub, session.end)):
        for node in nodes:
            if node.died == float("inf") and (left := _leaves(node, session.start)) is not None:
                node.died = left
        home = next((node for node in nodes if node.died > session.start and _fits(node, session)), None)
        if home is None:
            home = make(pool, max(float(chapter.start), session.start - 0.05))
            nodes.append(home)
        home.sessions.append(session)
    for node in nodes:
        if node.died == float("inf"):
            node.died = min(_leaves(node, float("inf")) or chapter.end, chapter.end)
    return nodes


def _leaves(node: Node, now: float) -> float | None:
    """When the autoscaler took the node away, if it did so before `now`."""
    gone = max(session.end for session in node.sessions) + EMPTY_FOR
    for start, end in node.pool.kept:
        if start <= gone < end:
            gone = end + EMPTY_FOR
    return gone if gone <= now else None


def _fits(node: Node, session: Session) -> bool:
    running = [other.server for other in node.sessions if other.end > session.start]
    new = session.server
    return (
        sum(s.cpu for s in running) + new.cpu <= node.pool.cpu * 0.94
        and sum(s.memory_gib for s in running) + new.memory_gib <= node.pool.memory_gib * 0.94
        and sum(s.gpu for s in running) + new.gpu <= node.pool.gpu
    )


def used(nodes: Sequence[Node], rng: np.random.Generator, hours: int, *, bursts: frozenset[int]) -> list[Used]:
    """What every node's servers had, hour by hour: the greater of request and use. In `bursts` they run hot."""
    totals: dict[tuple[int, str, str | None], list[float]] = {}
    by_name = {node.name: node for node in nodes}
    for node in nodes:
        for hour, part in hours_of(node.born, node.died, hours):
            system = totals.setdefault((hour, node.name, None), [0.0, 0.0, 0.0])
            system[0] += part * 0.28
            system[1] += part * 1.15
        for session in node.sessions:
            server = session.server
            touched = list(hours_of(session.start, min(session.end, node.died), hours))
            above = np.maximum(1, rng.lognormal(-0.7, server.cpu_spread, len(touched)))
            swell = np.maximum(1, rng.lognormal(-0.65, 0.25, len(touched)))
            for (hour, part), cpu, memory in zip(touched, above, swell, strict=True):
                hot = 4.0 if hour in bursts else 1.0
                sums = totals.setdefault((hour, node.name, session.hub), [0.0, 0.0, 0.0])
                sums[0] += part * server.cpu * float(cpu) * hot
                sums[1] += part * server.memory_gib * float(memory)
                sums[2] += part * server.gpu
    return [Used(hour, by_name[name], hub, *sums) for (hour, name, hub), sums in totals.items()]


def core_used(nodes: Sequence[Node], hubs: Sequence[str], rng: np.random.Generator, chapter: Chapter) -> list[Used]:
    """What runs on the core nodes: each hub's own pods, and Prometheus, the ingress and the rest, which no hub owns."""
    rows: list[Used] = []
    for node in nodes:
        for hour, part in hours_of(max(node.born, chapter.start), node.died, chapter.end):
            noise = rng.uniform(0.9, 1.3, 2)
            rows.append(Used(hour, node, None, part * 0.7 * float(noise[0]), part * 5.5 * float(noise[1]), 0.0))
    hours = range(chapter.start, chapter.end)
    alive = [[node for node in nodes if node.born <= hour and node.died >= hour + 1] for hour in hours]
    for index, hub in enumerate(hubs):
        for hour, there, busy in zip(hours, alive, rng.uniform(0.12, 0.22, len(hours)), strict=True):
            if there:
                node = there[index % len(there)]
                rows.append(Used(hour, node, hub, float(busy), 0.9 + 2 * float(busy), 0.0))
    return rows
