"""What a viewer gets of the lake: its communities' rows, and nothing else, whatever it asks for."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.engine import connect
from analytics.lake import Lake
from analytics.month import Computed
from analytics.rates import Conversion, UsedRate
from analytics.report import By, Cost, report
from analytics.tables import ALLOCATIONS, CHARGES
from dashboard import data, finance_data, fleet_data
from dashboard import state as states
from dashboard.data import KEYS, NOBODYS, Sum
from dashboard.month_story import BY_DAY, KIND, outlook, story
from dashboard.sight import SQL, NotYours, look
from dashboard.viewer import NOBODY, Role, Viewer
from terraform.fleet import Membership
from terraform.fleet_files import load

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures_demo import Demo
    from tests.fixtures_long_lake import LongLake

OPERATOR, FINANCE = Viewer(Role.OPERATOR), Viewer(Role.FINANCE)
NAMES = ("community-00", "community-01", "community-02", "a-stranger", "", NOBODYS)
MONTHS = ("2026-10", "2026-11")


def community(*names: str, guest: bool = False) -> Viewer:
    return Viewer(Role.COMMUNITY, frozenset(names), guest=guest)


@pytest.fixture(scope="module")
def whole(long_lake: LongLake) -> data.Costs:
    """Return all there is of MONTHS, by every column."""
    return data.costs(long_lake.lake, long_lake.fleet, OPERATOR, long_lake.state, MONTHS, KEYS, currency="USD")


@settings(max_examples=25)
@given(
    mine=st.sets(st.sampled_from(NAMES)),
    by=st.lists(st.sampled_from(KEYS), min_size=1, max_size=4, unique=True).map(tuple),
    only=st.dictionaries(
        st.sampled_from(("cluster", "community", "hub")), st.sampled_from((*NAMES, "hub-001", "cluster-00")), max_size=2
    ),
    guest=st.booleans(),
)
def test_a_communitys_viewer_sees_the_sums_of_its_own_rows_whatever_it_asks_for(
    long_lake: LongLake, whole: data.Costs, mine: set[str], by: tuple[str, ...], only: dict[str, str], guest: bool
) -> None:
    viewer = community(*mine, guest=guest)
    found = data.costs(long_lake.lake, long_lake.fleet, viewer, long_lake.state, MONTHS, by, currency="USD", only=only)
    place = {name: KEYS.index(name) for name in KEYS}
    expected: dict[data.Key, Sum] = {}
    for key, each in whole.rows:
        fits = all(key[place[name]] == value for name, value in only.items())
        if fits and key[place["community"]] in mine:
            at = tuple(key[place[name]] for name in by)
            expected[at] = expected.get(at, Sum()) + each
    assert dict(found.rows) == expected


@pytest.mark.parametrize("viewer", [NOBODY, community(), Viewer(None, frozenset(NAMES)), community("a-stranger")])
def test_without_a_role_or_a_community_of_the_fleet_there_is_nothing_to_see(
    long_lake: LongLake, viewer: Viewer
) -> None:
    place = (long_lake.lake, long_lake.fleet, viewer, long_lake.state)
    assert data.costs(*place, MONTHS, ("community",), currency="USD").rows == ()
    assert data.currencies(*place, "2026-10") == ()
    assert data.communities(*place, MONTHS) == ()
    assert data.monthly_activity(*place, MONTHS) == ()
    assert data.daily_activity(*place, MONTHS) == ()


@pytest.mark.parametrize("viewer", [OPERATOR, FINANCE])
def test_operators_and_finance_see_the_whole_bill(long_lake: LongLake, viewer: Viewer) -> None:
    found = data.costs(
        long_lake.lake, long_lake.fleet, viewer, long_lake.state, ("2026-10",), ("community",), currency="USD"
    )
    told = report(long_lake.lake, "2026-10", by=By.COMMUNITY)
    assert found.total.cost == told.totals["USD"]
    assert (None,) in dict(found.rows)


def test_what_is_for_other_roles_is_refused_before_anything_is_read(long_lake: LongLake, tmp_path: Path) -> None:
    place = (long_lake.lake, long_lake.fleet)
    for viewer in (community("community-00"), NOBODY):
        with pytest.raises(NotYours):
            fleet_data.bills(*place, viewer, long_lake.state, "2026-10")
        with pytest.raises(NotYours):
            finance_data.books(str(tmp_path / "no-ledger.sqlite"), viewer)
        assert (
            finance_data.grants(str(tmp_path / "no-ledger.sqlite"), long_lake.fleet, NOBODY, date(2026, 11, 20)) == ()
        )
    for viewer in (community("community-00"), NOBODY, FINANCE):
        with pytest.raises(NotYours):
            fleet_data.idle_hours(*place, viewer, long_lake.state, "2026-10", "cluster-00")
        with pytest.raises(NotYours):
            fleet_data.findings(*place, viewer, long_lake.state, "2026-10")
        with pytest.raises(NotYours):
            fleet_data.replays(*place, viewer, long_lake.state, "2026-10", "USD")
    with pytest.raises(NotYours), look(*place, OPERATOR, long_lake.state, tables={"charges": {}}):
        pass


def test_no_query_of_the_dashboard_names_a_table_itself() -> None:
    views = {"seen", "unconverted"}
    for file in sorted(SQL.glob("*.sql")):
        text = re.sub(r"--.*", "", file.read_text())
        named = set(re.findall(r"\b(?:from|join)\s+([a-z_]+)", text))
        assert "charges" not in named, file.name
        assert named.isdisjoint({"all_converted", "allocations", "activity"}) or file.stem in {
            *views,
            "seen_days",
            "seen_months",
        }


def test_small_counts_are_shown_to_the_hubs_own_community_only(long_lake: LongLake) -> None:
    """Hub n has n + 1 users: those of hubs 0 to 3 are fewer than five."""

    def users(viewer: Viewer) -> dict[str, int | None]:
        found = data.monthly_activity(long_lake.lake, long_lake.fleet, viewer, long_lake.state, ("2026-10",))
        return {each.hub: each.users for each in found}

    assert users(OPERATOR) == {"hub-000": None, "hub-001": None, "hub-002": None, "hub-003": None, "hub-004": 5}
    assert users(community("community-00")) == {"hub-000": 1, "hub-003": 4}
    assert users(community("community-00", guest=True)) == {"hub-000": None, "hub-003": None}
    days = data.daily_activity(long_lake.lake, long_lake.fleet, FINANCE, long_lake.state, ("2026-10",))
    assert {each.hub for each in days if each.users is not None} == {"hub-004"}


def test_a_hub_of_two_communities_in_a_month_shows_small_counts_to_neither(long_lake: LongLake) -> None:
    first, second = (
        Membership("cluster-00", "hub-000", None, date(2026, 10, 11)),
        Membership("cluster-00", "hub-000", date(2026, 10, 11)),
    )
    communities = tuple(
        replace(each, hubs=tuple(hub for hub in each.hubs if hub.hub != "hub-000") + extra)
        for each, extra in zip(long_lake.fleet.communities, ((first,), (second,), ()), strict=True)
    )
    fleet = replace(long_lake.fleet, communities=communities)
    for name, days in (("community-00", 10), ("community-01", 21)):
        viewer = community(name)
        month = data.monthly_activity(long_lake.lake, fleet, viewer, long_lake.state, ("2026-10",))
        mine = next(each for each in month if each.hub == "hub-000")
        assert mine.users is None
        assert mine.server_hours == Decimal("1.5") * days  # its own days'
        daily = data.daily_activity(long_lake.lake, fleet, viewer, long_lake.state, ("2026-10",))
        assert len([each for each in daily if each.hub == "hub-000"]) == days


def test_a_month_is_seen_in_its_reporting_currency_as_its_report_says(demo: Demo, tmp_path: Path) -> None:
    shutil.copytree(demo.lake, tmp_path / "lake")
    lake, fleet = Lake(str(tmp_path / "lake")), load(demo.fleet)
    with connect() as con:
        lake.attach(con, ALLOCATIONS, where={"billing_period": "2026-10"})
        accounts = con.execute("select distinct issuer, billing_account, currency from allocations").fetchall()
        used = tuple(
            UsedRate(issuer, account, currency, Decimal("0.91237"), "a table") for issuer, account, currency in accounts
        )
        computed = Computed("2026-10", "final", {CHARGES.name: 0}, (), Conversion("EUR", used))
        lake.replace(
            ALLOCATIONS,
            con,
            "select * from allocations",
            scope=[{"billing_period": "2026-10"}],
            metadata=computed.to_metadata(),
        )
    state = states.state(lake, states.versions(lake))
    told = report(lake, "2026-10", by=By.COMMUNITY)
    for cost in Cost:
        found = data.costs(lake, fleet, OPERATOR, state, ("2026-10",), ("community",), currency="EUR", cost=cost)
        assert found.total.cost == report(lake, "2026-10", by=By.COMMUNITY, cost=cost).reporting_total
    assert data.currencies(lake, fleet, OPERATOR, state, "2026-10") == ("EUR", "USD")
    whose = told.rows[0].keys["community"] or ""
    mine = data.costs(lake, fleet, community(whose), state, ("2026-09", "2026-10"), ("billing_period",), currency="EUR")
    expected = sum(
        (row.reporting_cost or Decimal(0) for row in told.rows if row.keys["community"] == whose), Decimal(0)
    )
    assert dict(mine.rows) == {("2026-10",): mine.total}
    assert mine.total.cost == expected


def test_coverage_is_that_of_the_report(demo: Demo) -> None:
    lake, fleet = Lake(str(demo.lake)), load(demo.fleet)
    state = states.state(lake, states.versions(lake))
    found = data.costs(
        lake, fleet, OPERATOR, state, ("2026-10",), ("cluster", "component", "basis", "rule"), currency="USD"
    )
    told = {tuple(row.keys.values()): row.coverage for row in report(lake, "2026-10", by=By.CLUSTER).rows}
    assert {key: each.coverage.quantize(Decimal("0.000001")) for key, each in found.rows} == told


def test_what_is_read_stays_the_same_while_the_lake_is_written(long_lake: LongLake, tmp_path: Path) -> None:
    shutil.copytree(long_lake.folder / "lake", tmp_path / "lake")
    lake = Lake(str(tmp_path / "lake"))
    state = states.state(lake, states.versions(lake))
    ask = (lake, long_lake.fleet, OPERATOR, state, ("2026-10",), ("hub",))
    before = data.costs(*ask, currency="USD")
    with connect() as con:
        lake.attach(con, ALLOCATIONS, where={"billing_period": "2026-10"})
        query = "select * replace (billed_cost * 2 as billed_cost) from allocations"
        lake.replace(
            ALLOCATIONS,
            con,
            query,
            scope=[{"billing_period": "2026-10"}],
            metadata=state.months[0].computed.to_metadata(),
        )
    assert data.costs(*ask, currency="USD") == before
    newer = states.state(lake, states.versions(lake))
    assert data.costs(lake, long_lake.fleet, OPERATOR, newer, ("2026-10",), ("hub",), currency="USD") != before


def test_state_tells_what_is_allocated_and_what_waits(long_lake: LongLake, tmp_path: Path) -> None:
    assert [each.month for each in long_lake.state.months][:2] == ["2025-10", "2025-11"]
    assert [each.final for each in long_lake.state.months] == [True] * 13 + [False]
    assert long_lake.state.waiting == ()
    assert long_lake.state.until("2026-01", 12) == ("2025-10", "2025-11", "2025-12", "2026-01")
    nothing = Lake(str(tmp_path / "nothing"))
    assert states.state(nothing, states.versions(nothing)) == states.State((), (), ())
    shutil.copytree(long_lake.folder / "lake" / "deliveries", tmp_path / "half" / "deliveries")
    half = Lake(str(tmp_path / "half"))
    assert states.state(half, states.versions(half)).waiting[-1] == "2026-11"


def test_bills_add_up_and_idle_hours_are_parts(demo: Demo) -> None:
    lake, fleet = Lake(str(demo.lake)), load(demo.fleet)
    state = states.state(lake, states.versions(lake))
    bills = fleet_data.bills(lake, fleet, FINANCE, state, "2026-10")
    assert [each.difference for each in bills] == [Decimal(0)] * 3
    assert sum(each.delivered for each in bills) == report(lake, "2026-10").totals["USD"]
    hours = fleet_data.idle_hours(lake, fleet, OPERATOR, state, "2026-10", "northlight")
    assert {each.pool for each in hours} == {"gpu", "nb"}
    assert all(0 <= each.idle <= 1 for each in hours)
    assert len({(each.pool, each.weekday, each.hour) for each in hours}) == len(hours)


def test_the_days_on_which_a_machine_was_kept_stand_out(demo: Demo) -> None:
    """The example keeps a GPU machine from 13 to 15 October."""
    lake, fleet = Lake(str(demo.lake)), load(demo.fleet)
    state = states.state(lake, states.versions(lake))
    found = fleet_data.unusual_days(lake, fleet, OPERATOR, state, "2026-10", "USD")
    assert {(each.day.day, each.hub, each.component) for each in found[:3]} == {
        (day, "aurora", "gpu") for day in (13, 14, 15)
    }
    assert all(each.cost > 2 * each.usual for each in found)
    of_another = fleet_data.unusual_days(lake, fleet, community("meadow-schools"), state, "2026-10", "USD")
    assert not any(each.hub == "aurora" for each in of_another)


def test_the_fleet_compares_a_part_of_a_month_as_its_communities_do(demo: Demo) -> None:
    lake, fleet = Lake(str(demo.lake)), load(demo.fleet)
    state = states.state(lake, states.versions(lake))
    ask = (lake, fleet, OPERATOR, state, MONTHS)
    ahead = outlook("2026-11", data.costs(*ask, ("billing_period", "day", *KIND), currency="USD"))
    assert ahead is not None
    assert {component for _, _, component, _ in ahead.once} == {"support", "tax"}
    compared = data.costs(
        *ask, ("billing_period", "community"), currency="USD", days=ahead.days, without=ahead.once
    ).fold("billing_period", "community")
    for name in [each.name for each in fleet.communities]:
        days = data.costs(*ask, BY_DAY, currency="USD", only={"community": name})
        told = story("2026-11", final=False, days=days, activity=()).compared
        assert told is not None
        assert told.days == ahead.days == 19
        assert [told.cost_before, told.cost_after] == [compared[month, name].cost for month in MONTHS]
