"""Bills that come again: restated, repeated, in the wrong order, with several months; totals stay right, and nothing is forgotten."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.deliveries import restatements
from analytics.difference import DiffBy, difference
from analytics.engine import connect
from analytics.lake import Lake, LakeError
from analytics.month import MonthError, computed_of
from analytics.tables import CHARGES, DELIVERIES, Table
from tests.bills import CLUSTER, NOW, Desk, line
from tests.fixtures_demo import hubledger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

AMOUNTS = st.decimals(-10_000, 10_000, places=12)


def states(desk: Desk, month: str = "2026-10") -> list[tuple[Decimal, bool, Decimal | None]]:
    """Return each delivery's sum, whether it is in force, and its difference to the one before."""
    return [(each.delivery.billed_cost, each.in_force, each.difference) for each in desk.history(month)]


def run(desk: Desk, *arguments: str, check: bool = True) -> tuple[int, str, str]:
    done = hubledger(*arguments, fleet=desk.fleet_folder, lake=desk.folder / "lake", check=check)
    return done.returncode, done.stdout, done.stderr


def test_a_bill_restated_twice_counts_once_and_all_three_are_remembered(desk: Desk) -> None:
    desk.deliver(line("10"), now=NOW)
    desk.deliver(line("10"), line("2.5"), now=NOW + timedelta(days=1))
    desk.deliver(line("9.999999999999"), now=NOW + timedelta(days=2))

    assert desk.billed() == {"2026-10": Decimal("9.999999999999")}
    assert states(desk) == [
        (Decimal(10), False, None),
        (Decimal("12.5"), False, Decimal("2.5")),
        (Decimal("9.999999999999"), True, Decimal("-2.500000000001")),
    ]
    first, second, third = desk.history()
    assert (first.superseded_at, second.superseded_at) == (second.delivery.seen_at, third.delivery.seen_at)


def test_a_bill_delivered_twice_is_one_delivery(desk: Desk) -> None:
    desk.deliver(line("10"))
    version = desk.lake.version(CHARGES)

    assert desk.ingest(NOW + timedelta(days=1)).deliveries == ()

    assert desk.lake.version(CHARGES) == version
    assert states(desk) == [(Decimal(10), True, None)]


def test_the_same_lines_in_a_newer_file_are_a_delivery_without_a_difference(desk: Desk) -> None:
    desk.deliver(line("10"))
    desk.deliver(line("10"), now=NOW + timedelta(days=1))
    assert desk.billed() == {"2026-10": Decimal(10)}
    assert states(desk) == [(Decimal(10), False, None), (Decimal(10), True, Decimal(0))]


@pytest.mark.parametrize("age", [1, 7], ids=["as it was, with its old date", "with a new date"])
def test_an_older_bill_put_back_in_place_of_a_newer_is_what_holds(desk: Desk, age: int) -> None:
    desk.write_bill(line("10"), age=1)
    desk.ingest()
    desk.write_bill(line("12"), age=2)
    desk.ingest(NOW + timedelta(days=1))
    desk.write_bill(line("10"), age=age)
    desk.ingest(NOW + timedelta(days=2))

    assert desk.billed() == {"2026-10": Decimal(10)}
    assert states(desk) == [
        (Decimal(10), False, None),
        (Decimal(12), False, Decimal(2)),
        (Decimal(10), True, Decimal(-2)),
    ]
    assert desk.ingest(NOW + timedelta(days=3)).deliveries == ()


def test_two_months_in_one_file_are_two_deliveries_each_with_its_own_history(desk: Desk) -> None:
    desk.deliver(line("10"), line("3", month="2026-09"))
    desk.deliver(line("11"), line("3", month="2026-09"), now=NOW + timedelta(days=1))
    assert desk.billed() == {"2026-09": Decimal(3), "2026-10": Decimal(11)}
    assert states(desk) == [(Decimal(10), False, None), (Decimal(11), True, Decimal(1))]
    assert states(desk, "2026-09") == [(Decimal(3), False, None), (Decimal(3), True, Decimal(0))]

    desk.deliver(line("12"), now=NOW + timedelta(days=2))  # a file that has the one month only
    assert desk.billed() == {"2026-09": Decimal(3), "2026-10": Decimal(12)}
    assert states(desk, "2026-09")[-1] == (Decimal(3), True, Decimal(0))


def test_a_delivery_cut_off_before_it_was_recorded_is_made_again_and_stands_once(desk: Desk) -> None:
    desk.deliver(line("10"))
    with connect() as con:  # what a crash between the two commits of the delivery leaves: other rows than recorded
        desk.lake.attach(con, CHARGES, view="whole")
        query = "select * replace ('x' as x_DeliveryId) from whole"
        desk.lake.replace(CHARGES, con, query, scope=[{"x_BillingPeriod": "2026-10"}])

    assert len(desk.ingest(NOW + timedelta(days=1)).deliveries) == 1

    assert desk.billed() == {"2026-10": Decimal(10)}
    assert states(desk) == [(Decimal(10), True, None)]


