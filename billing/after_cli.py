"""`hubledger invoices adjust | void | pay | verify | certificate | grants`: what comes after documents are issued."""

from __future__ import annotations

import sys
from datetime import datetime  # noqa: TC003 – Typer reads the annotations
from enum import StrEnum
from pathlib import Path  # noqa: TC003 – Typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from analytics import show
from analytics.invoice_totals import read_amount
from analytics.lake import Lake
from analytics.options import FLEET, LAKE, FleetOption, LakeOption, MonthOption, TextFormat, TextFormatOption
from billing import adjusting, certificate_page, payments, show_invoices, verifying
from billing.certificate import CertificateError, certificate
from billing.options import LEDGER, CommunityOption, LedgerOption, actor, opened
from billing.pdf import PdfError
from billing.spending import spending
from terraform.fleet_files import load

if TYPE_CHECKING:
    from billing.certificate_figures import Certificate

ERRORS: tuple[type[Exception], ...] = (
    CertificateError,
    PdfError,
    adjusting.CorrectionError,
    payments.PaymentError,
)

app = typer.Typer()


class CertificateForm(StrEnum):
    """How a certificate is printed."""

    TABLE = "table"
    TEXT = "text"
    JSON = "json"


@app.command("adjust")
def adjust_command(
    *,
    month: MonthOption,
    fleet: FleetOption = FLEET,
    lake: LakeOption = LAKE,
    ledger: LedgerOption = LEDGER,
) -> None:
    """Draft credit and debit notes for a closed month whose bill was restated.

    Allocate the month again first. Each note cites its invoice and has the difference by hub and component; an invoice and its
    notes come to the restated total exactly. Then `hubledger invoices issue` gives them their numbers.

    Example: hubledger invoices adjust --month 2026-09
    """
    with opened(ledger) as book:
        drafts = adjusting.adjust(book, Lake(lake), load(fleet), month, actor=actor())
    if not drafts:
        typer.echo(f"{month}: nothing to adjust", err=True)
        return
    for draft in drafts:
        show.print_parts(show_invoices.document_parts(draft.document))
    show.print_parts(show_invoices.drafts_table(month, drafts))


@app.command("void")
def void_command(
    *,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="The invoice's number.")],
    reason: Annotated[str, typer.Option(help="Why; it is said on the credit note.")],
    ledger: LedgerOption = LEDGER,
) -> None:
    """Draft a credit note for the whole of an invoice. Once that is issued, the month's `draft` bills it anew.

    Example: hubledger invoices void HC-2026-0001 --reason "Wrong payer"
    """
    with opened(ledger) as book:
        draft = adjusting.void(book, number, reason=reason, actor=actor())
    show.print_parts(show_invoices.drafts_table(draft.month, [draft]))
    typer.echo(f"issue it with: hubledger invoices issue --month {draft.month}", err=True)


@app.command("pay")
def pay_command(
    *,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="The invoice's number.")],
    amount: Annotated[
        str | None, typer.Option(help="How much, as 1234.56; by default all that is due. Negative: it was given back.")
    ] = None,
    day: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="When it was paid; by default today.")
    ] = None,
    reference: Annotated[str, typer.Option(help="What the bank says of it.")] = "",
    ledger: LedgerOption = LEDGER,
) -> None:
    """Enter a payment of an invoice; its notes are counted with it.

    Example: hubledger invoices pay HC-2026-0001 --amount 400.00 --date 2026-12-04
    """
    given = None if amount is None else read_amount(amount)
    with opened(ledger) as book:
        paid = payments.pay(book, number, given, on=day.date() if day else None, reference=reference, actor=actor())
    typer.echo(f"{number}: {paid.paid:,f} {paid.currency} paid, {paid.due:,f} due", err=True)


@app.command("verify")
def verify_command(
    *,
    without_lake: Annotated[
        bool, typer.Option("--without-lake", help="Only the ledger itself: compute nothing anew.")
    ] = False,
    lake: LakeOption = LAKE,
    ledger: LedgerOption = LEDGER,
) -> None:
    """Check every hash, number, sum, line and event, and compute every document anew from its recorded versions.

    Exits with 1 if anything is not as it was issued.

    Example: hubledger invoices verify
    """
    with opened(ledger) as book:
        found = verifying.verify(book, None if without_lake else Lake(lake))
    for fault in found.faults:
        typer.echo(f"hubledger: {fault}", err=True)
    anew = "nothing computed anew" if without_lake else f"{found.computed} computed anew"
    typer.echo(f"{found.documents} documents, {found.lines} lines checked, {anew}: {len(found.faults)} faults")
    if found.faults:
        raise typer.Exit(1)


@app.command("certificate")
def certificate_command(
    *,
    month: MonthOption,
    to: Annotated[Path | None, typer.Option("--to", help="Also write it to this file: .pdf, .json or .txt.")] = None,
    form: Annotated[CertificateForm, typer.Option("--format", help="How to print it.")] = CertificateForm.TABLE,
    lake: LakeOption = LAKE,
    ledger: LedgerOption = LEDGER,
) -> None:
    """Prove a month: each provider's bill = what documents pass on + the operator's own + unattributed.

    The bills come from the lake, what is passed on from the ledger. Exits with 1 if there is a difference.

    Example: hubledger invoices certificate --month 2026-09
    """
    with opened(ledger) as book:
        found = certificate(book, Lake(lake), month, today=actor().now.date())
    if form is CertificateForm.TABLE:
        show.print_parts(show_invoices.certificate_parts(found))
    else:
        write = certificate_page.to_json if form is CertificateForm.JSON else certificate_page.to_text
        typer.echo(write(found))
    if to is not None:
        _write_certificate(found, to)
    for fault in found.faults:
        typer.echo(f"hubledger: {month}: {fault}", err=True)
    if found.faults:
        raise typer.Exit(1)


@app.command("grants")
def grants_command(
    *,
    community: CommunityOption = None,
    form: TextFormatOption = TextFormat.TABLE,
    fleet: FleetOption = FLEET,
    ledger: LedgerOption = LEDGER,
) -> None:
    """Show each grant: its ceiling, what was charged, what the months to come will take, what is left.

    Example: hubledger invoices grants --community northern-sky
    """
    with opened(ledger) as book:
        found = spending(book, load(fleet), communities=community or (), today=actor().now.date())
    if form is TextFormat.TABLE:
        show.print_parts(show_invoices.spending_parts(found))
    else:
        sys.stdout.write(show_invoices.spending_text(found, form.value))


def _write_certificate(found: Certificate, to: Path) -> None:
    match to.suffix:
        case ".pdf":
            to.write_bytes(certificate_page.to_pdf(found))
        case ".json":
            to.write_text(certificate_page.to_json(found) + "\n", encoding="utf-8")
        case ".txt":
            to.write_text(certificate_page.to_text(found), encoding="utf-8")
        case _:
            raise CertificateError(f"{to}: a certificate is a .pdf, .json or .txt file: give it such a name")
    typer.echo(f"{to}: written", err=True)
