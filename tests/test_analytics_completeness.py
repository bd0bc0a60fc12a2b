"""Is the bill whole? What an invoice states beside our sum, by account and by invoice, and how corrections are kept."""

from __future__ import annotations

import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from analytics.engine import connect
from analytics.invoice_totals import Statement, StatementError, read_amount, state, statements
from analytics.month import MonthError
from analytics.reconcile import Reconciliation, reconcile
from tests.bills import NOW, Desk, line
from tests.fixtures_demo import hubledger

if TYPE_CHECKING:
    from analytics.reconcile import Account


def run(desk: Desk, *arguments: str) -> tuple[int, str, str]:
    done = hubledger(*arguments, fleet=desk.fleet_folder, lake=desk.folder / "lake", check=False)
    return done.returncode, done.stdout, done.stderr


def stated(desk: Desk, amount: str | None, *, days: int = 0, **options: str) -> Statement:
    about = {"issuer": "Cloud", "billing_account": "payer", "currency": "USD", **options}
    entered = None if amount is None else Decimal(amount)
    return state(desk.lake, "2026-10", amount=entered, now=NOW + timedelta(days=days), **about)


def bill(desk: Desk, *costs: str, **columns: Any) -> None:
    desk.deliver(*(line(cost, **columns) for cost in costs))
    desk.allocate()


def only(found: Reconciliation) -> Account:
    (account,) = found.accounts
    return account


def test_the_bill_stands_in_kinds_of_line_that_add_up_to_it(desk: Desk) -> None:
    desk.deliver(
        line("100.1", issuer="Amazon Web Services"),
        line("20", category="Purchase", issuer="Amazon Web Services"),
        line("-5.05", category="Credit", issuer="Amazon Web Services"),
        line("11.5", category="Tax", issuer="Amazon Web Services"),
        line("-0.000000000001", category="Adjustment", issuer="Amazon Web Services"),
        line("30", service="AWS Support (Business)", issuer="Amazon Web Services"),
    )
    desk.allocate()
    account = only(reconcile(desk.lake, "2026-10"))
    assert (account.charges, account.support) == (Decimal("120.1"), Decimal(30))
    assert (account.credits, account.tax) == (Decimal("-5.05"), Decimal("11.5"))
    assert account.adjustments == Decimal("-0.000000000001")
    kinds = account.charges + account.support + account.credits + account.tax + account.adjustments
    assert kinds == account.bill == Decimal("156.549999999999")


@pytest.mark.parametrize(
    ("currency", "ours", "states", "complete"),
    [
        ("USD", "10.004", "10.00", True),
        ("USD", "10.005", "10.00", True),  # a half may be rounded either way
        ("USD", "10.005", "10.01", True),
        ("USD", "10.005000000001", "10.00", False),
        ("USD", "10.004", "10.01", False),
        ("USD", "-3.004", "-3.00", True),
        ("JPY", "1000.5", "1001", True),
        ("JPY", "1000.4", "1001", False),
        ("KWD", "1.0004", "1.000", True),
        ("KWD", "1.0004", "1.001", False),
    ],
)
def test_an_invoice_agrees_if_it_is_our_sum_rounded(
    desk: Desk, currency: str, ours: str, states: str, complete: bool
) -> None:
    bill(desk, ours, currency=currency)
    assert reconcile(desk.lake, "2026-10").complete
    stated(desk, states, currency=currency)
    found = reconcile(desk.lake, "2026-10")
    assert found.complete is complete
    assert only(found).stated_difference == Decimal(states) - Decimal(ours)
    assert found.agrees


def test_a_correction_holds_and_what_was_entered_before_is_kept(desk: Desk) -> None:
    bill(desk, "10")
    stated(desk, "100", note="misread")
    stated(desk, "10", days=1)
    found = reconcile(desk.lake, "2026-10")
    assert found.complete
    assert [(each.amount, each.note, each.corrected) for each in found.statements] == [
        (Decimal(100), "misread", True),
        (Decimal(10), "", False),
    ]
    assert stated(desk, "10", days=2) == found.statements[1]  # the same once more is nothing new
    stated(desk, None, days=3)
    taken_back = reconcile(desk.lake, "2026-10")
    assert only(taken_back).stated is None
    assert [each.amount for each in taken_back.statements] == [Decimal(100), Decimal(10), None]


def test_a_bill_that_never_came_is_missing_by_what_its_invoice_states(desk: Desk) -> None:
    bill(desk, "10")
    stated(desk, "99.5", issuer="Another Cloud", billing_account="a")
    stated(desk, "10", currency="EUR")
    found = reconcile(desk.lake, "2026-10")
    assert [(each.issuer, each.currency, each.bill, each.stated) for each in found.accounts] == [
        ("Another Cloud", "USD", Decimal(0), Decimal("99.5")),
        ("Cloud", "EUR", Decimal(0), Decimal(10)),
        ("Cloud", "USD", Decimal(10), None),
    ]
    assert [each.issuer for each in found.incomplete] == ["Another Cloud", "Cloud"]


