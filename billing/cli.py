"""`hubledger invoices`: what was allocated becomes drafts, a closed month, documents that never change, and their proof."""

from __future__ import annotations

import sys
from datetime import datetime  # noqa: TC003 – Typer reads the annotations
from typing import Annotated

import typer

from analytics import show
from analytics.allocate import AllocationError
from analytics.engine import EngineError
from analytics.invoice_totals import StatementError
from analytics.lake import Lake, LakeError
from analytics.options import FLEET, LAKE, FleetOption, LakeOption, MonthOption, TextFormat, TextFormatOption
from billing import after_cli, canonical, closing, drafting, export_cli, issuing, ledger_rows, show_invoices
from billing.contracts import NoContract
from billing.ledger import LedgerError
from billing.lines import NoRate
from billing.options import LEDGER, CommunityOption, LedgerOption, actor, maybe_month, opened
from billing.review import review
from terraform.fleet_files import FleetError, load

ERRORS: tuple[type[Exception], ...] = (
    FleetError,
    AllocationError,
    EngineError,
    LakeError,
    StatementError,
    LedgerError,
    NoContract,
    NoRate,
    closing.CloseError,
    drafting.DraftError,
    issuing.IssueError,
    *after_cli.ERRORS,
    *export_cli.ERRORS,
)

app = typer.Typer(
    help="Allocated cost in; invoices, credit notes and the month's certificate out.", no_args_is_help=True
)


@app.command("draft")
def draft_command(
    *,
    month: MonthOption,
    community: CommunityOption = None,
    fleet: FleetOption = FLEET,
    lake: LakeOption = LAKE,
    ledger: LedgerOption = LEDGER,
) -> None:
    """Compute a month's invoices, as drafts without numbers.

    A draft replaces the one before it. It is computed from the newest allocations, by the contract that is in force in that month.

    Example: hubledger invoices draft --month 2026-09
    """
    with opened(ledger) as book:
        drafts = drafting.draft(book, Lake(lake), load(fleet), month, communities=community or (), actor=actor())
    show.print_parts(show_invoices.drafts_table(month, drafts))


@app.command("review")
def review_command(
    *,
    month: MonthOption,
    form: TextFormatOption = TextFormat.TABLE,
    fleet: FleetOption = FLEET,
    lake: LakeOption = LAKE,
    ledger: LedgerOption = LEDGER,
) -> None:
    """Show what to look at before anyone signs.

    A community more than 20 % off the mean of three months, more than 1 % of a bill unattributed, less than 95 % measured,
    provisional bills, ceilings and caps that were reached, communities without a contract, hubs without a community.
    Exits with 3 if there is anything.

    Example: hubledger invoices review --month 2026-09
    """
    with opened(ledger) as book:
        found = review(book, Lake(lake), load(fleet), month, today=actor().now.date())
    if form is TextFormat.TABLE:
        show.print_parts(show_invoices.review_parts(found))
    else:
        sys.stdout.write(show_invoices.review_text(found, form.value))
    if found.anomalies:
        raise typer.Exit(3)


@app.command("close")
def close_command(
    *,
    month: MonthOption,
    provisional: Annotated[
        str | None, typer.Option(metavar="REASON", help="Close although a bill is provisional, and say why.")
    ] = None,
    fleet: FleetOption = FLEET,
    lake: LakeOption = LAKE,
    ledger: LedgerOption = LEDGER,
) -> None:
    """Close a month for ever: what was reviewed is what will be issued.

    Refuses while a bill is provisional, while the bill is another than was allocated, and while a draft is not what would be
    drafted now.

    Example: hubledger invoices close --month 2026-09
    """
    with opened(ledger) as book:
        closed = closing.close(book, Lake(lake), load(fleet), month, provisional=provisional, actor=actor())
    done = "was closed before" if closed.already else "closed"
    typer.echo(f"{month} {done}: {closed.drafts} to issue, computation {closed.computation[:12]}", err=True)


@app.command("issue")
def issue_command(
    *,
    month: MonthOption,
    community: CommunityOption = None,
    day: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="The documents' date; by default today.")
    ] = None,
    ledger: LedgerOption = LEDGER,
) -> None:
    """Give a closed month's drafts their numbers. They never change again.

    All are issued or none. A second run finds nothing to issue.

    Example: hubledger invoices issue --month 2026-09
    """
    with opened(ledger) as book:
        issued = issuing.issue(book, month, communities=community or (), day=day.date() if day else None, actor=actor())
    show.print_parts(show_invoices.issued_table(issued))
    if not issued:
        typer.echo(f"{month}: nothing to issue", err=True)


@app.command("list")
def list_command(
    *,
    month: Annotated[
        str | None,
        typer.Option("--month", "-m", metavar="YYYY-MM", help="Only this month.", callback=maybe_month),
    ] = None,
    community: CommunityOption = None,
    form: TextFormatOption = TextFormat.TABLE,
    ledger: LedgerOption = LEDGER,
) -> None:
    """List drafts and issued documents, with what is paid.

    Example: hubledger invoices list --month 2026-09
    """
    with opened(ledger) as book, book.read() as con:
        issued = ledger_rows.issued(con, month=month, communities=community or ())
        drafts = ledger_rows.drafts(con, month, community or ())
    if form is not TextFormat.TABLE:
        sys.stdout.write(show_invoices.documents_text(issued, drafts, form.value))
        return
    show.print_parts(show_invoices.issued_table(issued))
    if drafts:
        show.print_parts(show_invoices.drafts_table(month or "all months", drafts))


@app.command("show")
def show_command(
    *,
    name: Annotated[
        str,
        typer.Argument(metavar="NUMBER", help="A document's number, as in HC-2026-0001; with --month, a community."),
    ],
    month: Annotated[
        str | None,
        typer.Option(
            "--month", "-m", metavar="YYYY-MM", help="The community's drafts of this month.", callback=maybe_month
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As canonical JSON: what its hash is of.")] = False,
    ledger: LedgerOption = LEDGER,
) -> None:
    """Show an issued document, or with --month a community's drafts of it.

    Example: hubledger invoices show HC-2026-0001
    """
    with opened(ledger) as book, book.read() as con:
        found = ledger_rows.drafts(con, month, [name]) if month else ledger_rows.issued(con, number=name)
    if not found:
        what = f"draft of {name} for {month}" if month else f"document {name}"
        raise LedgerError(f"no {what}: `hubledger invoices list` names what there is")
    for each in found:
        if as_json:
            typer.echo(canonical.to_json(each.document))
        else:
            show.print_parts(show_invoices.document_parts(each.document))


app.command("export")(export_cli.export_command)
app.add_typer(after_cli.app)
