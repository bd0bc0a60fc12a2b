"""`hubledger invoices` as a person uses it, on the example fleet: every command, its output, its exit code."""

from __future__ import annotations

import csv
import io
import json
import shutil
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from hubledger import mounted
from tests.fixtures_demo import Demo

if TYPE_CHECKING:
    from pathlib import Path

SEPTEMBER = ("--month", "2026-09")
OCTOBER = ("--month", "2026-10")


@pytest.fixture
def own(demo: Demo, tmp_path: Path) -> Demo:
    """Return a copy of the demo for a test that writes."""
    return Demo(shutil.copytree(demo.folder, tmp_path / "demo"), demo.printed)


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed."""

    stdout: str
    stderr: str


def invoices(demo: Demo, *arguments: str, code: int = 0) -> Said:
    """Run the command in this process, as `main` does, and see that it exits with `code`."""
    app, errors = mounted()
    settings = {
        "HUBLEDGER_FLEET": str(demo.fleet),
        "HUBLEDGER_LAKE": str(demo.lake),
        "HUBLEDGER_LEDGER": str(demo.ledger),
        "COLUMNS": "160",
    }
    done = CliRunner().invoke(app, ["invoices", *arguments], env=settings)
    if isinstance(done.exception, errors):
        assert code == 1, done.exception
        return Said(done.stdout, "".join(f"hubledger: {line}\n" for line in str(done.exception).splitlines()))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return Said(done.stdout, done.stderr)


def test_the_demo_ends_with_issued_documents_and_a_certificate_that_holds(demo: Demo) -> None:
    shown = demo.printed[demo.printed.index("$ hubledger invoices draft") :]
    for said in (
        "2026-09, DRAFTS",
        "2026-09, to look at before the close",
        "grant OCE-2319054 has reached its ceiling of 400.00 USD",
        "HC-2026-0005",
        "Every bill adds up.",
        "exports/2026-09: 5 documents",
    ):
        assert said in shown
    assert demo.run("invoices", "verify").stdout == "5 documents, 76 lines checked, 5 computed anew: 0 faults\n"


def test_the_list_is_a_table_csv_or_json(demo: Demo) -> None:
    rows = json.loads(invoices(demo, "list", *SEPTEMBER, "--format", "json").stdout)
    assert [row["number"] for row in rows] == [f"HC-2026-000{n}" for n in range(1, 6)]
    assert {row["currency"] for row in rows} == {"USD", "EUR", "NOK"}
    read = list(csv.DictReader(io.StringIO(invoices(demo, "list", "--format", "csv").stdout)))
    assert [row["payable"] for row in read] == [row["payable"] for row in rows]
    assert "Ocean Science Agency, Awards Office" in invoices(demo, "list").stdout


def test_the_certificate_s_bills_are_the_bills_of_the_files(demo: Demo) -> None:
    found = json.loads(invoices(demo, "certificate", *SEPTEMBER, "--format", "json").stdout)
    bills: dict[str, Decimal] = {}
    for row in demo.totals:
        if row["billing_period"] == "2026-09":
            bills[row["issuer"]] = bills.get(row["issuer"], Decimal(0)) + Decimal(row["billed_cost"])
    assert {bill["provider"]: Decimal(bill["amount"]) for bill in found["bills"]} == {
        issuer: total.quantize(Decimal("0.01")) for issuer, total in bills.items()
    }
    assert (found["holds"], found["faults"]) == (True, [])
    assert {bill["difference"] for bill in found["bills"]} == {"0.00"}


def test_a_document_is_shown_in_its_own_language_and_as_what_was_hashed(demo: Demo) -> None:
    shown = invoices(demo, "show", "HC-2026-0003").stdout
    assert "Stockage objet, basalt/archive" in shown
    assert "1 425,04" in shown.replace("\u00a0", " ")
    assert json.loads(invoices(demo, "show", "HC-2026-0003", "--json").stdout)["number"] == "HC-2026-0003"
    said = demo.run("invoices", "show", "HC-2026-9999", check=False)
    assert said.returncode == 1
    assert said.stderr == "hubledger: no document HC-2026-9999: `hubledger invoices list` names what there is\n"


def test_grants_are_shown_with_what_is_left(demo: Demo) -> None:
    read = csv.DictReader(io.StringIO(invoices(demo, "grants", "--format", "csv").stdout))
    assert [(row["award"], row["ceiling"], row["charged"], row["left"]) for row in read] == [
        ("OCE-2319054", "400.00", "400.00", "0.00"),
        ("NFR-331044", "3000", "2205.97", "194.03"),
    ]
    months = json.loads(invoices(demo, "grants", "-c", "northern-sky", "--format", "json").stdout)[0]["months"]
    assert [month["month"] for month in months] == ["2026-09"]


def test_a_review_that_finds_something_exits_with_3(demo: Demo) -> None:
    found = json.loads(invoices(demo, "review", *OCTOBER, "--format", "json", code=3).stdout)
    kinds = {each["kind"] for each in found["anomalies"]}
    assert kinds == {"drafts", "unattributed", "change", "ceiling", "no community"}


def test_an_open_month_has_no_certificate_and_is_not_issued(demo: Demo) -> None:
    for command in ("issue", "certificate"):
        said = invoices(demo, command, *OCTOBER, code=1).stderr
        assert "2026-10 is not closed" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("list", "--month", "2026-9"), "'2026-9' is not a month: write it as YYYY-MM"),
        (("certificate", "--month", "Sept"), "'Sept' is not a month: write it as YYYY-MM"),
        (("show", "meadow-schools", *SEPTEMBER), "no draft of meadow-schools for 2026-09: `hubledger invoices list`"),
        (
            ("issue", *SEPTEMBER, "-c", "coastal"),
            "2026-09 has no document of 'coastal'; there are of coastal-modelling,",
        ),
        (("issue", *SEPTEMBER, "--date", "2062-10-05"), "2026-09 can't be issued on 2062-10-05: correct --date"),
        (("issue", *SEPTEMBER, "--date", "2026-08-31"), "2026-09 can't be issued on 2026-08-31: correct --date"),
        (("void", "HC-2026-0001", "--reason", " "), "HC-2026-0001: say why it is voided, with --reason"),
    ],
)
def test_a_slip_of_the_pen_is_named(demo: Demo, arguments: tuple[str, ...], said: str) -> None:
    assert said in invoices(demo, *arguments, code=1).stderr


def test_the_next_month_is_billed_paid_voided_and_billed_anew(own: Demo, tmp_path: Path) -> None:
    invoices(own, "draft", *OCTOBER, "--community", "meadow-schools")
    refused = invoices(own, "close", *OCTOBER, code=1).stderr
    assert refused.count("is not drafted: run `hubledger invoices draft --month 2026-10`") == 3
    invoices(own, "draft", *OCTOBER)
    assert "Stockage objet, basalt/archive" in invoices(own, "show", "earth-observatories", *OCTOBER).stdout
    assert "2026-10 closed: 4 to issue" in invoices(own, "close", *OCTOBER).stderr
    invoices(own, "issue", *OCTOBER, "--date", "2026-11-03")
    assert "2026-10: nothing to issue" in invoices(own, "issue", *OCTOBER).stderr
    assert "10.00 EUR paid" in invoices(own, "pay", "HC-2026-0004", "--amount", "10.00", "--reference", "wire").stderr
    assert "is due, not 9999" in invoices(own, "pay", "HC-2026-0004", "--amount", "9999", code=1).stderr
    assert "credit note for HC-2026-0008" in invoices(own, "void", "HC-2026-0008", "--reason", "Wrong payer").stdout
    invoices(own, "issue", *OCTOBER)
    missing = invoices(own, "certificate", *OCTOBER, code=1)
    assert "the documents pass on" in missing.stderr
    invoices(own, "draft", *OCTOBER)
    invoices(own, "issue", *OCTOBER)
    page = tmp_path / "proof.pdf"
    assert "Every bill adds up." in invoices(own, "certificate", *OCTOBER, "--to", str(page)).stdout
    assert page.read_bytes().startswith(b"%PDF")
    assert "2026-10: nothing to adjust" in invoices(own, "adjust", *OCTOBER).stderr
    assert "0 faults" in invoices(own, "verify").stdout


def test_a_bill_that_came_again_is_adjusted(own: Demo) -> None:
    bill = next((own.folder / "data" / "bills").rglob("*2026-09*.csv"))
    rows = list(csv.DictReader(io.StringIO(bill.read_text())))
    rows[0]["BilledCost"] = str(Decimal(rows[0]["BilledCost"]) + 7)
    with bill.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    own.run("costs", "ingest", *SEPTEMBER)
    assert "has changed by +7 USD since" in invoices(own, "certificate", *SEPTEMBER).stdout
    own.run("costs", "allocate", *SEPTEMBER)
    assert "debit note for HC-2026-0003" in invoices(own, "adjust", *SEPTEMBER).stdout
    invoices(own, "issue", *SEPTEMBER)
    proof = json.loads(invoices(own, "certificate", *SEPTEMBER, "--format", "json").stdout)
    assert (proof["holds"], proof["notes"]) == (True, [])
    assert "6 documents" in invoices(own, "verify").stdout


def test_no_user_s_name_is_in_a_ledger(demo: Demo) -> None:
    """What is counted are users; who they are is not even known."""
    content = demo.ledger.read_bytes()
    assert b"jupyter-" not in content
    assert b"HC-2026-0001" in content
