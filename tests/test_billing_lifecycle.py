"""A month's way through the ledger: drafts, close, issue, and what must not happen on it; on both engines."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from billing import ledger_entries, ledger_rows
from billing.closing import CloseError, close
from billing.compute import Computation, Draft, compute
from billing.drafting import Actor, DraftError, draft, replace_drafts
from billing.issuing import IssueError, issue
from billing.ledger import Ledger
from billing.payments import PaymentError, pay
from billing.verifying import verify
from terraform.contract import Grant, OneOff, Tier, UsageFee
from tests.books import BOOKKEEPER, MONTH, NINETEEN, NOW, contract, cost, facts, inputs
from tests.fixtures_demo import REPOSITORY

if TYPE_CHECKING:
    from tests.books import World
    from tests.fixtures_postgres import Database

MONTHS = [f"2026-{number:02}" for number in range(1, 11)]


def drafted(ledger: Ledger, world: World, month: str = MONTH) -> tuple[ledger_rows.DraftRow, ...]:
    return draft(ledger, world.lake, world.fleet, month, actor=BOOKKEEPER)


def issued(ledger: Ledger, world: World, month: str = MONTH) -> tuple[ledger_rows.Issued, ...]:
    drafted(ledger, world, month)
    close(ledger, world.lake, world.fleet, month, actor=BOOKKEEPER)
    return issue(ledger, month, actor=BOOKKEEPER)


def test_a_month_is_drafted_closed_and_issued(ledger: Ledger, world: World) -> None:
    world.month(cost("10.006"), cost("5", "one/staging", None))
    (first,) = drafted(ledger, world)
    assert (first.document.number, first.document.status, first.document.totals.payable) == (
        None,
        "draft",
        Decimal("10.01"),
    )
    closed = close(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)
    assert (closed.drafts, closed.already) == (1, False)
    (invoice,) = issue(ledger, MONTH, actor=BOOKKEEPER)
    assert (invoice.number, invoice.document.issue_date, invoice.document.due_date) == (
        "INV-2026-0001",
        date(2026, 10, 5),
        date(2026, 11, 4),
    )
    assert invoice.document.payment_terms is not None
    assert verify(ledger, world.lake).faults == ()
    with ledger.read() as con:
        assert [(each.action, each.number) for each in ledger_rows.events(con)] == [
            ("draft", ""),
            ("draft", ""),
            ("close", ""),
            ("issue", "INV-2026-0001"),
        ]


def test_a_draft_made_anew_replaces_the_one_before(ledger: Ledger, world: World) -> None:
    world.month(cost("10"))
    drafted(ledger, world)
    world.month(cost("11"))
    drafted(ledger, world)
    with ledger.read() as con:
        (only,) = ledger_rows.drafts(con)
    assert only.document.totals.payable == 11


def test_issuing_twice_issues_once(ledger: Ledger, world: World) -> None:
    world.month(cost("10"))
    assert len(issued(ledger, world)) == 1
    assert issue(ledger, MONTH, actor=BOOKKEEPER) == ()
    with ledger.read() as con:
        assert len(ledger_rows.issued(con)) == 1


def test_closing_twice_closes_once(ledger: Ledger, world: World) -> None:
    world.month(cost("10"))
    issued(ledger, world)
    assert close(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER).already


def test_an_open_month_is_not_issued(ledger: Ledger, world: World) -> None:
    world.month(cost("10"))
    drafted(ledger, world)
    with pytest.raises(IssueError, match="2026-09 is not closed: review its drafts"):
        issue(ledger, MONTH, actor=BOOKKEEPER)


def test_a_provisional_bill_is_not_closed_without_a_reason(ledger: Ledger, world: World) -> None:
    world.month(cost("10"), final=False)
    drafted(ledger, world)
    with pytest.raises(CloseError, match="the bill of Cloud payer is provisional: wait for the final one"):
        close(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)
    close(ledger, world.lake, world.fleet, MONTH, provisional="The fiscal year ends", actor=BOOKKEEPER)
    (invoice,) = issue(ledger, MONTH, actor=BOOKKEEPER)
    basis = invoice.document.basis
    assert (basis.bills, basis.provisional_reason) == ("provisional", "The fiscal year ends")
    assert verify(ledger, world.lake).faults == ()


def test_what_was_not_reviewed_is_not_closed(ledger: Ledger, world: World) -> None:
    world.month(cost("10"))
    with pytest.raises(CloseError, match="reef is not drafted: run `hubledger invoices draft --month 2026-09`"):
        close(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)
    drafted(ledger, world)
    world.month(cost("11"))
    with pytest.raises(CloseError, match="the draft of reef is not what would be drafted now"):
        close(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)
    with ledger.read() as con:
        period = ledger_rows.period(con, MONTH)
    assert period is not None
    assert not period.closed


def test_what_could_not_be_issued_is_not_closed(ledger: Ledger, world: World) -> None:
    world.contracts["reef"] = contract(
        pass_through_tax=NINETEEN, one_off=(OneOff(date(2026, 9, 3), Decimal(5), "Set-up"),)
    )
    world.month(cost("10"))
    drafted(ledger, world)
    with pytest.raises(CloseError, match="the draft of reef could not be issued: lines outside the scope of VAT"):
        close(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)


def test_a_bill_that_changed_since_it_was_allocated_is_not_closed(ledger: Ledger, world: World) -> None:
    world.month(cost("10"))
    drafted(ledger, world)
    world.bill_changes(cost("10.5"))
    with pytest.raises(CloseError, match=r"the bill of Cloud payer has changed by \+0\.5 USD since it was allocated"):
        close(ledger, world.lake, world.fleet, MONTH, actor=BOOKKEEPER)


def test_a_closed_month_is_not_drafted_again(ledger: Ledger, world: World) -> None:
    world.month(cost("10"))
    issued(ledger, world)
    with pytest.raises(
        DraftError, match="2026-09 is closed: what a restated bill changes is drafted by `hubledger invoices adjust"
    ):
        drafted(ledger, world)


def test_an_unknown_community_is_refused(ledger: Ledger, world: World) -> None:
    world.month(cost("10"))
    with pytest.raises(DraftError, match="no community 'ref' in the fleet; there are reef"):
        draft(ledger, world.lake, world.fleet, MONTH, communities=["ref"], actor=BOOKKEEPER)


def test_numbers_begin_again_each_year_and_follow_dates(ledger: Ledger, world: World) -> None:
    for month in ("2026-07", "2026-08", "2026-09"):
        world.month(cost("10", day=date(2026, int(month[-2:]), 10)), month=month)
    issued(ledger, world, "2026-07")
    drafted(ledger, world, "2026-08")
    close(ledger, world.lake, world.fleet, "2026-08", actor=BOOKKEEPER)
    (january,) = issue(ledger, "2026-08", day=date(2027, 1, 2), actor=BOOKKEEPER)
    assert january.number == "INV-2027-0001"
    drafted(ledger, world, "2026-09")
    close(ledger, world.lake, world.fleet, "2026-09", actor=BOOKKEEPER)
    with pytest.raises(IssueError, match="a document of 2027-01-02 is issued already"):
        issue(ledger, "2026-09", day=date(2026, 12, 31), actor=BOOKKEEPER)
    assert [each.number for each in issue(ledger, "2026-09", day=date(2027, 1, 2), actor=BOOKKEEPER)] == [
        "INV-2027-0002"
    ]
    assert verify(ledger, world.lake).faults == ()


def test_a_grant_is_used_up_over_months_and_never_past_its_ceiling(ledger: Ledger, world: World) -> None:
    grant = Grant("OCE-1", "Agency", Decimal(25), date(2026, 1, 1), date(2027, 1, 1))
    world.contracts["reef"] = contract(grants=(grant,))
    charged = []
    for month in ("2026-07", "2026-08", "2026-09", "2026-10"):
        world.month(cost("10", day=date(2026, int(month[-2:]), 10)), month=month)
        (invoice,) = issued(ledger, world, month)
        charged.append([(each.before, each.charged) for each in invoice.document.awards])
    nothing, ten = Decimal(0), Decimal(10)
    assert charged == [[(nothing, ten)], [(ten, ten)], [(Decimal(20), Decimal(5))], []]
    assert verify(ledger, world.lake).faults == ()


def test_a_later_month_that_was_closed_first_has_its_part_of_a_grant(ledger: Ledger, world: World) -> None:
    world.contracts["reef"] = contract(
        grants=(Grant("OCE-1", "Agency", Decimal(25), date(2026, 1, 1), date(2027, 1, 1)),)
    )
    world.month(cost("20"))
    world.month(cost("20", day=date(2026, 10, 3)), month="2026-10")
    for month in ("2026-10", MONTH):
        drafted(ledger, world, month)
        close(ledger, world.lake, world.fleet, month, actor=BOOKKEEPER)
    charged = [
        award.charged
        for month in (MONTH, "2026-10")
        for each in issue(ledger, month, actor=BOOKKEEPER)
        for award in each.document.awards
    ]
    assert charged == [5, 20]


def test_a_contract_s_usage_fee_is_for_the_days_that_it_bills(ledger: Ledger, world: World) -> None:
    fee = UsageFee((Tier(None, Decimal(2)),))
    world.contracts["reef"] = contract(usage=fee, end=date(2026, 9, 16))
    world.month(cost("10", day=date(2026, 9, 2)), users={"one/blue": 10})
    (half,) = drafted(ledger, world)
    assert [(line.quantity, line.net) for line in half.document.lines] == [
        (Decimal(1), Decimal(10)),
        (Decimal(5), Decimal(10)),
    ]


def test_payments_add_up_to_what_is_due_and_no_more(ledger: Ledger, world: World) -> None:
    world.month(cost("10"))
    (invoice,) = issued(ledger, world)
    assert pay(ledger, invoice.number, Decimal(4), actor=BOOKKEEPER).due == 6
    with pytest.raises(PaymentError, match=r"INV-2026-0001: 6\.00 USD is due, not 6\.01"):
        pay(ledger, invoice.number, Decimal("6.01"), actor=BOOKKEEPER)
    assert pay(ledger, invoice.number, Decimal(-4), reference="bounced", actor=BOOKKEEPER).paid == 0
    with pytest.raises(PaymentError, match="no more can go back"):
        pay(ledger, invoice.number, Decimal(-1), actor=BOOKKEEPER)
    assert pay(ledger, invoice.number, None, actor=BOOKKEEPER).due == 0
    with pytest.raises(PaymentError, match="nothing is due"):
        pay(ledger, invoice.number, None, actor=BOOKKEEPER)
    with ledger.read() as con:
        assert [each.paid for each in ledger_rows.issued(con)] == [10]


def stock(ledger: Ledger, months: list[str], *, each: int) -> None:
    """Put closed months with so many drafts each into a ledger, without a lake."""
    names = [f"community-{number:02}" for number in range(each)]
    for month in months:
        given = replace(inputs({name: contract() for name in names}), month=month)
        made: Computation = compute(
            replace(facts(*(cost("10", f"one/{name}", name) for name in names)), month=month), given, today=NOW.date()
        )
        assert all(isinstance(one, Draft) for one in made.drafts)
        with ledger.write() as con:
            ledger_entries.open_period(con, month)
            replace_drafts(con, month, made, given, (), BOOKKEEPER)
            ledger_entries.close_period(con, month, given.fingerprint, reason="", at=NOW, who="bookkeeper")
            ledger_entries.note(con, ledger_rows.Event(NOW, "bookkeeper", "close", month, "", "final"))


@pytest.mark.slow
def test_of_two_hundred_who_issue_at_once_each_number_is_given_once_and_none_is_left_out(postgres: Database) -> None:
    ledger = Ledger(postgres.url)
    stock(ledger, MONTHS, each=6)

    def call(number: int) -> list[str]:
        mine = Ledger(postgres.url)
        try:
            found = issue(mine, MONTHS[number % len(MONTHS)], actor=Actor(f"clerk {number}", NOW))
        finally:
            mine.close()
        return [each.number for each in found]

    with ThreadPoolExecutor(40) as pool:
        given = sorted(number for numbers in pool.map(call, range(200)) for number in numbers)
    assert given == [f"INV-2026-{number:04}" for number in range(1, 61)]
    with ledger.read() as con:
        found = ledger_rows.issued(con)
        assert ledger_rows.drafts(con) == ()
    assert [each.number for each in found] == given
    assert len({(each.month, each.community) for each in found}) == 60
    assert verify(ledger, None).faults == ()
    ledger.close()


def test_a_ledger_that_several_make_at_once_is_made_once(ledger_url: str) -> None:
    def make(_: int) -> int:
        mine = Ledger(ledger_url)
        try:
            with mine.write() as con:
                return int(con.execute(text("select count(*) from alembic_version")).scalar_one())
        finally:
            mine.close()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(make, range(8))) == [1] * 8


@pytest.mark.slow
def test_killed_at_any_moment_issue_has_issued_the_whole_month_or_nothing(ledger: Ledger, ledger_url: str) -> None:
    stock(ledger, [MONTH], each=2)
    ledger.close()
    done = subprocess.run(
        [sys.executable, "-m", "tests.killed_issue", ledger_url, MONTH],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    states = json.loads(done.stdout)
    nothing = {"drafts": 2, "invoices": 0, "lines": 0, "credit_notes": 0, "events": 2}
    whole = {"drafts": 0, "invoices": 2, "lines": 2, "credit_notes": 0, "events": 4}
    killed = [{name: rows for name, rows in state.items() if name != "killed"} for state in states if state["killed"]]
    assert killed.count(nothing) > 30  # before and after each of its statements
    assert killed == [nothing] * killed.count(nothing) + [whole] * killed.count(whole)
    assert whole in killed  # once it was committed
    assert states[-1] == {"killed": False, **whole}
    assert verify(ledger, None).faults == ()
