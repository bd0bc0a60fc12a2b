"""Journal imports: in balance, cost passed on = cost recovered, and column maps with places for their faults."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from billing import ledger_import
from billing.certificate_figures import Bill, Certificate, Certified, Share
from billing.document import Document, Kind, LineKind, Phrase, Source
from billing.journal import Account, JournalError, entries
from billing.ledger_import import LedgerMapError, load, shipped
from tests.any_document import documents
from tests.fixtures_documents import draft, invoice, line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GOOGLE = ("Google Cloud", "01C4E7-9A20FD-77B35E")
CERTIFICATE = Certificate(
    month="2026-10",
    issuer="Hub Operators' Cooperative",
    made_on=date(2026, 11, 6),
    bills=(Bill(*GOOGLE, "USD", Decimal("125.48"), Decimal("100.00"), Decimal("5.00"), Decimal("20.48")),),
    documents=(
        Certified(
            "HUB-2026-0042",
            Kind.INVOICE,
            "coastal",
            "Coastal",
            date(2026, 11, 5),
            "USD",
            Decimal("119.00"),
            "",
            (Share(*GOOGLE, "USD", Decimal("100.00")),),
        ),
    ),
)
PASSED_ON = line(1, "100.00", sources=(Source(*GOOGLE, "USD", Decimal("100.00")),))


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def _sum(rows: list[dict[str, str]], account: str) -> Decimal:
    """Debits less credits of an account, as QuickBooks gets them."""
    return sum(
        (Decimal(row["Debits"] or 0) - Decimal(row["Credits"] or 0) for row in rows if row["Account Name"] == account),
        Decimal(0),
    )


@pytest.mark.parametrize("name", ["quickbooks", "sage-intacct", "xero"])
def test_three_maps_come_along(name: str) -> None:
    assert name in [path.stem for path in shipped()]


def test_a_month_is_booked_to_the_accounts_of_the_chart() -> None:
    rows = _rows(ledger_import.write(_map("quickbooks"), [invoice()]))

    sums = {
        account: _sum(rows, account) for account in ("1200", "2200", "4221", "4222", "4223", "4224", "7061", "2000")
    }
    assert sums == {
        "1200": Decimal("3819.66"),
        "2200": Decimal("-609.86"),
        "4221": Decimal("-250.00"),
        "4222": Decimal("-1994.80"),
        "4223": Decimal("-550.00"),
        "4224": Decimal("-415.00"),
        "7061": Decimal("1994.80"),
        "2000": Decimal("-1994.80"),
    }
    assert {row["Journal Date"] for row in rows} == {"11/05/2026"}


def test_a_credit_note_takes_back_what_the_invoice_booked() -> None:
    rows = _rows(
        ledger_import.write(_map("quickbooks"), [invoice(), invoice(kind=Kind.CREDIT_NOTE, number="HUB-2026-0043")])
    )

    assert {_sum(rows, row["Account Name"]) for row in rows} == {Decimal(0)}


def test_what_the_operator_keeps_is_own_cost() -> None:
    rows = _rows(ledger_import.write(_map("quickbooks"), [invoice(currency="USD", parts=(PASSED_ON,))], CERTIFICATE))

    assert (_sum(rows, "7061"), _sum(rows, "4222"), _sum(rows, "7062")) == (
        Decimal(100),
        Decimal(-100),
        Decimal("25.48"),
    )
    assert _sum(rows, "2000") == Decimal("-125.48")
    assert {row["Description"] for row in rows if row["Account Name"] in ("7061", "7062")} == {" ".join(GOOGLE)}


@pytest.mark.parametrize("name", ["quickbooks", "sage-intacct", "xero"])
@given(document=documents())
def test_any_document_is_booked_in_balance(name: str, document: Document) -> None:
    rows = _rows(ledger_import.write(_map(name), [document]))

    if name == "xero":
        assert sum((Decimal(row["*Amount"]) for row in rows), Decimal(0)) == 0
    else:
        debit, credit = ("Debits", "Credits") if name == "quickbooks" else ("DEBIT", "CREDIT")
        assert sum((Decimal(row[debit] or 0) - Decimal(row[credit] or 0) for row in rows), Decimal(0)) == 0
        assert not [row for row in rows if row[debit] and row[credit]]


def test_a_bill_in_another_currency_is_booked_at_the_documents_value_and_named() -> None:
    foreign = line(1, "92.13", sources=(Source(*GOOGLE, "USD", Decimal("100.00")),))
    rows = _rows(ledger_import.write(_map("quickbooks"), [invoice(parts=(foreign,))]))

    (cost,) = (row for row in rows if row["Account Name"] == "7061")
    assert (cost["Debits"], cost["Currency"], cost["Description"]) == ("92.13", "EUR", f"{' '.join(GOOGLE)} 100.00 USD")


def test_cost_that_is_not_what_was_recovered_is_refused() -> None:
    short = line(1, "100.00", sources=(Source(*GOOGLE, "EUR", Decimal("99.99")),))

    with pytest.raises(JournalError, match=r"accounts 7061 − 4222 leave -0\.01 EUR, not 0"):
        ledger_import.write(_map("quickbooks"), [invoice(parts=(short,))])


def test_a_map_that_books_something_else_with_the_recovery_is_refused(tmp_path: Path) -> None:
    path = _changed(tmp_path, lambda text: text.replace('markup: "4224"', 'markup: "4222"'))

    with pytest.raises(JournalError, match="nothing but cloud cost passed on may be booked there"):
        ledger_import.write(
            load(path), [invoice(parts=(PASSED_ON, line(2, "3.00", kind=LineKind.MARKUP)), currency="USD")]
        )


def test_a_draft_is_not_booked() -> None:
    with pytest.raises(JournalError, match="issue it first"):
        entries([draft()])


def test_a_certificate_that_does_not_hold_is_not_booked() -> None:
    with pytest.raises(JournalError, match=r"the documents pass on 0, not 100\.00"):
        entries([], replace(CERTIFICATE, documents=()))


def test_sage_has_the_journals_own_fields_in_its_first_line_only() -> None:
    rows = _rows(ledger_import.write(_map("sage-intacct"), [invoice(), invoice(number="HUB-2026-0043")]))

    assert [row["REFERENCE_NO"] for row in rows if row["JOURNAL"]] == ["HUB-2026-0042", "HUB-2026-0043"]
    assert [row["LINE_NO"] for row in rows if row["DATE"]] == ["1", "1"]


def test_texts_are_cut_to_what_the_program_takes_and_are_no_formulas(tmp_path: Path) -> None:
    path = _changed(tmp_path, lambda text: text.replace("longest: 4000", "longest: 5"))
    rows = _rows(
        ledger_import.write(load(path), [invoice(parts=(line(1, "10.00", text=Phrase.text("=1+1 and more")),))])
    )

    assert [row["Description"] for row in rows if row["Account Name"] == "4222"] == ["'=1+1"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda text: text.replace('  tax: "2200"\n', ""),
            "quickbooks.yaml:4: accounts.tax: is missing: say which account 'tax' is",
        ),
        (lambda text: text.replace("own cost:", "ownn cost:"), "accounts"),
        (
            lambda text: text.replace('"{debit}"', '"{debt}"'),
            "columns[3].value: knows no field 'debt': fields are journal, line",
        ),
        (lambda text: text.replace('"{debit}"', '"{debit"'), "columns[3].value"),
        (
            lambda text: text.replace("longest: 21", "longest: 0"),
            "columns[0].longest: '0' is out of range: give at least 1",
        ),
        (lambda text: text.replace("header: Name", "headr: Name"), "did you mean 'header'?"),
        (lambda text: text.replace("columns:", "columns: ["), "is not YAML"),
    ],
)
def test_a_fault_of_a_map_has_its_place_and_a_remedy(tmp_path: Path, change: Callable[[str], str], said: str) -> None:
    path = _changed(tmp_path, change)

    with pytest.raises(LedgerMapError) as caught:
        load(path)

    assert said in str(caught.value)
    assert str(path) in str(caught.value)


def test_every_kind_of_line_has_an_account() -> None:
    assert {kind.value for kind in LineKind} <= {account.value for account in Account}


def _map(name: str) -> ledger_import.LedgerMap:
    (path,) = (path for path in shipped() if path.stem == name)
    return load(path)


def _changed(folder: Path, change: Callable[[str], str]) -> Path:
    text = _map("quickbooks").path.read_text(encoding="utf-8")
    assert change(text) != text
    (folder / "quickbooks.yaml").write_text(change(text), encoding="utf-8")
    return folder / "quickbooks.yaml"
