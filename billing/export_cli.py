"""`hubledger invoices export`: a month in every format, in a folder."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 – Typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from analytics.lake import Lake
from analytics.options import FLEET, LAKE, FleetOption, LakeOption, MonthOption
from billing import export, ledger_import, ledger_rows
from billing.certificate import CertificateError, certificate
from billing.document_checks import Unsound
from billing.ledger_import import LedgerMapError
from billing.options import LEDGER, LedgerOption, opened
from billing.pdf import Logo
from billing.voice import Unspeakable

if TYPE_CHECKING:
    from billing.certificate_figures import Certificate
    from billing.document import Document
    from billing.ledger import Ledger

ERRORS: tuple[type[Exception], ...] = (export.ExportError, LedgerMapError, Unsound, Unspeakable)


def export_command(
    *,
    month: MonthOption,
    to: Annotated[Path, typer.Option("--to", help="Write to the folder <month> in this one.", file_okay=False)],
    ledger_map: Annotated[
        list[Path] | None,
        typer.Option(
            "--ledger-map", help="A column map for an accounting program (repeatable); by default those shipped."
        ),
    ] = None,
    logo: Annotated[
        Path | None, typer.Option("--logo", help="SVG, PNG or JPEG; by default logo.svg or so in the fleet's folder.")
    ] = None,
    fleet: FleetOption = FLEET,
    lake: LakeOption = LAKE,
    ledger: LedgerOption = LEDGER,
) -> None:
    """Write a month's documents in every format: PDF with the XML inside, UBL, CII, XLSX, CSV, JSON, ledger imports.

    With the month's certificate and a manifest of hashes. The folder is written whole or not at all, and again the same as
    long as nothing was issued since. Exits with 1 if something that should be there is not.

    Example: hubledger invoices export --month 2026-09 --to exports
    """
    maps = [ledger_import.load(path) for path in ledger_map or ledger_import.shipped()]
    picture = Logo.read(logo) if logo else Logo.of_fleet(fleet)
    with opened(ledger) as book:
        documents = _documents(book, month)
        proof, why_not = _certificate(book, Lake(lake), month, documents)
    made = export.render(month, documents, certificate=proof, without_certificate=why_not, ledgers=maps, logo=picture)
    folder = export.write(made, to)
    for each in made.left_out:
        typer.echo(f"hubledger: {each.document}: no {each.format}: {each.reason}", err=True)
    typer.echo(f"{folder}: {len(documents)} documents, {len(made.files)} files")
    if any(each.fault for each in made.left_out):
        raise typer.Exit(1)


def _documents(ledger: Ledger, month: str) -> list[Document]:
    with ledger.read() as con:
        issued = ledger_rows.issued(con, month=month)
        drafts = ledger_rows.drafts(con, month)
    if not issued and not drafts:
        raise export.ExportError(f"{month} has no documents: run `hubledger invoices draft --month {month}` first")
    return [each.document for each in issued] + [each.document for each in drafts]


def _certificate(ledger: Ledger, lake: Lake, month: str, documents: list[Document]) -> tuple[Certificate | None, str]:
    """The certificate, dated as the newest document: an export is the same on another day."""
    try:
        return certificate(ledger, lake, month, today=max(document.issue_date for document in documents)), ""
    except CertificateError as error:
        return None, str(error)
