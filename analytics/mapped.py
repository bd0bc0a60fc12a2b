"""Any vendor's bill: CSV files whose columns a mapping of the fleet turns into FOCUS's, read into `charges`.

A number is never a DOUBLE, and one that isn't written as the mapping says is a fault that names file, line and column.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from analytics import csv_files, mapped_columns
from analytics.charges import PARTLY, deliver, is_delivered
from analytics.csv_files import CsvError, Dialect
from analytics.descriptions import COMPONENTS
from analytics.engine import connect, identifier, literal, scratch_folder, sql
from analytics.focus_files import find
from analytics.source import SourceError, Step
from analytics.tables import CHARGES, FOCUS_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime
    from pathlib import Path

    import duckdb

    from analytics.charges import Delivery
    from analytics.focus_files import File
    from analytics.lake import Lake
    from analytics.mapped_columns import Made
    from terraform.fleet import Labels, MappedBilling
    from terraform.mapping import Mapping

READER = "1"  # raise it when the same file must be read again because this module reads it otherwise
# What a bill need not say, and what it is then.
DEFAULTS = {
    "ContractedCost": "BilledCost",
    "EffectiveCost": "BilledCost",
    "ListCost": "BilledCost",
    "ServiceCategory": "'Other'",
    "ServiceProviderName": "InvoiceIssuerName",
}


class MappedError(SourceError):
    """A vendor's bill can't be read as its mapping says; nothing of it was written."""


@dataclass(frozen=True, slots=True)
class _Staged:
    """A CSV file as Parquet, and the CSV itself, to name a line of it."""

    name: str
    csv: Path
    path: Path


def ingest(
    source: MappedBilling,
    *,
    labels: Labels,
    lake: Lake,
    sources: Collection[str],
    months: Collection[str] | None,
    now: datetime,
    talk: Callable[[str], None],
) -> tuple[Delivery, ...]:
    """Bring the CSV files of `source` into the lake; () if they are there as they are.

    `months` (YYYY-MM) leaves out the others; None is all that the files have. Raises MappedError for files, ChargesError for rows.
    """
    with scratch_folder() as scratch, connect() as con:
        files = find(source.path, scratch)
        version = _version(files, source.mapping, labels)
        if is_delivered(con, lake, source=source.id, version=version, months=months):
            talk(f"{len(files)} files, unchanged")
            return ()
        staged = []
        for number, file in enumerate(files):
            talk(Step(f"reading {len(files)} files", number, len(files)))
            staged.append(_stage(con, file, source.mapping, scratch))
        create_view(con, source.mapping, [(each.name, each.path) for each in staged])
        _check(con, source.mapping, staged)
        (skipped,) = con.execute("select count(*) from mapped_lines where x_LeftOut").fetchall()[0]
        if skipped:
            talk(f"{skipped} lines are no charges and left out")
        return deliver(
            con,
            lake,
            view="focus",
            source=source.id,
            object=source.path,
            version=version if months is None else version + PARTLY,
            labels=labels,
            sources=sources,
            months=months,
            now=now,
        )


def create_view(con: duckdb.DuckDBPyConnection, mapping: Mapping, files: Sequence[tuple[str, Path]]) -> None:
    """Create the views `mapped_lines`, every line of the staged `files`, and `focus`, those that are charges."""
    wanted = ", ".join(
        identifier(name) for name in dict.fromkeys(name for name, _ in mapped_columns.source_columns(mapping))
    )
    selects = [
        f"select {f'{wanted}, ' if wanted else ''}{literal(name)} as x_File, file_row_number + 1 as x_Row"
        f" from read_parquet({literal(str(path))}, file_row_number = true)"
        for name, path in files
    ]
    con.execute(
        f"create or replace temp view mapped_lines as select *, {mapped_columns.left_out(mapping)} as x_LeftOut"
        f" from ({' union all '.join(selects)})"
    )
    made = {each.name: each.good for each in mapped_columns.columns(mapping)}
    period = mapped_columns.period(mapping)
    zone = literal(mapping.days.timezone)
    local = (
        period.good
        if period
        else f"date_trunc('month', timezone({zone}, {made.get('ChargePeriodStart', made.get('BillingPeriodStart'))}))"
    )
    said = ", ".join(f"{good} as {name}" for name, good in made.items())
    con.execute(
        f"create or replace temp view mapped_charges as select {said}, {local} as x_Month,"
        f" {mapped_columns.tag_object(mapped_columns.tags(mapping))} as Tags, x_File, x_Row"
        " from mapped_lines where not x_LeftOut"
    )
    whole = {name: f"coalesce({name}, {default})" if name in made else default for name, default in DEFAULTS.items()}
    whole |= {
        "BillingPeriodStart": "BillingPeriodStart" if "BillingPeriodStart" in made else f"timezone({zone}, x_Month)",
        "BillingPeriodEnd": "BillingPeriodEnd"
        if "BillingPeriodEnd" in made
        else f"timezone({zone}, x_Month + interval 1 month)",
    }
    whole |= {
        f"ChargePeriod{end}": whole[f"BillingPeriod{end}"]
        for end in ("Start", "End")
        if f"ChargePeriod{end}" not in made
    }
    final = "InvoiceId is not null" if mapping.final is None else str(mapping.final).lower()
    if mapping.final is None and "InvoiceId" not in made:
        final = "false"
    con.register("mapped_nothing", CHARGES.schema.empty_table().select(list(FOCUS_COLUMNS)))
    month = sql("mapped/month") if "BillingPeriodStart" in made else "strftime(x_Month, '%Y-%m')"
    con.execute(
        "create or replace temp view focus as from mapped_nothing union all by name"
        f" select * exclude (x_Month{''.join(f', {name}' for name in whole if name in made)}),"
        f" {', '.join(f'{value} as {name}' for name, value in whole.items())},"
        f" {month} as x_BillingPeriod, {final} as x_Final from mapped_charges"
    )


def _version(files: Sequence[File], mapping: Mapping, labels: Labels) -> str:
    """Return what changes whenever another reading would give other charges."""
    marks = [f"{file.name}\0{file.mark}" for file in files]
    text = "\0".join([READER, repr(mapping), repr(labels), COMPONENTS.read_text("utf-8"), *marks])
    return hashlib.sha256(text.encode()).hexdigest()


def _stage(con: duckdb.DuckDBPyConnection, file: File, mapping: Mapping, scratch: Path) -> _Staged:
    if not file.is_csv:
        raise MappedError(f"{file.name}: not a CSV file; a mapping reads .csv and .csv.gz")
    dialect = Dialect(mapping.delimiter, mapping.quote, mapping.encoding, mapping.skip_rows)
    target = scratch / f"{hashlib.sha256(file.name.encode()).hexdigest()[:16]}.parquet"
    try:
        header = csv_files.header(file.path, dialect)
        _check_header(file.name, header, mapping)
        wanted = {name for name, _ in mapped_columns.source_columns(mapping)}
        csv_files.stage(con, file.path, target, dialect, header, wanted)
    except CsvError as error:
        raise MappedError(f"{file.name}: {error}; nothing was written") from error
    return _Staged(file.name, file.path, target)


def _check_header(name: str, header: Sequence[str], mapping: Mapping) -> None:
    """Raise MappedError where a column that the mapping takes isn't there, or is there twice."""
    for column, place in mapped_columns.source_columns(mapping):
        if header.count(column) > 1:
            raise MappedError(f"{name}: two columns are named '{column}', which mapping {mapping.name} takes ({place})")
        if column not in header:
            near = get_close_matches(column, header, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(header) or 'none'}"
            raise MappedError(
                f"{name}: no column '{column}', which mapping {mapping.name} takes ({place}): {hint}"
                f" If the header is another line, or values are parted otherwise, set csv.skip_rows and csv.delimiter"
            )


