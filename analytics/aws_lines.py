"""The line items of Cost and Usage Report files as charges: DuckDB views, a step each, over files that lie in a folder."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from analytics import csv_files
from analytics.aws_columns import COLUMNS, MEANT, NEEDED, TAG_COLUMN, TAG_MAPS, Keys, Layout, layout, normal
from analytics.aws_s3 import AwsBillingError
from analytics.engine import identifier, literal, sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from terraform.fleet import Labels

SERVICES = Path(__file__).parent / "aws_services.csv"
FOCUS_MARKS = frozenset({"BilledCost", "ChargePeriodStart"})  # no Cost and Usage Report has a column of these names
KNOWN_TYPES = frozenset(
    {
        *("Usage", "DiscountedUsage", "SavingsPlanCoveredUsage", "SavingsPlanNegation"),
        *("Fee", "RIFee", "SavingsPlanUpfrontFee", "SavingsPlanRecurringFee"),
        *("Tax", "Credit", "Refund"),
    }
)


@dataclass(frozen=True, slots=True)
class File:
    """A file of a bill: the Parquet to read, what people call it, and its columns with their DuckDB types."""

    place: str
    path: Path
    columns: tuple[tuple[str, str], ...]


def is_focus(con: duckdb.DuckDBPyConnection, path: Path, place: str) -> bool:
    """Tell whether a file is a FOCUS export, by its columns."""
    return set(FOCUS_MARKS) <= {name for name, _ in _columns(con, path, place)}


def open_file(con: duckdb.DuckDBPyConnection, path: Path, place: str, keys: Keys) -> File:
    """Make a file ready to be read; a CSV is taken apart, and `path` goes. Raises AwsBillingError."""
    if path.suffix == ".parquet":
        return File(place, path, tuple(_columns(con, path, place)))
    target = path.parent / f"{path.name}.parquet"
    names = [name for name, _ in _columns(con, path, place)]
    origins = {origin for column in COLUMNS for origin in column.origins} | {*TAG_MAPS, "product"}
    wanted = dict.fromkeys(name for name in names if normal(name) in origins or _is_tag(name, keys))
    try:
        csv_files.stage(con, path, target, csv_files.Dialect(), names, wanted)
    except csv_files.CsvError as error:
        raise AwsBillingError(f"{place}: {error}; the file is damaged: have it delivered again") from error
    path.unlink()
    return File(place, target, tuple((name, "VARCHAR") for name in wanted))


def create_lines(con: duckdb.DuckDBPyConnection, files: Sequence[File], keys: Keys) -> None:
    """Create the view `aws_lines` over `files`. Raises AwsBillingError for a column that is missing or of another type."""
    alike: dict[tuple[tuple[str, str], ...], list[File]] = {}
    for file in files:
        alike.setdefault(file.columns, []).append(file)
    selects = []
    for group, (columns, several) in enumerate(alike.items()):
        read = _layout(columns, keys)
        if read.faults:
            raise AwsBillingError(
                f"{several[0].place}: not a bill as AWS exports it: {'; '.join(read.faults)}. Let the export have all columns"
            )
        paths = ", ".join(literal(str(file.path)) for file in several)
        selects.append(
            f"select {read.select()}, {group << 50} + (file_index << 32) + file_row_number as row_id"
            f" from read_parquet([{paths}], binary_as_string = true, hive_partitioning = false)"
        )
    con.execute(sql("aws/macros"))
    con.execute(f"create or replace temp view aws_rows as {' union all '.join(selects)}")
    with _explained(con, files, keys):
        has_net = con.execute("select count(*) from aws_rows where net_unblended is not null limit 1").fetchall()
        con.execute("set variable aws_has_net = $1", [has_net != [(0,)]])
        con.execute(f"create or replace temp view aws_lines as {sql('aws/lines')}")


def convert(
    con: duckdb.DuckDBPyConnection,
    files: Sequence[File],
    labels: Labels,
    target: Path,
    *,
    talk: Callable[[str], None],
) -> None:
    """Write the charges of the view `aws_lines` to the Parquet file `target`, and create the view `focus` over it."""
    keys = Keys(labels)
    with _explained(con, files, keys):
        _check_types(con, files, talk=talk)
        _load_tables(con, labels, keys)
        con.execute(sql("aws/plans"))
        con.execute(f"create or replace temp view aws_costs as {sql('aws/costs')}")
        con.execute(sql("aws/splits"))
        parts = ["whole", "unused"]
        if con.execute("select count(*) from aws_splits").fetchall() != [(0,)]:
            parts.append("parts")
        union = " union all by name ".join(f"({sql(f'aws/{part}')})" for part in parts)
        con.execute(f"create or replace temp view aws_entries as {union}")
        con.execute(f"copy ({sql('aws/focus')}) to {literal(str(target))} (format parquet, compression lz4_raw)")
    con.execute(f"create or replace temp view focus as from read_parquet({literal(str(target))})")


def check(con: duckdb.DuckDBPyConnection, source: str, *, talk: Callable[[str], None]) -> tuple[str, ...]:
    """Make sure that what is to be delivered is what came; return the billing periods."""
    periods: set[str] = set()
    for payer, period, currencies, arrived, delivered in con.execute(sql("aws/check")).fetchall():
        if len(currencies) != 1:
            raise AwsBillingError(
                f"{source}: {period}: account {payer} is billed in {' and '.join(map(str, currencies))}: AWS bills a"
                " payer's month in one currency; look for files of another account below the path"
            )
        if arrived != delivered:
            raise AwsBillingError(
                f"{source}: {period}: {arrived} {currencies[0]} came, {delivered} would be delivered: report this"
            )
        talk(f"{source}: {period}: {arrived:.2f} {currencies[0]}")
        periods.add(str(period))
    return tuple(sorted(periods))


def _columns(con: duckdb.DuckDBPyConnection, path: Path, place: str) -> list[tuple[str, str]]:
    try:
        if path.suffix != ".parquet":
            return [(name, "VARCHAR") for name in csv_files.header(path, csv_files.Dialect())]
        described = con.execute(f"describe from read_parquet({literal(str(path))}, binary_as_string = true)")
        return [(row[0], row[1]) for row in described.fetchall()]
    except (csv_files.CsvError, duckdb.Error, OSError) as error:
        raise AwsBillingError(
            f"{place}: {_told(error, path, place)}; the file is damaged or not what its name says"
        ) from error


def _layout(columns: Sequence[tuple[str, str]], keys: Keys) -> Layout:
    return layout([(name, identifier(name), kind) for name, kind in columns], keys)


def _is_tag(name: str, keys: Keys) -> bool:
    tag = TAG_COLUMN.fullmatch(name)
    return tag is not None and keys.key(tag["csv"] or tag["parquet"]) is not None


def _check_types(con: duckdb.DuckDBPyConnection, files: Sequence[File], *, talk: Callable[[str], None]) -> None:
    """Make sure that the columns are there which a line item's effective cost needs, and say what is not known."""
    for line_type, count in con.execute("select line_type, count(*) from aws_lines group by all order by 1").fetchall():
        for file in files:
            there = {normal(name) for name, _ in file.columns}
            for column in COLUMNS:
                if column.name in NEEDED.get(line_type, ()) and there.isdisjoint(column.origins):
                    raise AwsBillingError(
                        f"{file.place}: column {column.origins[-1]} is missing, which {line_type} lines need."
                        " Let the export have all columns"
                    )
        if line_type not in KNOWN_TYPES and not str(line_type).endswith("Discount"):
            talk(f"{count} line items of the unknown type {line_type} count as adjustments")


