"""The three example clusters in motion: their pools, their hubs' audiences, and what that makes of nodes and usage."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from .demand import FINAL_DAYS, NOW, Audience, Chapter, Server, Visits, hour_of, visits
from .machines import Node, Pool, Used, core_used, schedule, used

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

AZURE_SUBSCRIPTION = "7d1f0c52-5c0a-4e0e-9d6e-2b7a4f6c1e90"
AZURE_NODE_GROUP = "mc_basalt_basalt_westeurope"
AWS_REGION = "us-west-2"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a cluster is made of. `closed` is when its last final bill ends, `dark` when its Prometheus was down."""

    name: str
    hubs: tuple[str, ...]
    core: Pool
    pools: tuple[Pool, ...]
    audiences: tuple[Audience, ...]
    closed: int = 24 * FINAL_DAYS
    dark: frozenset[int] = frozenset()
    bursts: frozenset[int] = frozenset()

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        """The months whose bills are final, and the one that is under way."""
        return Chapter(0, self.closed, range(FINAL_DAYS)), Chapter(self.closed, NOW, range(FINAL_DAYS, NOW // 24 + 1))


@dataclass(frozen=True, slots=True)
class Story:
    """What happened in a cluster."""

    plan: Plan
    nodes: tuple[Node, ...]
    used: tuple[Used, ...]
    visits: Mapping[str, Visits]

    def home_gib(self, hour: int) -> dict[str, float]:
        """Size of each hub's home directories at an hour."""
        return {a.hub: a.home_gib + a.home_growth * hour / 24 for a in self.plan.audiences if a.home_gib}


# Google's month starts at midnight in California, so that its October ends on November 1 at 07:00 UTC.
TIDEWATER = Plan(
    name="tidewater",
    hubs=("estuary", "meadow", "orchard", "staging"),
    core=Pool("core-b", "core", "n2-highmem-4", 4, 32),
    pools=(
        Pool("nb-medium", "user", "n2-highmem-8", 8, 64),
        Pool("nb-large", "user", "n2-highmem-16", 16, 128),
        Pool("dask-spot", "dask", "n2-highmem-16", 16, 128, spot=True),
    ),
    audiences=(
        Audience(
            "estuary", 62, 0.36, 0.09, 16.5, 4.6, Server("nb-large", 1.7, 14.5, cpu_spread=0.45), home_gib=540.0, home_growth=1.9,
            dask=Server("dask-spot", 3.6, 28.0, cpu_spread=0.2),
            # in November a campaign of simulations, for which the cost rises
            dask_days=(2, 3, 9, 16, 17, 22, 28, 34, 35, 41, 48, 55, 63, 64, 65, 69, 70, 71, 72, 76, 77, 78),
        ),
        Audience("meadow", 190, 0.24, 0.05, 17.0, 1.9, Server("nb-medium", 0.32, 3.0), from_day=7,
                 home_gib=88.0, home_growth=1.1),
        Audience("orchard", 24, 0.34, 0.12, 9.5, 3.1, Server("nb-medium", 0.9, 7.5), home_gib=205.0, home_growth=0.6),
        Audience("staging", 3, 0.35, 0.02, 14.0, 0.6, Server("nb-medium", 0.2, 1.0), home_gib=2.5),
    ),
    closed=24 * FINAL_DAYS + 8,
    dark=frozenset(range(hour_of("2026-10-08T14:00"), hour_of("2026-10-08T19:00"))),
    bursts=frozenset(range(hour_of("2026-09-17T16:00"), hour_of("2026-09-17T19:00"))),
)  # fmt: skip

NORTHLIGHT = Plan(
    name="northlight",
    hubs=("aurora", "drift"),
    core=Pool("core", "core", "r5.xlarge", 4, 32),
    pools=(
        Pool("nb", "user", "r5.xlarge", 4, 32),
        # for a workshop of three days nobody wanted to wait for a GPU: the nodes stayed up at night
        Pool("gpu", "user", "g4dn.xlarge", 4, 16, gpu=1,
             kept=((hour_of("2026-10-13T08:00"), hour_of("2026-10-15T20:00")),)),
    ),
    audiences=(
        Audience("aurora", 26, 0.17, 0.06, 10.5, 3.6, Server("gpu", 3.2, 12.5, gpu=1, cpu_spread=0.2), home_gib=310.0, home_growth=4.4),
        Audience("drift", 4, 0.40, 0.10, 12.0, 3.9, Server("nb", 1.5, 14.5, cpu_spread=0.4), home_gib=62.0, home_growth=0.3),
    ),
)  # fmt: skip

BASALT = Plan(
    name="basalt",
    hubs=("caldera", "archive"),
    core=Pool("core", "core", "Standard_E2s_v5", 2, 16),
    pools=(Pool("nb", "user", "Standard_E4s_v5", 4, 32),),
    audiences=(
        Audience("caldera", 26, 0.40, 0.08, 8.0, 3.4, Server("nb", 0.9, 7.0), home_gib=150.0, home_growth=0.8),
    ),
)  # fmt: skip

PLANS = (TIDEWATER, NORTHLIGHT, BASALT)


def tell(plan: Plan, seed: int) -> Story:
    """Let the months of a cluster happen. The same seed gives the same story."""
    serial = count(1)
    core: list[Node] = []
    others: list[Node] = []
    rows: list[Used] = []
    came: dict[str, Visits] = {}
    for number, chapter in enumerate(plan.chapters):
        rng = np.random.default_rng([seed, sum(plan.name.encode()), *range(number)])

        def make(pool: Pool, born: float, rng: np.random.Generator = rng) -> Node:
            return _node(plan.name, pool, born, next(serial), rng)

        now = {audience.hub: visits(audience, rng, chapter) for audience in plan.audiences}
        sessions = [session for hub in now.values() for session in hub.sessions]
        nodes = [
            node
            for pool in plan.pools
            for node in schedule(pool, (s for s in sessions if s.server.pool == pool.name), make, chapter)
        ]
        core = core or _core(plan, make)
        rows += used(nodes, rng, chapter.end, bursts=plan.bursts)
        rows += core_used(core, [hub for hub in plan.hubs if hub in now], rng, chapter)
        others += nodes
        came = {hub: came[hub] + found if hub in came else found for hub, found in now.items()}
    rows.sort(key=lambda row: (row.hour, row.node.name, row.hub or ""))
    return Story(plan, (*core, *others), tuple(rows), came)


def _core(plan: Plan, make: Callable[[Pool, float], Node]) -> list[Node]:
    """Two core nodes, of which one is replaced by a new one when the cluster is upgraded."""
    upgrade = hour_of("2026-10-13T09:00")
    core = [make(plan.core, 0.0), make(plan.core, 0.0), make(plan.core, upgrade - 0.15)]
    core[0].died, core[1].died, core[2].died = NOW, upgrade + 0.35, NOW
    return core


def _node(cluster: str, pool: Pool, born: float, serial: int, rng: np.random.Generator) -> Node:
    """A node with the names that GKE, EKS or AKS would give it."""
    letters = "bcdfghjklmnpqrstvwxz2456789"
    if cluster == TIDEWATER.name:
        group = f"{sum(pool.name.encode()) * 2654435761 % 2**32:08x}"
        name = f"gke-tidewater-{pool.name}-{group}-{''.join(rng.choice(list(letters), 4))}"
        return Node(pool, name, f"gce://tidewater-hubs/us-central1-b/{name}", name, born)
    if cluster == NORTHLIGHT.name:
        address = f"192-168-{serial * 37 % 96}-{serial * 101 % 240 + 4}"
        instance = f"i-0{int(rng.integers(0, 2**62)):016x}"
        name = f"ip-{address}.{AWS_REGION}.compute.internal"
        return Node(pool, name, f"aws:///{AWS_REGION}b/{instance}", instance, born)
    vmss = f"aks-{pool.name}-28461093-vmss"
    scale_set = (
        f"/subscriptions/{AZURE_SUBSCRIPTION}/resourceGroups/{AZURE_NODE_GROUP}"
        f"/providers/Microsoft.Compute/virtualMachineScaleSets/{vmss}"
    )
    return Node(pool, f"{vmss}{serial:06d}", f"azure://{scale_set}/virtualMachines/{serial}", scale_set, born)
