"""`hubledger dashboard`: serve the pages; make, list and revoke share links."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from analytics.options import FLEET, LAKE, FleetOption, LakeOption
from dashboard.links import LinkError, Links

LEDGER = "ledger.sqlite"
ERRORS: tuple[type[Exception], ...] = (LinkError,)
LOOPBACK = ("127.0.0.1", "::1", "localhost")

app = typer.Typer(help="The pages that people look at, and who may.", invoke_without_command=True)

LedgerOption = Annotated[str, typer.Option("--ledger", envvar="HUBLEDGER_LEDGER", help="The ledger's file or URL.")]
StateOption = Annotated[
    Path | None,
    typer.Option(
        "--state",
        envvar="HUBLEDGER_DASHBOARD_STATE",
        help="The folder of the dashboard's key and share links. Default: beside the ledger.",
        show_default=False,
    ),
]


@app.callback()
def dashboard_command(
    context: typer.Context,
    *,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")] = 8501,
    base_path: Annotated[str, typer.Option(help="Where the pages are below the host, as in /costs.")] = "",
    public_demo: Annotated[
        bool, typer.Option("--public-demo", help="Serve the example fleet, and nothing else, to everybody.")
    ] = False,
    fleet: FleetOption = FLEET,
    lake: LakeOption = LAKE,
    ledger: LedgerOption = LEDGER,
    state: StateOption = None,
) -> None:
    """Serve the dashboard on the fleet's lake and ledger.

    Without a provider to sign in with (`dashboard` in fleet.yaml), it listens on this machine only.

    Example: hubledger dashboard --port 8501
    """
    if context.invoked_subcommand:
        return
    from dashboard.gate import Doors
    from dashboard.server import Listener, serve
    from dashboard.sessions import Sessions
    from dashboard.site import Mode, Site

    place = state or Path(f"{ledger}.dashboard")
    links = Links(place)
    site = Site(Mode.LOCAL, fleet, lake, ledger, place, base_path)
    sessions = Sessions(links, links.key, links.key, timedelta(hours=8))
    doors = Doors(sessions, hosts=frozenset(LOOPBACK), base_path=base_path)

    def ready(listener: Listener) -> None:
        typer.echo(f"Serving on {listener.address}{base_path}/ for this machine only: nobody has to sign in.", err=True)

    serve(site, Listener(host, port), doors, {}, ready)