def _load_tables(con: duckdb.DuckDBPyConnection, labels: Labels, keys: Keys) -> None:
    con.execute(
        "create or replace temp table aws_services as"
        f" from read_csv({literal(str(SERVICES))}, header = true, all_varchar = true)"
    )
    con.execute(f"create or replace temp view aws_regions as {sql('aws/regions')}")
    found = con.execute(
        "select distinct unnest(json_keys(text)) from"
        " (select distinct tags as text from aws_lines where tags is not null) where json_type(text) = 'OBJECT'"
    ).fetchall()
    ranks = {key.lower(): rank for rank, key in enumerate(labels.namespace)}
    con.execute("create or replace temp table aws_keys (raw text, key text, namespace_rank integer)")
    for (raw,) in found:
        if key := keys.key(raw):
            con.execute("insert into aws_keys values (?, ?, ?)", [raw, key, ranks.get(key.lower())])
    con.execute(sql("aws/tags"))
    split = "aws:eks:namespace"  # what AWS itself says a namespace with
    con.execute(
        "set variable aws_namespace_key = $1", [split if split in ranks else next(iter(labels.namespace), split)]
    )


@contextmanager
def _explained(con: duckdb.DuckDBPyConnection, files: Sequence[File], keys: Keys) -> Iterator[None]:
    """Turn what DuckDB says of a file's values into an AwsBillingError that names file, row and column."""
    try:
        yield
    except (duckdb.DataError, duckdb.InvalidInputException, duckdb.IOException) as error:
        said = next((fault for fault in (_fault(con, file, keys) for file in files) if fault), None)
        raise AwsBillingError(said or f"{files[0].place}: {error}") from error


def _fault(con: duckdb.DuckDBPyConnection, file: File, keys: Keys) -> str | None:
    """Find the first value of a file that is not what its column holds."""
    read = _layout(file.columns, keys)
    for column in COLUMNS:
        for source, kind in read.sources.get(column.name, ()) if column.kind in ("money", "time") else ():
            alone = Layout({column.name: [(source, kind)]}, "", ()).typed(column)
            try:
                found = con.execute(
                    f"select file_row_number + 1, left(cast({source} as varchar), 40)"
                    f" from read_parquet({literal(str(file.path))}, binary_as_string = true)"
                    f" where {source} is not null and cast({source} as varchar) not in ('', 'None') and try({alone}) is null"
                    " order by 1 limit 1"
                ).fetchall()
            except duckdb.Error as unreadable:
                said = _told(unreadable, file.path, file.place)
                return f"{file.place}: {said}; the file is damaged: have it delivered again"
            for row, value in found:
                return f"{file.place}, row {row}: {source}: {value!r} is not {MEANT[column.kind]}"
    return None


def _told(error: Exception, path: Path, place: str) -> str:
    """Return the first line of a library's message, under the file's own name."""
    text = (str(error).strip() or type(error).__name__).splitlines()[0]
    return re.sub(re.escape(str(path)), place, text)
