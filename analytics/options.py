"""Options that several commands of `hubledger costs` have."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from analytics.month import check_month


class Format(StrEnum):
    """How data leaves a command."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


class TextFormat(StrEnum):
    """How data leaves a command that has little of it."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


FleetOption = Annotated[Path, typer.Option("--fleet", envvar="HUBLEDGER_FLEET", help="The fleet's folder.")]
LakeOption = Annotated[str, typer.Option("--lake", envvar="HUBLEDGER_LAKE", help="The lake's folder or URL.")]
WorkOption = Annotated[
    Path,
    typer.Option("--work", envvar="HUBLEDGER_INFRA", help="The folder of `hubledger infra`, whose applies are marked."),
]
MonthOption = Annotated[
    str, typer.Option("--month", "-m", help="Billing month, YYYY-MM.", metavar="YYYY-MM", callback=check_month)
]
TextFormatOption = Annotated[TextFormat, typer.Option("--format", help="How to print it.")]
FLEET, LAKE, WORK = Path("fleet"), "lake", Path("infra")