def _check(con: duckdb.DuckDBPyConnection, mapping: Mapping, staged: Sequence[_Staged]) -> None:
    """Raise MappedError for the first line with a value that isn't what the mapping says, by file, line and column."""
    period = mapped_columns.period(mapping)
    checked = [*mapped_columns.columns(mapping), *mapped_columns.tags(mapping), *([period] if period else [])]
    doubts = [each for each in checked if each.wanted]
    tests = ", ".join(f"bool_or({each.raw} is not null and {each.good} is null)" for each in doubts)
    if not doubts:
        return
    found = con.execute(f"select {tests} from mapped_lines where not x_LeftOut").fetchall()[0]
    for each, is_bad in zip(doubts, found, strict=True):
        if is_bad:
            raise MappedError(_fault(con, mapping, staged, each))


def _fault(con: duckdb.DuckDBPyConnection, mapping: Mapping, staged: Sequence[_Staged], made: Made) -> str:
    shown = " ".join(f"coalesce({identifier(name)}, '')" for name in made.columns[:1]) or made.raw
    name, row, value, count = con.execute(
        f"select x_File, x_Row, left({shown}, 60), count(*) over () from mapped_lines"
        f" where not x_LeftOut and {made.raw} is not null and {made.good} is null order by x_File, x_Row limit 1"
    ).fetchall()[0]
    file = next(each for each in staged if each.name == name)
    dialect = Dialect(mapping.delimiter, mapping.quote, mapping.encoding, mapping.skip_rows)
    at = csv_files.line(file.csv, dialect, row)
    column = f"column '{made.columns[0]}'" if made.columns else "its name"
    more = f", and {count - 1} lines more" if count > 1 else ""
    return (
        f"{name}:{at}: {column}: '{value}' is not {made.wanted} (mapping {mapping.name}, {made.name}){more};"
        " nothing was written"
    )