def test_what_another_source_delivers_in_its_place_supersedes_it(desk: Desk) -> None:
    desk.deliver(line("10"))
    desk.write_fleet("clusters/reef/cluster.yaml", CLUSTER.replace("name: bills", "name: renamed"))
    desk.ingest(NOW + timedelta(days=1))
    assert desk.billed() == {"2026-10": Decimal(10)}
    assert [(each.delivery.source, each.in_force) for each in desk.history()] == [
        ("focus:bills", False),
        ("focus:renamed", True),
    ]


def test_a_month_is_provisional_until_its_issuer_says_final_and_a_final_one_restated_is_said(desk: Desk) -> None:
    desk.deliver(line("10", invoice=""))
    assert desk.allocate().status == "provisional"
    desk.deliver(line("10.5", invoice=""), now=NOW + timedelta(days=1))
    desk.deliver(line("11"), now=NOW + timedelta(days=2))
    assert desk.allocate().status == "final"
    assert restatements(desk.history()) == ()

    desk.write_bill(line("11"), line("-0.25", category="Adjustment"))
    _, _, said = run(desk, "costs", "ingest")
    notice = "Cloud payer: the final bill of 2026-10 was restated on "
    assert f"notice: {notice}" in said
    assert said.count("-0.25 USD") == 1
    assert [note for note in desk.allocate().notes if note.startswith(notice)]
    assert [each.restates_final for each in desk.history()] == [False, False, False, True]
    assert [each.status for each in desk.history()] == ["provisional", "provisional", "final", "final"]


def test_deliveries_are_listed_in_every_format(desk: Desk) -> None:
    desk.deliver(line("10", account="0012"), line("3", month="2026-09", invoice=""))
    desk.deliver(line("11.123456789012", account="0012"), line("3", month="2026-09", invoice=""))
    _, printed, _ = run(desk, "costs", "deliveries")
    assert all(word in printed for word in ("in force", "superseded", "provisional", "final", "+1.12", "restates"))
    told = json.loads(run(desk, "costs", "deliveries", "--month", "2026-10", "--format", "json")[1])
    assert [(row["state"], row["billed_cost"], row["difference"], row["rows"]) for row in told] == [
        ("superseded", "10.000000000000", None, 1),
        ("in force", "11.123456789012", "1.123456789012", 1),
    ]
    assert {row["billing_account"] for row in told} == {"0012"}
    rows = list(csv.DictReader(io.StringIO(run(desk, "costs", "deliveries", "--format", "csv")[1])))
    assert [row["billing_period"] for row in rows] == ["2026-09", "2026-09", "2026-10", "2026-10"]
    assert rows[3] == {
        key: "" if value is None else str(value).replace("True", "true") for key, value in told[1].items()
    }
    assert (rows[3]["restates_final"], told[1]["restates_final"]) == ("true", True)
    assert run(desk, "costs", "deliveries", "--month", "2026-13", check=False)[0] == 1


def test_diff_says_by_hub_and_by_service_what_the_last_restatement_changed(desk: Desk) -> None:
    desk.deliver(line("10"), line("4", hub="red"), line("1", service="Disks"))
    desk.allocate()
    desk.deliver(line("10.5"), line("4", hub="red"), line("2", service="Nets", hub="red"))
    stale = difference(desk.lake, "2026-10")
    assert (stale.rows, stale.before) == ((), None)
    assert any("allocate --month 2026-10" in note for note in stale.notes)
    desk.allocate()
    desk.allocate()  # once more, to the same: the last two that differ are still those before

    by_hub = difference(desk.lake, "2026-10")
    assert [(row.keys["hub"], row.before, row.after, row.difference) for row in by_hub.rows] == [
        ("blue", Decimal(11), Decimal("10.5"), Decimal("-0.5")),
        ("red", Decimal(4), Decimal(6), Decimal(2)),
    ]
    assert by_hub.notes == ()
    by_service = difference(desk.lake, "2026-10", by=DiffBy.SERVICE)
    assert {row.keys["service"]: row.difference for row in by_service.rows} == {
        "Disks": Decimal(-1),
        "Machines": Decimal("0.5"),
        "Nets": Decimal(2),
    }
    for found in (by_hub, by_service):
        (total,) = found.totals
        assert (total.before, total.after) == (Decimal(15), Decimal("16.5"))
        assert sum(row.difference for row in found.rows) == total.difference


