"""`hubledger dashboard link …`: make, list and revoke share links."""

from __future__ import annotations

import csv
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from analytics.options import FLEET, FleetOption, TextFormat, TextFormatOption
from billing.options import LEDGER, LedgerOption
from dashboard.links import Link, LinkError, Links
from dashboard.opening import state_folder
from dashboard.share import PATH
from terraform.fleet_faults import suggestion
from terraform.fleet_files import load

_WIDE = 160  # where nobody looks, nothing is cut off
_COLUMNS = ("id", "community", "created", "expires", "status", "note")

StateOption = Annotated[
    Path | None,
    typer.Option(
        "--state",
        envvar="HUBLEDGER_DASHBOARD_STATE",
        help="The folder of the dashboard's key and share links. Default: beside the ledger.",
    ),
]

app = typer.Typer(no_args_is_help=True, help="Share links: one community's pages, to read, for some days.")


@app.command("create")
def create_command(
    community: Annotated[str, typer.Argument(help="The community whose pages the link shows.")],
    *,
    days: Annotated[int, typer.Option(min=1, max=366, help="For how many days it opens.")] = 30,
    note: Annotated[str, typer.Option(help="Whom it is for; shown in the list.")] = "",
    fleet: FleetOption = FLEET,
    ledger: LedgerOption = LEDGER,
    state: StateOption = None,
) -> None:
    """Make a share link and print it, once: it is kept nowhere.

    Whoever has it sees that community's pages and downloads, until it expires or is revoked.

    Example: hubledger dashboard link create coastal-modelling --days 30 --note "program officer"
    """
    read = load(fleet)
    names = [each.name for each in read.communities]
    if community not in names:
        raise LinkError(f"there is no community '{community}': {suggestion(community, names)}")
    links = Links(state_folder(ledger, state))
    link, token = links.create(community, days=days, note=note, now=datetime.now(UTC))
    url = read.settings.dashboard.url
    typer.echo(f"{url or 'http://127.0.0.1:8501'}{PATH}#{token}")
    typer.echo(f"share link {link.id} opens {community} until {link.expires:%Y-%m-%d %H:%M} UTC", err=True)
    if url is None:
        typer.echo("notice: the fleet doesn't say where its dashboard is: put the right address before it", err=True)


@app.command("list")
def list_command(
    *, output: TextFormatOption = TextFormat.TABLE, ledger: LedgerOption = LEDGER, state: StateOption = None
) -> None:
    """List the share links that were made: whose they are, until when, and whether they still open.

    Example: hubledger dashboard link list
    """
    now = datetime.now(UTC)
    rows = [_row(link, now) for link in Links(state_folder(ledger, state)).all()]
    if output is TextFormat.JSON:
        typer.echo(json.dumps(rows, indent=2))
    elif output is TextFormat.CSV:
        writer = csv.DictWriter(sys.stdout, _COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    else:
        table = Table(*(column.capitalize() for column in _COLUMNS))
        for row in rows:
            short = row | {name: row[name][:16].replace("T", " ") for name in ("created", "expires")}
            table.add_row(*(Text(short[column]) for column in _COLUMNS))
        Console(width=None if sys.stdout.isatty() else _WIDE).print(table)


@app.command("revoke")
def revoke_command(
    link: Annotated[str, typer.Argument(help="The link's id, from the list.")],
    *,
    ledger: LedgerOption = LEDGER,
    state: StateOption = None,
) -> None:
    """Take a share link back: whoever came by it sees nothing more from the next click on.

    Example: hubledger dashboard link revoke 3f2a9c0d5e6b7a81
    """
    taken = Links(state_folder(ledger, state)).revoke(link, now=datetime.now(UTC))
    typer.echo(
        f"share link {taken.id} to {taken.community} is revoked since {taken.revoked:%Y-%m-%d %H:%M} UTC", err=True
    )


def _row(link: Link, now: datetime) -> dict[str, str]:
    status = "revoked" if link.revoked else "open" if link.open_at(now) else "expired"
    return {
        "id": link.id,
        "community": link.community,
        "created": link.created.isoformat(),
        "expires": link.expires.isoformat(),
        "status": status,
        "note": link.note,
    }
