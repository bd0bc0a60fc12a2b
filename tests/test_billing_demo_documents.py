"""Every document of the example fleet, from draft to export by the commands a person types, judged from outside."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import facturx
import pytest
from openpyxl import load_workbook
from pypdf import PdfReader
from typer.testing import CliRunner

from billing import canonical
from billing.cli import app
from billing.document import Document, Kind, Status
from billing.voice import Voice
from tests import peppol_rules

if TYPE_CHECKING:
    from tests.fixtures_demo import Demo
    from tests.fixtures_schematron import Judge

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo-documents")]


@dataclass(frozen=True, slots=True)
class Exports:
    """A month issued, one of its invoices voided, exported; and the next month as drafts."""

    folder: Path

    def documents(self, month: str = "2026-09") -> list[tuple[Path, Document]]:
        """Return each document and what its files are called, without the format."""
        files = sorted((self.folder / month).glob("*/*.json"))
        return [(file.with_suffix(""), canonical.from_json(file.read_text(encoding="utf-8"))) for file in files]


def _invoices(demo: Demo, ledger: Path, *arguments: str) -> str:
    environment = {
        "HUBLEDGER_FLEET": str(demo.fleet),
        "HUBLEDGER_LAKE": str(demo.lake),
        "HUBLEDGER_LEDGER": str(ledger),
    }
    done = CliRunner().invoke(app, arguments, env=environment, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(scope="module")
def exports(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Exports:
    folder = tmp_path_factory.mktemp("exports")
    ledger = folder / "ledger.sqlite"
    for arguments in (
        ("draft", "--month", "2026-09"),
        ("close", "--month", "2026-09"),
        ("issue", "--month", "2026-09", "--date", "2026-10-05"),
        ("void", "HC-2026-0003", "--reason", "addressed to the wrong office"),
        ("issue", "--month", "2026-09", "--date", "2026-10-07"),  # the credit note
        ("draft", "--month", "2026-09"),
        ("issue", "--month", "2026-09", "--date", "2026-10-07"),  # billed anew
        ("draft", "--month", "2026-10"),
        ("export", "--month", "2026-09", "--to", str(folder / "exports")),
    ):
        _invoices(demo, ledger, *arguments)
    environment = ("export", "--month", "2026-10", "--to", str(folder / "exports"))
    done = CliRunner().invoke(
        app,
        environment,
        env={"HUBLEDGER_FLEET": str(demo.fleet), "HUBLEDGER_LAKE": str(demo.lake), "HUBLEDGER_LEDGER": str(ledger)},
    )
    assert done.exit_code == 1  # October is not closed: there is no certificate yet
    assert "2026-10 is not closed" in done.output
    return Exports(folder / "exports")


def test_every_document_is_there_in_every_format(exports: Exports) -> None:
    issued = [document for _, document in exports.documents()]

    assert [document.number for document in issued] == [f"HC-2026-{number:04}" for number in range(1, 8)]
    assert [document.kind for document in issued].count(Kind.CREDIT_NOTE) == 1
    assert {document.currency for document in issued} == {"EUR", "NOK", "USD"}
    for stem, _ in exports.documents():
        assert {file.name.removeprefix(stem.name) for file in stem.parent.glob(f"{stem.name}.*")} == {
            ".pdf",
            ".xlsx",
            ".csv",
            ".json",
            ".ubl.xml",
            ".cii.xml",
        }
    assert {document.status for _, document in exports.documents("2026-10")} == {Status.DRAFT}
    assert not list((exports.folder / "2026-10").glob("**/*.xml"))


def test_every_xml_passes_the_official_schematron(exports: Exports, schematron: Judge) -> None:
    files = sorted((exports.folder / "2026-09" / "issued").glob("*.xml"))

    assert len(files) == 14
    for file in files:
        assert schematron(file.read_bytes()).broken == (), file.name
        assert peppol_rules.broken(file.read_bytes()) == [], file.name


def test_every_pdf_says_what_its_document_says_and_carries_its_xml(exports: Exports) -> None:
    for stem, document in exports.documents():
        content = Path(f"{stem}.pdf").read_bytes()
        text = " ".join(
            " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
            .replace("\u00a0", " ")
            .split()
        )
        voice = Voice.of(document)
        for part in document.lines:
            assert voice.amount(part.net).replace("\u00a0", " ") in text
        assert voice.money(document.totals.payable).replace("\u00a0", " ") in text
        assert " ".join(document.payer.name.split()) in text
        _, xml = facturx.get_xml_from_pdf(io.BytesIO(content))
        assert xml == Path(f"{stem}.cii.xml").read_bytes()


def test_every_sum_is_the_same_in_every_format(exports: Exports) -> None:
    for stem, document in exports.documents():
        lines = csv.DictReader(io.StringIO(Path(f"{stem}.csv").read_text(encoding="utf-8"), newline=""))
        assert sum((Decimal(row["amount"]) for row in lines), Decimal(0)) == document.totals.lines
        sheet = load_workbook(f"{stem}.xlsx").worksheets[1]
        total = sheet.cell(len(document.lines) + 2, 10).value
        assert Decimal(str(total)) == document.totals.lines
        assert canonical.content_hash(document) == document.content_hash


def test_the_certificate_holds_and_its_figures_are_the_documents(exports: Exports) -> None:
    certificate = json.loads((exports.folder / "2026-09" / "certificate.json").read_text())
    passed: dict[str, Decimal] = {}
    for _, document in exports.documents():
        for part in document.lines:
            for source in part.sources:
                sign = -1 if document.kind is Kind.CREDIT_NOTE else 1
                passed[source.account] = passed.get(source.account, Decimal(0)) + sign * source.amount

    assert certificate["holds"] is True
    assert {bill["account"]: Decimal(bill["passed_through"]) for bill in certificate["bills"]} == passed
    assert {bill["difference"] for bill in certificate["bills"]} == {"0.00"}
    assert "Every bill adds up" in (exports.folder / "2026-09" / "certificate.txt").read_text()


def test_cost_and_recovery_leave_nothing_in_the_ledger(exports: Exports) -> None:
    with (exports.folder / "2026-09" / "ledger" / "quickbooks.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    left: dict[tuple[str, str], Decimal] = {}
    for row in rows:
        key = (row["Currency"], "7061−4222" if row["Account Name"] in ("7061", "4222") else "")
        left[key] = left.get(key, Decimal(0)) + Decimal(row["Debits"] or 0) - Decimal(row["Credits"] or 0)

    assert {row["Account Name"] for row in rows} >= {"1200", "2000", "4221", "4222", "4223", "4224", "7061", "7062"}
    assert {amount for (_, account), amount in left.items() if account} == {Decimal(0)}
    journals = {row["Journal No"] for row in rows}
    assert {f"HC-2026-{number:04}" for number in range(1, 8)} < journals


def test_sha256sum_agrees_with_the_manifest(exports: Exports) -> None:
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=exports.folder / "2026-09", check=True)
