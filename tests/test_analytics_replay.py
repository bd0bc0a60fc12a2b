"""A month under other policies: the allocation itself, run again from where a policy matters."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from analytics.allocate import allocate
from analytics.engine import connect
from analytics.lake import Lake
from analytics.month import MonthError, attach_inputs, computed_of
from analytics.replay import policies, replay
from analytics.tables import ALLOCATIONS, REPLAYS
from terraform.fleet import IdlePolicy, SharedPolicy
from terraform.fleet_files import load

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures_demo import Demo

MONTH = "2026-10"


@pytest.fixture(scope="module")
def replayed(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Return a copy of the demo's lake with the month replayed."""
    folder = tmp_path_factory.mktemp("replayed") / "lake"
    shutil.copytree(demo.lake, folder)
    lake = Lake(str(folder))
    replay(lake, load(demo.fleet), MONTH)
    return lake


def _rows(lake: Lake, query: str) -> list[tuple[object, ...]]:
    with connect() as con:
        lake.attach(con, REPLAYS, where={"billing_period": MONTH})
        lake.attach(con, ALLOCATIONS, where={"billing_period": MONTH})
        return con.execute(query).fetchall()


def test_every_policy_conserves_the_month_in_every_currency(replayed: Lake) -> None:
    whole = _rows(
        replayed, "select currency, sum(billed_cost), sum(effective_cost) from allocations group by all order by all"
    )
    found = _rows(
        replayed,
        "select idle, shared, currency, sum(billed_cost), sum(effective_cost) from replays group by all order by all",
    )
    assert [row[2:] for row in found] == whole * len(list(policies()))


@pytest.mark.parametrize(
    ("idle", "shared"),
    [(IdlePolicy.PROPORTIONAL, SharedPolicy.BY_USERS), (IdlePolicy.EVEN, SharedPolicy.OPERATOR)],
)
def test_a_replay_is_what_allocating_under_that_policy_gives(
    replayed: Lake, demo: Demo, idle: IdlePolicy, shared: SharedPolicy
) -> None:
    fleet = load(demo.fleet)
    clusters = tuple(replace(each, policy=replace(each.policy, idle=idle, shared=shared)) for each in fleet.clusters)
    columns = "cluster, community, hub, basis, currency, sum(billed_cost), sum(effective_cost)"
    with connect() as con:
        attach_inputs(con, replayed, MONTH, versions=computed_of(replayed, MONTH).versions)
        allocate(con, replace(fleet, clusters=clusters))
        allocated = con.execute(f"select {columns} from allocations group by all order by all").fetchall()
    of_policy = f"idle = '{idle}' and shared = '{shared}'"
    assert allocated == _rows(replayed, f"select {columns} from replays where {of_policy} group by all order by all")


def test_what_the_operator_keeps_is_no_hubs(replayed: Lake) -> None:
    kept = f"idle = '{IdlePolicy.OPERATOR}' and shared = '{SharedPolicy.OPERATOR}'"
    rows = _rows(
        replayed, f"select basis, sum(billed_cost) from replays where hub is null and {kept} group by all order by all"
    )
    assert {row[0] for row in rows} >= {"idle", "shared"}
    # A hub keeps the idle part of directories and machines that are its alone, so idle is not zero; shared is.
    assert _rows(replayed, f"select count(*) from replays where hub is not null and basis = 'shared' and {kept}") == [
        (0,)
    ]


def test_a_month_that_is_not_allocated_is_not_replayed(demo: Demo, tmp_path: Path) -> None:
    with pytest.raises(MonthError, match="2031-01 is not allocated"):
        replay(Lake(str(demo.lake)), load(demo.fleet), "2031-01")


def test_a_second_replay_replaces_the_first(replayed: Lake, demo: Demo) -> None:
    before = _rows(replayed, "select count(*) from replays")
    replay(replayed, load(demo.fleet), MONTH)
    assert _rows(replayed, "select count(*) from replays") == before
