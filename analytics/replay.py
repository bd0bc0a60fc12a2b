"""A month under other policies: what each hub would bear if idle and shared cost were spread otherwise, computed by the allocation itself.

Only the steps that a policy changes run again; what the charges are and whom they name is the month's own. The sums of a policy are those
of the month: what no hub bears under it stays with the operator, or unattributed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.allocate import allocate, allocate_again
from analytics.engine import connect, sql
from analytics.month import attach_inputs, computed_of
from analytics.tables import ALLOCATIONS, REPLAYS
from terraform.fleet import IdlePolicy, SharedPolicy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analytics.lake import Lake
    from analytics.month import Computed
    from terraform.fleet import Fleet


def policies() -> Iterator[tuple[IdlePolicy, SharedPolicy]]:
    """Yield every policy there is: idle and shared."""
    for idle in IdlePolicy:
        for shared in SharedPolicy:
            yield idle, shared


def replay(lake: Lake, fleet: Fleet, month: str) -> Computed:
    """Allocate `month` under each policy, from the lake's versions that it was allocated from, and replace its `replays`.

    Raises MonthError if the month is not allocated, NotConserved if a policy does not conserve the bill; nothing is written then.
    """
    computed = computed_of(lake, month)
    with connect() as con:
        attach_inputs(con, lake, month, versions=computed.versions)
        allocate(con, fleet)
        con.execute(f"create table replays as {sql('replay/rows')} limit 0", {"idle": "", "shared": ""})
        before = None
        for idle, shared in policies():
            policy = {"idle": idle.value, "shared": shared.value}
            con.execute("update fleet_clusters set idle_policy = $idle, shared_policy = $shared", policy)
            allocate_again(con, idle_changed=idle != before)
            con.execute(f"insert into replays by name {sql('replay/rows')}", policy)
            before = idle
        lake.replace(
            REPLAYS,
            con,
            "select * from replays",
            scope=[{"billing_period": month}],
            metadata={"month": month, "allocations": str(lake.version(ALLOCATIONS))},
        )
    return computed