def test_an_account_with_several_invoices_is_compared_by_their_numbers(desk: Desk) -> None:
    desk.deliver(line("10"), line("5.25", invoice="INV-2"), line("-0.25", invoice="INV-2"), line("3", invoice=""))
    desk.allocate()
    stated(desk, "10.00", invoice="INV-1")
    stated(desk, "5.50", invoice="INV-2")
    stated(desk, "7", invoice="INV-9")
    found = reconcile(desk.lake, "2026-10")
    assert [(each.invoice, each.bill, each.stated_difference) for each in found.invoices] == [
        ("", Decimal(3), None),
        ("INV-1", Decimal(10), Decimal(0)),
        ("INV-2", Decimal(5), Decimal("0.5")),
        ("INV-9", Decimal(0), Decimal(7)),
    ]
    assert len(found.incomplete) == 2
    assert only(found).stated is None


def test_entries_of_two_people_at_once_are_both_kept(desk: Desk) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: stated(desk, str(number), invoice=f"INV-{number}"), range(8)))
    with connect() as con:
        assert {each.amount for each in statements(con, desk.lake, "2026-10")} == {
            Decimal(number) for number in range(8)
        }


@pytest.mark.parametrize("text", ["1,234.56", "1e3", "NaN", "", " 5", "12.1234567890123", "USD 5", "--5", "٣"])
def test_an_amount_is_digits_with_a_point(text: str) -> None:
    with pytest.raises(StatementError, match=r"1234\.56"):
        read_amount(text)
    assert read_amount("-1234.56") == Decimal("-1234.56")


def test_what_cannot_be_entered_writes_nothing(desk: Desk) -> None:
    with pytest.raises(StatementError, match="ISO 4217"):
        stated(desk, "1", currency="dollar")
    with pytest.raises(MonthError, match="YYYY-MM"):
        state(desk.lake, "2026-1", issuer="i", billing_account="a", amount=None, currency="USD", now=NOW)
    assert not (desk.folder / "lake").exists()


def test_the_command_enters_compares_and_fails_until_it_agrees(desk: Desk) -> None:
    bill(desk, "10.25", account="0012")
    enter = ("costs", "invoice-total", "-m", "2026-10", "--issuer", "Cloud", "--account", "0012", "--currency", "USD")
    code, out, said = run(desk, *enter, "--amount", "10.52", "--note", "page 2")
    assert (code, out) == (0, "")
    assert "10.52 USD" in said
    code, printed, said = run(desk, "costs", "reconcile", "--month", "2026-10")
    assert code == 1
    assert "Every account adds up." in printed
    assert all(text in printed for text in ("Stated", " 10.52 ", " +0.27 "))
    assert "Cloud 0012: the invoice states 10.52 USD, ours is 10.25" in said
    assert run(desk, *enter, "--amount", "10.25")[0] == 0
    code, printed, said = run(desk, "costs", "reconcile", "--month", "2026-10", "--invoices")
    assert (code, said) == (0, "")
    assert "INV-1" in printed
    assert run(desk, *enter, "--amount", "10,25")[0] == 1
    assert run(desk, *enter[:-2])[0] == 2


def test_reconcile_leaves_as_json_and_csv_with_the_same_exit_code(desk: Desk) -> None:
    bill(desk, "10.25", "1.000000000001", account="0012")
    stated(desk, "11.25", billing_account="0012")
    code, told, _ = run(desk, "costs", "reconcile", "--month", "2026-10", "--format", "json")
    found = json.loads(told)
    assert (code, found["agrees"], found["complete"], found["status"]) == (0, True, True, "final")
    (account,) = found["accounts"]
    assert (account["bill"], account["stated"], account["stated_difference"], account["difference"]) == (
        "11.250000000001",
        "11.250000000000",
        "-0.000000000001",
        "0.000000000000",
    )
    assert [each["invoice"] for each in found["invoices"]] == ["INV-1"]
    assert found["statements"][0]["amount"] == "11.250000000000"
    assert not [value for value in account.values() if isinstance(value, float)]

    (row,) = csv.DictReader(io.StringIO(run(desk, "costs", "reconcile", "--month", "2026-10", "--format", "csv")[1]))
    assert {key: value or None for key, value in row.items()} == account
    listed = run(desk, "costs", "reconcile", "--month", "2026-10", "--format", "csv", "--invoices")[1]
    (invoice,) = csv.DictReader(io.StringIO(listed))
    assert (invoice["invoice"], invoice["bill"], invoice["stated"]) == ("INV-1", "11.250000000001", "")

    desk.deliver(line("12", account="0012"))
    code, told, said = run(desk, "costs", "reconcile", "--month", "2026-10", "--format", "json")
    assert (code, json.loads(told)["agrees"], json.loads(told)["complete"]) == (1, False, False)
    assert "costs allocate --month 2026-10" in said
