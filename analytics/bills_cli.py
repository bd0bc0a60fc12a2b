"""`hubledger costs reconcile | invoice-total | deliveries | diff`: is the bill whole, and how did it change?"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from analytics import deliveries, show, show_bills
from analytics.difference import DiffBy, difference
from analytics.invoice_totals import read_amount, state
from analytics.lake import Lake
from analytics.month import check_month
from analytics.options import LAKE, LakeOption, MonthOption, TextFormat, TextFormatOption
from analytics.reconcile import reconcile
from analytics.report import Cost

app = typer.Typer()


@app.command("reconcile")
def reconcile_command(
    *,
    month: MonthOption,
    invoices: Annotated[bool, typer.Option("--invoices", help="List our sum of each invoice, by its number.")] = False,
    form: TextFormatOption = TextFormat.TABLE,
    lake: LakeOption = LAKE,
) -> None:
    """Prove a month: bill = hubs + communities + operator + unattributed, per issuer and billing account.

    Beside the bill stands what the provider states, where somebody entered it (`costs invoice-total`). Exits with 1 if
    there is any difference: the bill changed after it was allocated, or an invoice says something else.

    Example: hubledger costs reconcile --month 2026-10
    """
    found = reconcile(Lake(lake), month)
    if form is TextFormat.TABLE:
        show.print_parts(show_bills.reconciliation_table(found, invoices=invoices))
    else:
        sys.stdout.write(show_bills.reconciliation_text(found, form.value, invoices=invoices))
    for line in show_bills.complaints(found):
        typer.echo(f"hubledger: {month}: {line}", err=True)
    if not (found.agrees and found.complete):
        raise typer.Exit(1)


@app.command("invoice-total")
def invoice_total_command(
    *,
    month: MonthOption,
    issuer: Annotated[str, typer.Option(help="Who issued it, as `costs reconcile` calls it.")],
    account: Annotated[str, typer.Option(help="The billing account.")],
    currency: Annotated[str, typer.Option(help="The invoice's currency, as in USD.")],
    amount: Annotated[
        str | None, typer.Option(help="What it states, as 1234.56. Left out, an earlier entry is taken back.")
    ] = None,
    invoice: Annotated[str, typer.Option(help="The invoice's number; left out, all of the account's month.")] = "",
    note: Annotated[str, typer.Option(help="Where it stands.")] = "",
    lake: LakeOption = LAKE,
) -> None:
    """Enter what an invoice states, to be compared with our sum by `costs reconcile`.

    A second entry corrects the first; both are kept.

    Example: hubledger costs invoice-total --month 2026-10 --issuer Microsoft --account 12345 --amount 1234.56 --currency USD
    """
    entered = state(
        Lake(lake),
        month,
        issuer=issuer,
        billing_account=account,
        invoice=invoice,
        amount=None if amount is None else read_amount(amount),
        currency=currency,
        note=note,
        now=datetime.now(UTC),
    )
    said = "taken back" if entered.amount is None else f"{entered.amount:f} {currency}"
    typer.echo(f"{month} {issuer} {account} {invoice or '(all of the month)'}: {said}", err=True)


@app.command("deliveries")
def deliveries_command(
    *,
    month: Annotated[
        str | None, typer.Option("--month", "-m", metavar="YYYY-MM", help="Only this billing month.")
    ] = None,
    form: TextFormatOption = TextFormat.TABLE,
    lake: LakeOption = LAKE,
) -> None:
    """List the bills that were delivered: which is in force, which was superseded, and what changed.

    A month is provisional until its issuer says that it is final; a final bill that came again otherwise is marked.

    Example: hubledger costs deliveries --month 2026-10
    """
    found = deliveries.history(Lake(lake), None if month is None else check_month(month))
    if form is TextFormat.TABLE:
        show.print_parts(show_bills.deliveries_table(found))
    else:
        sys.stdout.write(show_bills.deliveries_text(found, form.value))


@app.command("diff")
def diff_command(
    *,
    month: MonthOption,
    by: Annotated[DiffBy, typer.Option(help="Compare allocations by hub, or charges by service.")] = DiffBy.HUB,
    before: Annotated[int | None, typer.Option("--from", min=0, help="A version of that table.")] = None,
    after: Annotated[int | None, typer.Option("--to", min=0, help="A later version of it.")] = None,
    cost: Annotated[Cost, typer.Option(help="Billed, or effective.")] = Cost.BILLED,
    form: TextFormatOption = TextFormat.TABLE,
    lake: LakeOption = LAKE,
) -> None:
    """Show what changed in a month between two versions of the lake: the last two that differ, or those you name.

    The differences are exact and add up to the difference of the totals.

    Example: hubledger costs diff --month 2026-10 --by service
    """
    found = difference(Lake(lake), month, by=by, cost=cost, before=before, after=after)
    if form is TextFormat.TABLE:
        show.print_parts(show_bills.difference_table(found))
    else:
        sys.stdout.write(show_bills.difference_text(found, form.value))
