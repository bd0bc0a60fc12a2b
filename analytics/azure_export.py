"""One or more runs of an Azure export as a table: its blobs fetched and taken apart, and the view that gives them as charges."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from analytics import azure_columns, csv_files
from analytics.azure_blobs import AzureBillingError
from analytics.azure_columns import MONEY_KIND, TEXT_KIND
from analytics.engine import check_room, identifier, literal, sql
from analytics.source import Step
from analytics.tables import CHARGES, FOCUS_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from analytics.azure_blobs import Blob, Folder
    from analytics.azure_runs import Run

CSV = csv_files.Dialect()
DETAIL_VIEWS = ("services", "regions", "lines")


@dataclass(frozen=True, slots=True)
class Piece:
    """A blob as a local Parquet file with columns of these types; `amortized` and `joined` tell Cost Details' two exports apart."""

    name: str
    path: Path
    columns: tuple[tuple[str, str], ...]
    run: Run
    amortized: bool = False
    joined: bool = False

    @property
    def is_focus(self) -> bool:
        """Whether it is FOCUS, not Cost Details."""
        return azure_columns.is_focus([name for name, _ in self.columns])


def fetch(
    con: duckdb.DuckDBPyConnection,
    folder: Folder,
    run: Run,
    scratch: Path,
    *,
    amortized: bool,
    joined: bool,
    talk: Callable[[str], None],
) -> list[Piece]:
    """Copy a run's blobs to `scratch`, CSV taken apart. Raises AzureBillingError, also where it hasn't the rows its manifest says."""
    size = sum(blob.size for blob in run.blobs) / 2**20
    pieces = []
    for number, blob in enumerate(run.blobs):
        talk(Step(f"{run.span}: {len(run.blobs)} files, {size:.1f} MiB", number, len(run.blobs)))
        path, columns = _open(
            con, folder, blob, scratch, f"{run.span}-{'amortized' if amortized else 'actual'}-{number}"
        )
        pieces.append(Piece(folder.url(blob.name), path, columns, run, amortized, joined))
    if run.rows is not None:
        paths = ", ".join(literal(str(piece.path)) for piece in pieces)
        (count,) = con.execute(f"select sum(num_rows) from parquet_file_metadata([{paths}])").fetchall()[0]
        if count != run.rows:
            raise AzureBillingError(
                f"{run.place}: {count} rows came, its manifest says {run.rows}: it is cut off or being written."
                " Run it again, or have the export run again; the lake keeps what it has"
            )
    return pieces


def create_views(con: duckdb.DuckDBPyConnection, pieces: Sequence[Piece]) -> None:
    """Create the view `focus` on `con`: the rows of `pieces` as charges in FOCUS columns, money exact, and their x_Span."""
    kinds = {piece.is_focus for piece in pieces}
    if len(kinds) > 1:
        places = [next(piece.run.place for piece in pieces if piece.is_focus is kind) for kind in (True, False)]
        raise AzureBillingError(
            f"{places[0]} is FOCUS and {places[1]} Cost Details: one export can't be both. Let the path name one of them"
        )
    con.execute(sql("azure/macros"))
    is_focus = kinds.pop()
    known = azure_columns.FOCUS if is_focus else azure_columns.DETAILS
    con.execute(
        f"create or replace temp view azure_rows as {' union all '.join(_select(piece, known) for piece in pieces)}"
    )
    con.execute(
        "create or replace temp view azure_resources as"
        f" select {'SubAccountId as SubscriptionId' if is_focus else 'SubscriptionId'}, ResourceGroup, ResourceId, Tags"
        " from azure_rows"
    )
    con.execute(sql("azure/groups"))
    if is_focus:
        con.execute(f"create or replace temp view focus as {sql('azure/focus')}")
        return
    for name in DETAIL_VIEWS:
        con.execute(f"create or replace temp view azure_{name} as {sql(f'azure/{name}')}")
    nothing = CHARGES.schema.empty_table().select(list(FOCUS_COLUMNS))
    con.register("azure_nothing", nothing)
    con.execute(f"create or replace temp view focus as from azure_nothing union all by name {sql('azure/details')}")