def test_diff_compares_the_versions_it_is_given(desk: Desk) -> None:
    for cost in ("10", "11", "13"):
        desk.deliver(line(cost))
    first, _, last = desk.lake.changes(CHARGES, {"x_BillingPeriod": "2026-10"})
    given = ("--by", "service", "--from", str(first), "--to", str(last))
    told = json.loads(run(desk, "costs", "diff", "--month", "2026-10", *given, "--format", "json")[1])
    assert (told["from"], told["to"], told["table"]) == (first, last, "charges")
    assert [row["difference"] for row in told["rows"]] == ["3.000000000000"]
    assert [row["difference"] for row in told["totals"]] == ["3.000000000000"]
    _, printed, _ = run(desk, "costs", "diff", "--month", "2026-10", "--by", "service")
    assert "+2" in printed
    rows = csv.DictReader(io.StringIO(run(desk, "costs", "diff", "-m", "2026-10", *given, "--format", "csv")[1]))
    assert [(row["service"], row["difference"]) for row in rows] == [("Machines", "3.000000000000")]


def test_diff_tells_what_is_not_there(desk: Desk) -> None:
    with pytest.raises(MonthError, match="costs allocate --month 2026-10"):
        difference(desk.lake, "2026-10")
    with pytest.raises(MonthError, match="costs ingest --month 2026-10"):
        difference(desk.lake, "2026-10", by=DiffBy.SERVICE)
    desk.deliver(line("10"))
    once = difference(desk.lake, "2026-10", by=DiffBy.SERVICE)
    assert (once.rows, once.before, once.notes) == ((), None, ("no earlier version of 2026-10 differs",))
    with pytest.raises(LakeError, match="version"):
        difference(desk.lake, "2026-10", by=DiffBy.SERVICE, after=99)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=st.lists(
        st.tuples(AMOUNTS, st.sampled_from("abc"), st.sampled_from(["EUR", "USD"])), min_size=1, max_size=6
    ),
    after=st.lists(st.tuples(AMOUNTS, st.sampled_from("bcd"), st.sampled_from(["EUR", "USD"])), min_size=1, max_size=6),
)
def test_differences_add_up_to_the_difference_of_the_totals(
    tmp_path_factory: pytest.TempPathFactory,
    before: Sequence[tuple[Decimal, str, str]],
    after: Sequence[tuple[Decimal, str, str]],
) -> None:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    for lines in (before, after):
        desk.deliver(*(line(cost, service=service, currency=currency) for cost, service, currency in lines))
    first, last = desk.lake.changes(CHARGES, {"x_BillingPeriod": "2026-10"})
    found = difference(desk.lake, "2026-10", by=DiffBy.SERVICE, before=first, after=last)
    for total in found.totals:
        assert total.before == sum(cost for cost, _, currency in before if currency == total.currency)
        assert total.after == sum(cost for cost, _, currency in after if currency == total.currency)
        rows = [row for row in found.rows if row.currency == total.currency]
        assert sum(row.difference for row in rows) == total.difference
        assert all(row.difference for row in rows)


def test_a_lake_from_before_deliveries_were_kept_goes_on(tmp_path: Path) -> None:
    columns = [field for field in DELIVERIES.schema if field.name != "superseded_at"]
    older = Table("deliveries", pa.schema(columns), DELIVERIES.partition_by)
    lake = Lake(str(tmp_path / "lake"))
    seen = datetime(2026, 11, 1, tzinfo=UTC)
    row = {
        "delivery_id": "1", "source": "s", "issuer": "i", "billing_account": "a", "billing_period": "2026-10", "object": "o",
        "version": "v", "rows": 1, "billed_cost": Decimal(1), "currency": "USD", "final": True, "seen_at": seen,
    }  # fmt: skip
    with connect() as con:
        con.register("old", pa.Table.from_pylist([row], schema=older.schema))
        lake.replace(older, con, "from old", scope=[{"source": "s"}])
        con.register("new", pa.Table.from_pylist([row | {"superseded_at": seen}], schema=DELIVERIES.schema))
        query = "select * replace ('2026-11' as billing_period) from new"
        lake.replace(DELIVERIES, con, query, scope=[{"billing_period": "2026-11"}])
        lake.attach(con, DELIVERIES)
        told = con.execute("select billing_period, superseded_at is null from deliveries order by all").fetchall()
    assert told == [("2026-10", True), ("2026-11", False)]


def test_a_restated_month_can_still_be_explained_as_it_was_allocated(desk: Desk) -> None:
    desk.deliver(line("10"))
    desk.allocate()
    before = computed_of(desk.lake, "2026-10").versions["charges"]
    desk.deliver(line("20"))
    _, told, _ = run(desk, "costs", "explain", "--month", "2026-10", "--hub", "blue", "--json")
    assert sum(Decimal(row["cost"]) for row in json.loads(told)["figures"]) == Decimal(10)
    assert json.loads(told)["versions"]["charges"] == before
