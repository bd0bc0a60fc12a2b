"""Exports: every format of every document, a manifest that `sha256sum` agrees with, whole or not at all, the same twice."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from billing import canonical, export, ledger_import
from billing.document import Kind
from billing.document_checks import Unsound
from billing.export import ExportError
from tests.fixtures_documents import draft, invoice, line
from tests.test_billing_ledger_import import CERTIFICATE, PASSED_ON

LEDGERS = tuple(ledger_import.load(path) for path in ledger_import.shipped())
DOCUMENTS = (
    invoice(parts=(PASSED_ON,), currency="USD"),
    invoice(parts=(line(1, "10.00"),), kind=Kind.CREDIT_NOTE, number="HUB-2026-0043", currency="USD"),
    draft(),
    draft(community="coastal-modelling"),
)


def test_every_format_of_every_document_is_there() -> None:
    made = export.render("2026-10", DOCUMENTS, certificate=CERTIFICATE, ledgers=LEDGERS)

    formats = ("cii.xml", "csv", "json", "pdf", "ubl.xml", "xlsx")
    assert set(made.files) == {
        *(f"issued/{number}.{form}" for number in ("HUB-2026-0042", "HUB-2026-0043") for form in formats),
        *(
            f"drafts/DRAFT-coastal-modelling{more}.{form}"
            for more in ("", "-2")
            for form in formats
            if "xml" not in form
        ),
        *(f"ledger/{name}.csv" for name in ("quickbooks", "sage-intacct", "xero")),
        *(f"certificate.{form}" for form in ("pdf", "json", "txt")),
        "lines.csv",
        "document.schema.json",
    }
    assert made.left_out == ()
    assert canonical.from_json(made.files["issued/HUB-2026-0042.json"].decode()) == DOCUMENTS[0]
    assert etree.QName(etree.fromstring(made.files["issued/HUB-2026-0043.ubl.xml"])).localname == "CreditNote"


def test_sha256sum_agrees_with_the_manifest(tmp_path: Path) -> None:
    folder = export.write(export.render("2026-10", DOCUMENTS, ledgers=LEDGERS), tmp_path)

    done = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=folder, check=True, capture_output=True, text=True)
    files = json.loads((folder / "manifest.json").read_text())["files"]
    assert done.stdout.count(": OK") == len(files)
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert there == {*files, "manifest.json", "SHA256SUMS"}
    for name, digest in files.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_a_second_export_is_the_same_and_replaces_the_first(tmp_path: Path) -> None:
    first = export.write(export.render("2026-10", DOCUMENTS[:2], ledgers=LEDGERS), tmp_path)
    before = {path.relative_to(first): path.read_bytes() for path in first.rglob("*") if path.is_file()}
    (first / "left-behind.txt").write_text("of another time")

    second = export.write(export.render("2026-10", DOCUMENTS[:2], ledgers=LEDGERS), tmp_path)

    assert second == first
    assert {path.relative_to(second): path.read_bytes() for path in second.rglob("*") if path.is_file()} == before
    assert _names(tmp_path) == ["2026-10"]


def test_what_en_16931_cannot_say_is_left_out_with_its_reason() -> None:
    made = export.render("2026-10", [invoice(parts=(line(1, "12.345"),), currency="TND")])

    (missing,) = made.left_out
    assert (missing.document, missing.format, missing.fault) == ("HUB-2026-0042", "cii.xml", False)
    assert "TND have three" in missing.reason
    assert {"issued/HUB-2026-0042.pdf", "issued/HUB-2026-0042.ubl.xml"} <= set(made.files)


def test_ledger_imports_are_left_out_while_the_certificate_does_not_hold() -> None:
    made = export.render("2026-10", [], certificate=replace(CERTIFICATE, documents=()), ledgers=LEDGERS)

    (missing,) = made.left_out
    assert missing.fault
    assert "the documents pass on 0, not 100.00" in missing.reason
    assert "certificate.pdf" in made.files
    assert not [name for name in made.files if name.startswith("ledger/")]


def test_a_folder_that_is_no_export_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "2026-10").mkdir()
    (tmp_path / "2026-10" / "thesis.txt").write_text("years of work")

    with pytest.raises(ExportError, match="is no export of Hubledger"):
        export.write(export.render("2026-10", [invoice()]), tmp_path)
    assert [path.name for path in (tmp_path / "2026-10").iterdir()] == ["thesis.txt"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ExportError, match=r"file/2026-10 can't be written \(.*\): check the path"):
        export.write(export.render("2026-10", [invoice()]), tmp_path / "file")


def test_nothing_is_written_if_a_document_does_not_add_up(tmp_path: Path) -> None:
    wrong = replace(invoice(), totals=replace(invoice().totals, payable=invoice().totals.lines))

    with pytest.raises(Unsound):
        export.write(export.render("2026-10", [invoice(number="HUB-2026-0001"), wrong]), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_two_documents_of_the_same_name_are_refused() -> None:
    with pytest.raises(ExportError, match="two documents would be called issued/HUB-2026-0042"):
        export.render("2026-10", [invoice(), invoice()])


@pytest.mark.parametrize("number", ["../../etc/passwd", "A/B 1", "-rf"])
def test_a_number_never_leads_out_of_the_folder(number: str) -> None:
    for name in export.render("2026-10", [invoice(number=number)]).files:
        assert ".." not in Path(name).parts
        assert len(Path(name).parts) <= 2
        assert not Path(name).name.startswith("-")


# Kills itself before the n-th of a kind of file operation in the export's folder.
KILLED = """
import os, signal, sys
from pathlib import Path
from billing import export

event, at, to = sys.argv[1], int(sys.argv[2]), sys.argv[3]
made = export.Export("2026-10", {"a.txt": b"new", "b/c.txt": b"new"}, ())
seen = 0

def watch(name, arguments):
    global seen
    if name == event and str(arguments[0]).startswith(f"{to}/") and "lock" not in str(arguments[0]):
        seen += 1
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(watch)
export.write(made, Path(to))
"""


@pytest.mark.parametrize(
    ("event", "at", "old_is_there"),
    [("open", 1, True), ("open", 2, True), ("open", 4, True), ("os.rename", 1, True), ("os.rename", 2, False)],
)
def test_a_killed_export_leaves_a_whole_one_or_none(tmp_path: Path, event: str, at: int, old_is_there: bool) -> None:
    made = export.render("2026-10", [invoice()])
    folder = export.write(made, tmp_path)

    done = subprocess.run([sys.executable, "-c", KILLED, event, str(at), str(tmp_path)], check=False)

    assert done.returncode == -signal.SIGKILL
    assert folder.exists() is old_is_there
    if old_is_there:
        subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=folder, check=True)
    export.write(made, tmp_path)
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=folder, check=True)
    assert _names(tmp_path) == ["2026-10"]


def test_a_file_that_cannot_be_finished_leaves_the_old_export(tmp_path: Path) -> None:
    folder = export.write(export.render("2026-10", [invoice()]), tmp_path)
    program = (
        "import resource, sys; from pathlib import Path; from billing import export\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "export.write(export.Export('2026-10', {'a.txt': b'x' * 2000}, ()), Path(sys.argv[1]))\n"
    )

    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False, capture_output=True, text=True)

    assert "2026-10 can't be written (File too large)" in done.stderr
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=folder, check=True)
    assert _names(tmp_path) == ["2026-10"]


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != export.LOCK)
