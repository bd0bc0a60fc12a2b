"""What infrastructure asks of the lake: node-hours and cost of pools, storage by kind, and communities' month so far."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from analytics.engine import connect
from analytics.lake import Lake
from analytics.tables import CHARGES, NODES
from analytics.unit_costs import unit_costs
from examples.demo import MONTHS
from terraform.fleet_files import load

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures_demo import Demo


def test_a_pools_hours_and_cost_are_those_of_its_nodes(demo: Demo) -> None:
    found = unit_costs(load(demo.folder / "fleet"), str(demo.folder / "lake"))
    assert found is not None
    month = MONTHS[-1]
    (pool,) = (
        each for each in found.pools if (each.cluster, each.pool, each.month) == ("tidewater", "nb-large", month)
    )
    lake = Lake(str(demo.folder / "lake"))
    with connect() as con:
        lake.attach(con, NODES)
        lake.attach(con, CHARGES, where={"x_BillingPeriod": month})
        hours = con.execute(
            "select count(*) from nodes where cluster = 'tidewater' and pool = 'nb-large' and day like ?", [f"{month}%"]
        ).fetchone()
        cost = con.execute("select sum(EffectiveCost) from charges where x_Pool = 'nb-large'").fetchone()
    assert hours is not None
    assert cost is not None
    assert (pool.node_hours, pool.cost, pool.currency) == (Decimal(hours[0]), cost[0], "USD")
    assert {each.month for each in found.pools} == set(MONTHS), "the month under way says too little of a month's hours"


def test_storage_is_told_by_the_bills_word_for_it(demo: Demo) -> None:
    found = unit_costs(load(demo.folder / "fleet"), str(demo.folder / "lake"))
    assert found is not None
    kinds = {each.kind for each in found.storage if each.cluster == "tidewater"}
    assert "Balanced PD Capacity in Iowa" in kinds
    assert all(each.gib_hours > 0 for each in found.storage)


def test_a_month_that_is_not_allocated_is_not_known(demo: Demo) -> None:
    found = unit_costs(load(demo.folder / "fleet"), str(demo.folder / "lake"))
    assert found is not None
    assert found.month_to_date("2031-01") is None
    spent = found.month_to_date(MONTHS[-1])
    assert spent is not None
    assert spent["northern-sky"]["USD"].quantize(Decimal("0.01")) == Decimal("1351.67")


def test_without_a_lake_there_is_nothing(demo: Demo, tmp_path: Path) -> None:
    assert unit_costs(load(demo.folder / "fleet"), str(tmp_path / "nowhere")) is None
    assert unit_costs(load(demo.folder / "fleet"), str(tmp_path)) is None
