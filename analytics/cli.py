"""`hubledger costs`: bring bills and usage in, allocate, report, explain, export; bills_cli.py and focus_cli.py have the rest."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 – Typer reads the annotations
from typing import Annotated

import typer

from analytics import bills_cli, deliveries, focus_cli, show
from analytics.allocate import AllocationError
from analytics.engine import EngineError
from analytics.explain import explain
from analytics.export import ExportError, export
from analytics.focus_versions import VersionError
from analytics.ingest import IngestError, ingest
from analytics.invoice_totals import StatementError
from analytics.lake import Lake, LakeError
from analytics.month import allocate_month
from analytics.options import FLEET, LAKE, WORK, FleetOption, Format, LakeOption, MonthOption, WorkOption
from analytics.progress import progress
from analytics.replay import policies, replay
from analytics.report import By, Cost, NoSuchHub, mark_applies, note_rates, report
from analytics.show_explanation import explanation_table
from analytics.validate import ValidationError
from terraform.fleet_files import FleetError, load
from terraform.receipts import DamagedReceipts, receipts

ERRORS = (
    AllocationError,
    DamagedReceipts,
    EngineError,
    ExportError,
    FleetError,
    IngestError,
    LakeError,
    NoSuchHub,
    StatementError,
    ValidationError,
    VersionError,
)

app = typer.Typer(help="Bills and usage in; what every hub costs, and why, out.", no_args_is_help=True)
app.add_typer(bills_cli.app)
app.add_typer(focus_cli.app)


@app.command("ingest")
def ingest_command(
    *,
    cluster: Annotated[list[str] | None, typer.Option(help="Only this cluster (repeatable).")] = None,
    month: Annotated[
        list[str] | None,
        typer.Option("--month", "-m", metavar="YYYY-MM", help="Only this month (repeatable). Default: what is there."),
    ] = None,
    fleet: FleetOption = FLEET,
    lake: LakeOption = LAKE,
) -> None:
    """Bring bills and usage into the lake.

    What did not change since the last time is not read again; what changed replaces its month. A second run, or a run
    after a crash, loses and doubles nothing.

    Example: hubledger costs ingest --month 2026-10
    """
    with progress() as watch:
        result = ingest(load(fleet), Lake(lake), clusters=cluster, months=month, now=datetime.now(UTC), watch=watch)
    typer.echo(result.summary(), err=True)
    if result.deliveries:
        ids = {delivery.delivery_id for delivery in result.deliveries}
        for notice in deliveries.restatements(deliveries.history(Lake(lake)), ids):
            typer.echo(f"notice: {notice}", err=True)
    if result.failures:
        raise IngestError("\n".join(result.failures))


@app.command("allocate")
def allocate_command(
    *,
    month: MonthOption,
    refresh_rates: Annotated[
        bool, typer.Option("--refresh-rates", help="Look a final month's exchange rates up again.")
    ] = False,
    fleet: FleetOption = FLEET,
    lake: LakeOption = LAKE,
) -> None:
    """Split a month's charges over hubs.

    Fails, and writes nothing, unless the parts add up to the bill exactly, and every currency has a rate where the
    fleet has a reporting currency. A month that was allocated as final keeps its rates.

    Example: hubledger costs allocate --month 2026-10
    """
    computed = allocate_month(Lake(lake), load(fleet), month, refresh_rates=refresh_rates)
    versions = ", ".join(f"{name} {version}" for name, version in computed.versions.items())
    typer.echo(f"{month} allocated, {computed.status}, from lake versions: {versions}", err=True)
    for note in computed.notes:
        typer.echo(f"note: {note}", err=True)


@app.command("replay")
def replay_command(*, month: MonthOption, fleet: FleetOption = FLEET, lake: LakeOption = LAKE) -> None:
    """Compute what each hub would bear of a month under every other policy.

    The month itself stays as it is; the dashboard's fleet page shows the comparison.

    Example: hubledger costs replay --month 2026-10
    """
    replay(Lake(lake), load(fleet), month)
    typer.echo(f"{month} replayed under {len(list(policies()))} policies", err=True)


@app.command("report")
def report_command(
    *,
    month: MonthOption,
    by: Annotated[By, typer.Option(help="What a row is one of.")] = By.HUB,
    hub: Annotated[str | None, typer.Option(help="Only this hub: its name, or cluster/name.")] = None,
    cost: Annotated[
        Cost, typer.Option(help="Billed, or effective (commitments spread over their term).")
    ] = Cost.BILLED,
    form: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TABLE,
    fleet: FleetOption = FLEET,
    lake: LakeOption = LAKE,
    work: WorkOption = WORK,
) -> None:
    """Show what a month cost, by hub or otherwise.

    The rows always cover the whole bill: what no hub bears has no hub, and its rule says why. CSV, JSON and Parquet
    carry money in full precision. Where the fleet has a reporting currency, costs are shown in it too, at the rates that
    the month was allocated with. Below stands what was applied to the infrastructure in that month.

    Example: hubledger costs report --month 2026-10 --by community --format csv
    """
    found = report(Lake(lake), month, by=by, hub=hub, cost=cost)
    if found.reporting_currency and fleet.exists():
        found = note_rates(found, load(fleet))
    found = mark_applies(found, receipts(work))
    if form is Format.TABLE:
        show.print_parts(show.report_table(found))
    elif form is Format.PARQUET:
        _write_bytes(show.report_parquet(found))
    else:
        sys.stdout.write(show.report_text(found, form.value))


@app.command("explain")
def explain_command(
    *,
    month: MonthOption,
    hub: Annotated[str, typer.Option(help="The hub: its name, or cluster/name.")],
    component: Annotated[str | None, typer.Option(help="Only this component, for example 'home storage'.")] = None,
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only this day.")] = None,
    most: Annotated[int, typer.Option(min=1, help="How many places and bill lines to list.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, money in full precision.")] = False,
    fleet: FleetOption = FLEET,
    lake: LakeOption = LAKE,
) -> None:
    """Go from a hub's figure to the rules, the shares and the bill lines behind it.

    Example: hubledger costs explain --hub aurora/prod --month 2026-10 --component gpu
    """
    found = explain(
        Lake(lake), load(fleet), month, hub=hub, component=component, day=day.date() if day else None, most=most
    )
    if as_json:
        sys.stdout.write(json.dumps(found.to_json(), indent=2, ensure_ascii=False) + "\n")
        return
    show.print_parts(explanation_table(found))


@app.command("export")
def export_command(
    *,
    month: MonthOption,
    to: Annotated[Path, typer.Option("--to", help="The file to write: .parquet, .csv or .csv.gz.")],
    focus_version: Annotated[str, typer.Option(help="1.4, or 1.2 for what reads nothing newer.")] = "1.4",
    fleet: FleetOption = FLEET,
    lake: LakeOption = LAKE,
) -> None:
    """Write a month's allocations as FOCUS rows: what each hub bears of each day's charges of a price.

    Example: hubledger costs export --month 2026-10 --to 2026-10.parquet
    """
    written = export(Lake(lake), load(fleet), month, to, version=focus_version)
    totals = ", ".join(f"{total:f} {currency}" for currency, total in written.totals.items())
    typer.echo(f"{written.path}: {written.rows:,} rows, {totals}", err=True)


def _write_bytes(data: bytes) -> None:
    if sys.stdout.isatty():
        raise typer.BadParameter("Parquet is not for a terminal: send it to a file with > report.parquet")
    sys.stdout.buffer.write(data)
