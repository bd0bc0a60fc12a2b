"""`hubledger costs validate`: whether rows conform to FOCUS."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from analytics import show
from analytics.lake import Lake
from analytics.options import LAKE, LakeOption, TextFormat, TextFormatOption
from analytics.show_validation import summary, validation_table, validation_text
from analytics.validate import validate_files, validate_month

app = typer.Typer()


@app.command("validate")
def validate_command(
    *,
    path: Annotated[
        str | None, typer.Argument(help="A FOCUS file (.parquet, .csv, .csv.gz), a folder, a pattern.")
    ] = None,
    month: Annotated[
        str | None, typer.Option("--month", "-m", metavar="YYYY-MM", help="The lake's charges of this month instead.")
    ] = None,
    focus_version: Annotated[
        str | None, typer.Option(help="1.0 to 1.4. Default: the file's own; 1.4 for charges.")
    ] = None,
    most: Annotated[int, typer.Option(min=1, max=1000, help="How many rows to tell of each broken rule.")] = 5,
    form: TextFormatOption = TextFormat.TABLE,
    lake: LakeOption = LAKE,
) -> None:
    """Check rows against FOCUS: columns, types, nulls, allowed values, relations, split charges.

    Tells of each broken rule how many rows break it and which are the first. Exits with 1 if any rule that must hold
    is broken; recommendations are told all the same.

    Example: hubledger costs validate 2026-10.parquet --focus-version 1.4
    """
    if (path is None) == (month is None):
        raise typer.BadParameter("give a file, or --month for the lake's charges")
    if month:
        found = validate_month(Lake(lake), month, version=focus_version, most=most)
    else:
        found = validate_files(path or "", version=focus_version, most=most)
    if form is TextFormat.TABLE:
        console = show.console()
        for part in validation_table(found):
            console.print(part)
    else:
        sys.stdout.write(validation_text(found, form.value))
        typer.echo(summary(found), err=True)
    if not found.conforms:
        raise typer.Exit(1)
