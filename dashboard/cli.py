"""`hubledger dashboard`: serve the pages; link_cli.py has the share links."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 – Typer reads the annotations
from typing import Annotated

import typer

from analytics.options import FLEET, LAKE, FleetOption, LakeOption
from billing.options import LEDGER, LedgerOption
from dashboard import link_cli
from dashboard.link_cli import StateOption  # noqa: TC001
from dashboard.links import LinkError
from dashboard.opening import Opening, OpeningError, mode_of, opening, state_folder
from dashboard.public_demo import demo_site
from dashboard.site import Mode, Site
from terraform.fleet_files import FleetError, load
from terraform.sign_in import DashboardSettings

ERRORS: tuple[type[Exception], ...] = (FleetError, LinkError, OpeningError)

app = typer.Typer(invoke_without_command=True)
app.add_typer(link_cli.app, name="link")

_WHO = {
    Mode.LOCAL: "for this machine only: nobody has to sign in, and everybody on it sees everything",
    Mode.SIGN_IN: "for those whom the fleet lets in, and by share link",
    Mode.DEMO: "for everybody: the example fleet, and nothing else",
}


@app.callback()
def dashboard_command(
    context: typer.Context,
    *,
    host: Annotated[
        str,
        typer.Option(help="The address to listen on; another than this machine's needs a provider to sign in with."),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")] = 8501,
    base_path: Annotated[
        str | None,
        typer.Option(help="Where the pages are below the host, as in /costs. Default: as dashboard.url in fleet.yaml."),
    ] = None,
    proxy: Annotated[
        list[str] | None,
        typer.Option(help="Address or network of a reverse proxy on another machine (repeatable).", metavar="ADDRESS"),
    ] = None,
    oidc_secret_file: Annotated[
        Path | None,
        typer.Option(
            envvar="HUBLEDGER_OIDC_SECRET_FILE",
            help="The file of the client's secret; or put the secret into HUBLEDGER_OIDC_SECRET.",
        ),
    ] = None,
    public_demo: Annotated[
        bool, typer.Option("--public-demo", help="Serve the example fleet, and nothing else, to everybody.")
    ] = False,
    fleet: FleetOption = FLEET,
    lake: LakeOption = LAKE,
    ledger: LedgerOption = LEDGER,
    state: StateOption = None,
) -> None:
    """Serve the dashboard on the fleet's lake and ledger, and make share links to it.

    Without a provider to sign in with (docs/dashboard-access.md), it listens on this machine only.

    Example: hubledger dashboard --port 8501
    """
    if context.invoked_subcommand:
        return
    if public_demo:
        opened = opening(demo_site(), DashboardSettings(), base_path=base_path)
    else:
        opened = _opened(fleet, lake, ledger, host=host, base_path=base_path, state=state, secret_file=oidc_secret_file)
    from dashboard.server import Listener, serve  # Streamlit is slow to import

    def ready(listener: Listener) -> None:
        site = opened.site
        typer.echo(f"Serving on {listener.address}{site.base_path}/ {_WHO[site.mode]}.", err=True)

    serve(opened, Listener(host, port, ("127.0.0.1", "::1", *(proxy or ()))), ready)


def _opened(
    fleet: Path,
    lake: str,
    ledger: str,
    *,
    host: str,
    base_path: str | None,
    state: Path | None,
    secret_file: Path | None,
) -> Opening:
    settings = load(fleet).settings.dashboard
    try:
        mode = mode_of(settings, host)
    except OpeningError as error:
        raise typer.BadParameter(str(error), param_hint="--host") from error
    site = Site(mode, fleet, lake, ledger, state_folder(ledger, state))
    return opening(site, settings, base_path=base_path, secret_file=secret_file)