@contextmanager
def diagnosed(con: duckdb.DuckDBPyConnection, pieces: Sequence[Piece]) -> Iterator[None]:
    """Turn what fails because of what the files hold into an AzureBillingError that says where."""
    try:
        yield
    except duckdb.Error as error:
        check_room(error)
        # A damaged page is a plain Error.
        if isinstance(error, duckdb.ProgrammingError) and not isinstance(error, duckdb.InvalidInputException):
            raise
        raise _diagnosis(con, pieces, error) from error


def _diagnosis(con: duckdb.DuckDBPyConnection, pieces: Sequence[Piece], error: duckdb.Error) -> AzureBillingError:
    """Find the value that the engine couldn't take, or the file it couldn't read."""
    for piece in pieces:
        types = dict(piece.columns)
        for column in azure_columns.FOCUS if piece.is_focus else azure_columns.DETAILS:
            found = column.find(list(types))
            if found is None or column.kind == TEXT_KIND:
                continue
            name = identifier(found)
            tried = azure_columns.typed(column, types)
            if column.kind == MONEY_KIND:
                tried = f"try_cast(cast({name} as varchar) as decimal(38, 12))"
            try:
                rows = con.execute(
                    f"select file_row_number + 1, left(cast({name} as varchar), 40) from {_scan(piece)}"
                    f" where {name} is not null and try({tried}) is null order by 1 limit 1"
                ).fetchall()
            except duckdb.Error as unreadable:
                return _damaged(piece.name, piece.path, unreadable)
            if rows:
                row, value = rows[0]
                what = "a decimal number" if column.kind == MONEY_KIND else "a date as 10/31/2026 or 2026-10-31"
                return AzureBillingError(
                    f"{piece.name}, row {row}: {found}: {value!r} is not {what}; nothing was written"
                )
    names = ", ".join(piece.name for piece in pieces)
    return AzureBillingError(f"{names}: {str(error).splitlines()[0]}; nothing was written")


def _open(
    con: duckdb.DuckDBPyConnection, folder: Folder, blob: Blob, scratch: Path, stem: str
) -> tuple[Path, tuple[tuple[str, str], ...]]:
    place = folder.url(blob.name)
    suffix = next(each for each in (".parquet", ".csv.gz", ".csv") if blob.name.endswith(each))
    fetched, path = scratch / f"{stem}{suffix}", scratch / f"{stem}.parquet"
    folder.download(blob, fetched)
    try:
        if fetched != path:
            columns = csv_files.header(fetched, CSV)
            _check(place, columns)
            csv_files.stage(con, fetched, path, CSV, columns, azure_columns.wanted(columns))
            fetched.unlink()
        described = con.execute(f"describe from read_parquet({literal(str(path))}, binary_as_string = true)").fetchall()
    except csv_files.CsvError as error:
        raise AzureBillingError(
            f"{place}: {error}; the file is cut off or damaged: have the export run again"
        ) from error
    except duckdb.Error as error:
        check_room(error)
        raise _damaged(place, path, error) from error
    types = tuple((row[0], row[1]) for row in described)
    _check(place, [name for name, _ in types])
    return path, types


def _check(place: str, columns: Sequence[str]) -> None:
    if faults := azure_columns.faults(columns):
        kind = "a FOCUS" if azure_columns.is_focus(columns) else "a Cost Details"
        raise AzureBillingError(f"{place}: not {kind} export as Microsoft makes them: {'; '.join(faults)}")


def _select(piece: Piece, known: Sequence[azure_columns.Column]) -> str:
    types = dict(piece.columns)
    columns = ", ".join(f"{azure_columns.typed(column, types)} as {column.name}" for column in known)
    return (
        f"select {columns}, {literal('amortized' if piece.amortized else 'actual')} as dataset, {piece.joined} as joined,"
        f" timestamptz {literal(piece.run.made.isoformat())} as made, {literal(str(piece.run.span))} as x_Span,"
        f" {literal(piece.name)} as x_File, file_row_number + 1 as x_Row from {_scan(piece)}"
    )


def _scan(piece: Piece) -> str:
    return (
        f"read_parquet({literal(str(piece.path))}, binary_as_string = true, file_row_number = true,"
        " hive_partitioning = false)"
    )


def _damaged(place: str, path: Path, error: duckdb.Error) -> AzureBillingError:
    said = str(error).splitlines()[0].replace(str(path), place)
    return AzureBillingError(f"{place}: {said}; the file is cut off or damaged: have the export run again")
