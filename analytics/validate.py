"""Whether Cost and Usage rows conform to FOCUS: those of files, or a month of the lake's charges."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from analytics import csv_files
from analytics.conformance import ROWS_PER_FILE, Place, Rows, Violation, check
from analytics.engine import connect, identifier, literal, scratch_folder
from analytics.focus_rules import Level, column_faults
from analytics.focus_versions import VERSIONS, columns, known, recognise
from analytics.month import check_month
from analytics.tables import CHARGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from analytics.lake import Lake

SUFFIXES = (".parquet", ".csv", ".csv.gz")
RENAMED = {"ProviderName": "ServiceProviderName", "PublisherName": "HostProviderName"}


class ValidationError(Exception):
    """What is to be validated can't be read; the message says where and what to do."""


@dataclass(frozen=True, slots=True)
class Validation:
    """What was validated against which version of FOCUS, and which rules it breaks: those that must hold first."""

    subject: str
    version: str
    files: int
    rows: int
    violations: tuple[Violation, ...]

    @property
    def conforms(self) -> bool:
        """Whether nothing is broken that must hold."""
        return all(violation.rule.level is not Level.MUST for violation in self.violations)


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    path: Path  # Parquet
    types: Mapping[str, str]  # of its columns, as DuckDB has them
    version: str

    @property
    def is_typed(self) -> bool:
        return self.name.endswith(".parquet")


def validate_files(path: str, *, version: str | None = None, most: int = 5) -> Validation:
    """Check a file, a folder or a glob of FOCUS files (.parquet, .csv, .csv.gz) against `version` (None: their own).

    At most `most` rows are told of each broken rule. Raises ValidationError for files, VersionError for a version.
    """
    wanted = known(version) if version else None
    with scratch_folder() as folder, connect() as con:
        files = [_open(con, name, folder / f"{number}.parquet") for number, name in enumerate(_find(path))]
        if len({file.is_typed for file in files}) > 1:
            raise ValidationError(
                f"{path}: there is CSV and Parquet, of which one has no types; give files of one kind"
            )
        wanted = wanted or max((file.version for file in files), key=VERSIONS.index)
        faults = [
            Violation(rule, 1, (Place(file.name, None, {rule.columns[0]: there}),))
            for file in files
            for rule, there in column_faults(wanted, file.types, typed=file.is_typed)
        ]
        source = " union all by name ".join(_select(file, number) for number, file in enumerate(files))
        try:
            described = con.execute(f"describe {source}").fetchall()
            rows = Rows(
                source, {row[0]: str(row[1]) for row in described if row[0] != "place"}, [file.name for file in files]
            )
            total, found = check(con, rows, wanted, most=most)
        except (duckdb.BinderException, duckdb.DataError, duckdb.InvalidInputException, duckdb.IOException) as error:
            told = str(error).splitlines()[0]
            raise ValidationError(f"{path}: {told}; give files of one kind, as they were delivered") from error
    return Validation(path, wanted, len(files), total, _ordered([*faults, *found]))


def validate_month(lake: Lake, month: str, *, version: str | None = None, most: int = 5) -> Validation:
    """Check what `charges` has of billing period `month` against `version` (None: the newest).

    A row's file is the lake's. Raises ValidationError if there are no charges of the month.
    """
    check_month(month)
    wanted = known(version) if version else VERSIONS[-1]
    with connect() as con:
        lake.attach(con, CHARGES, where={"x_BillingPeriod": month}, places=True)
        files = [row[0] for row in con.execute("select distinct x_File from charges order by x_File").fetchall()]
        if not files:
            raise ValidationError(
                f"{lake.url}: no charges of {month}: run `hubledger costs ingest --month {month}` first"
            )
        names = ", ".join(RENAMED[name] + f" as {name}" if name in RENAMED else name for name in columns(wanted))
        numbers = f"(list_position([{', '.join(map(literal, files))}], x_File) - 1) * {ROWS_PER_FILE} + x_Row"
        source = f"select {names}, {numbers} as place from charges"
        described = con.execute(f"describe {source}").fetchall()
        rows = Rows(source, {row[0]: str(row[1]) for row in described if row[0] != "place"}, files, sparse=True)
        total, found = check(con, rows, wanted, most=most)
    return Validation(f"charges of {month} in {lake.url}", wanted, len(files), total, _ordered(found))


def _find(path: str) -> list[str]:
    local = Path(path)
    if local.is_dir():
        found = [each for each in local.rglob("*") if each.name.endswith(SUFFIXES)]
    elif local.exists():
        found = [local]
    else:
        root = Path(local.anchor)
        found = [each for each in root.glob(str(local.relative_to(root))) if each.is_file()]
    if not found:
        raise ValidationError(
            f"{path}: no such file; name a .parquet, .csv or .csv.gz file, a folder of them, or a pattern"
        )
    for each in found:
        if not each.name.endswith(SUFFIXES):
            raise ValidationError(f"{each}: not a FOCUS file's name; they end in {', '.join(SUFFIXES)}")
    return sorted(str(each) for each in found)


def _open(con: duckdb.DuckDBPyConnection, name: str, target: Path) -> _File:
    """Return the file `name`; a CSV is copied to the Parquet file `target` as text."""
    path = Path(name)
    metadata: dict[str, str] = {}
    try:
        if name.endswith(".parquet"):
            target = path
            metadata = {
                key.decode(): value.decode(errors="replace")
                for key, value in (pq.read_metadata(path).metadata or {}).items()
            }
        else:
            dialect = csv_files.Dialect()
            header = csv_files.header(path, dialect)
            twice = sorted({column for column in header if header.count(column) > 1})
            if twice or not header:
                raise ValidationError(f"{name}: {f'two columns are named {twice[0]}' if twice else 'is empty'}")
            csv_files.stage(con, path, target, dialect, header)
        described = con.execute(
            f"describe from read_parquet({literal(str(target))}, binary_as_string = true)"
        ).fetchall()
    except (csv_files.CsvError, duckdb.Error, pa.ArrowException, OSError) as error:
        told = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ValidationError(f"{name}: {told}; the file is damaged or not what its name says") from error
    types = {row[0]: str(row[1]) for row in described}
    return _File(name, target, types, recognise(types, metadata))


def _select(file: _File, number: int) -> str:
    names = ", ".join(identifier(name) for name in file.types)
    return (
        f"select {names}, {number * ROWS_PER_FILE} + file_row_number + 1 as place from read_parquet({literal(str(file.path))},"
        " file_row_number = true, binary_as_string = true, hive_partitioning = false)"
    )


def _ordered(violations: Iterable[Violation]) -> tuple[Violation, ...]:
    return tuple(sorted(violations, key=lambda each: (each.rule.level is not Level.MUST, each.rule.id)))
