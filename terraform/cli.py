"""The commands `hubledger fleet …`."""

from __future__ import annotations

import csv
import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from terraform import ecb, fleet_example, fleet_files, reference_rates
from terraform.fleet import (
    AwsBilling,
    AzureBilling,
    BigQueryBilling,
    CostExplorerBilling,
    FileUsage,
    FocusBilling,
    MappedBilling,
    PrometheusUsage,
)
from terraform.fleet_schema import json_schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terraform.fleet import BillingSource, Fleet, UsageSource

ERRORS: tuple[type[Exception], ...] = (
    fleet_files.FleetError,
    ecb.EcbError,
)  # what the command tells in a line and exits 1 for

fleet_app = typer.Typer(
    name="fleet", no_args_is_help=True, help="The fleet's files: check them, describe them, start new ones."
)

rates_app = typer.Typer(no_args_is_help=True, help="Exchange rates: those of the fleet's table, and the ECB's.")
fleet_app.add_typer(rates_app, name="rates")

FleetOption = Annotated[
    Path, typer.Option("--fleet", envvar="HUBLEDGER_FLEET", help="The folder of the fleet's files.", show_default=True)
]
_WIDE = 10_000  # a pipe takes lines of any length


class SchemaKind(StrEnum):
    CLUSTER = "cluster"
    COMMUNITY = "community"
    FLEET = "fleet"
    MAPPING = "mapping"


class RatesFormat(StrEnum):
    TABLE = "table"
    CSV = "csv"
    JSON = "json"


@fleet_app.command()
def check(fleet: FleetOption = Path("fleet")) -> None:
    """Read the fleet's files and say what is in them, or every fault with file, line and key.

    Example: hubledger fleet check --fleet config/clusters
    """
    loaded = fleet_files.load(fleet)
    for notice in loaded.notices:
        typer.echo(f"{notice.path}: {notice.text}", err=True)
    _console().print(_table(loaded))
    typer.echo(_summary(loaded))


@fleet_app.command()
def schema(
    kind: Annotated[SchemaKind, typer.Argument(help="Which kind of file.")] = SchemaKind.CLUSTER,
) -> None:
    """Print the JSON Schema of one kind of file, for editors and other tools.

    Example: hubledger fleet schema cluster > cluster.schema.json
    """
    typer.echo(json.dumps(json_schema(kind.value), indent=2))


@fleet_app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write to; nothing is overwritten.")],
) -> None:
    """Write a commented example: one cluster, one community.

    Example: hubledger fleet init fleet
    """
    for file in fleet_example.write(folder):
        typer.echo(file)


@rates_app.command()
def fetch(
    url: Annotated[str, typer.Option(help="Where the file is: a CSV, or a zip of it.")] = ecb.URL,
    fleet: FleetOption = Path("fleet"),
) -> None:
    """Fetch the European Central Bank's reference rates, all days since 1999, into the fleet.

    Example: hubledger fleet rates fetch
    """
    target = fleet_files.reference_rates_file(fleet)
    newest = ecb.fetch(target, url=url)
    typer.echo(f"{target}: rates until {newest}", err=True)


@rates_app.command()
def show(
    month: Annotated[str, typer.Option("--month", "-m", help="The month, YYYY-MM.", metavar="YYYY-MM")],
    form: Annotated[RatesFormat, typer.Option("--format", help="How to print it.")] = RatesFormat.TABLE,
    fleet: FleetOption = Path("fleet"),
) -> None:
    """Show a month's rates: those of rates.csv, and the ECB's into the reporting currency (the euro without one).

    Where both have a pair, rates.csv is used. A bill's own rates come in between: a month's report names what was used.

    Example: hubledger fleet rates show --month 2026-10
    """
    rates = reference_rates.month_rates(fleet_files.load(fleet), month)
    header = ("month", "from", "to", "rate", "source")
    rows = [(rate.month, rate.base, rate.quote, f"{rate.rate.normalize():f}", rate.source) for rate in rates]
    if form is RatesFormat.JSON:
        typer.echo(json.dumps([dict(zip(header, row, strict=True)) for row in rows], indent=2, ensure_ascii=False))
    elif form is RatesFormat.CSV:
        csv.writer(sys.stdout, lineterminator="\n").writerows([header, *rows])
    else:
        table = Table(*header, box=None, pad_edge=False)
        for row in rows:
            table.add_row(*map(Text, row))
        _console().print(table)


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=_WIDE)


def _table(fleet: Fleet) -> Table:
    table = Table("cluster", "provider", "hubs", "accounts", "bills", "usage", "communities", box=None, pad_edge=False)
    for cluster in fleet.clusters:
        communities = {
            community.name
            for community in fleet.communities
            for member in community.hubs
            if member.cluster == cluster.name
        }
        table.add_row(
            cluster.name,
            cluster.provider.value,
            str(len(cluster.hubs)),
            Text(_listed(account for account in cluster.sub_accounts if not account.startswith("/"))),
            _listed(_kind(source) for source in cluster.billing),
            _kind(cluster.usage),
            _listed(sorted(communities)),
        )
    return table


def _summary(fleet: Fleet) -> str:
    counts = (
        _count(len(fleet.clusters), "cluster", "clusters"),
        _count(len(fleet.hubs), "hub", "hubs"),
        _count(len(fleet.communities), "community", "communities"),
    )
    paid = {(member.cluster, member.hub) for community in fleet.communities for member in community.hubs}
    alone = [f"{hub.cluster}/{hub.name}" for hub in fleet.hubs if (hub.cluster, hub.name) not in paid]
    free = f"; with no community: {', '.join(alone)}" if fleet.communities and alone else ""
    return ", ".join(counts) + free


def _kind(source: BillingSource | UsageSource | None) -> str:
    match source:
        case BigQueryBilling():
            return "bigquery"
        case FocusBilling():
            return "focus"
        case AwsBilling():
            return "aws"
        case CostExplorerBilling():
            return "cost-explorer"
        case AzureBilling():
            return "azure"
        case MappedBilling():
            return "mapped"
        case PrometheusUsage():
            return "prometheus"
        case FileUsage():
            return "file"
    return "–"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "–"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
