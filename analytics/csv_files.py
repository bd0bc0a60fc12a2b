"""A bill's CSV file as a Parquet file of text: taken apart once, its rows in order, so that a row's number says where it was."""

from __future__ import annotations

import csv
import gzip
import zlib
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, TextIO

import duckdb

from analytics.engine import check_room, identifier, literal

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Sequence
    from pathlib import Path

LONGEST = 16 * 2**20  # characters of a row


class CsvError(Exception):
    """A file that is no CSV of its dialect. The text says where in the file, without its name."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV is written: `skip_rows` stand before the header, `nulls` for nothing."""

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8-sig"
    skip_rows: int = 0
    nulls: tuple[str, ...] = ("",)

    @property
    def is_utf8(self) -> bool:
        """Whether the engine reads it as it is."""
        return self.encoding.lower().replace("_", "-") in {"utf-8", "utf-8-sig", "utf8"}


def header(path: Path, dialect: Dialect) -> list[str]:
    """Return the column names; () of an empty file. Raises CsvError."""
    with closing(_rows(path, dialect)) as rows:
        return [name.strip() for _, row in islice(rows, 1) for name in row]


def stage(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    target: Path,
    dialect: Dialect,
    columns: Sequence[str],
    wanted: Collection[str] | None = None,
) -> None:
    """Copy the rows to the Parquet file `target` as text, with the columns `wanted` (None: all) of its header's `columns`.

    Raises CsvError with the line of the first row that isn't as long as the header.
    """
    plain = path
    if not dialect.is_utf8:
        plain = target.with_suffix(".utf8.csv")
        _transcode(path, plain, dialect)
    names = [f"c{index}" for index in range(len(columns))]
    types = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    chosen = ", ".join(
        f"{name} as {identifier(column)}"
        for name, column in zip(names, columns, strict=True)
        if wanted is None or column in wanted
    )
    nulls = ", ".join(map(literal, dialect.nulls))
    packed = "gzip" if plain.suffix == ".gz" else "none"
    con.execute("set preserve_insertion_order = true")
    try:
        con.execute(
            f"copy (select {chosen} from read_csv({literal(str(plain))}, columns = {{{types}}}, auto_detect = false,"
            f" header = true, skip = {dialect.skip_rows}, delim = {literal(dialect.delimiter)}, quote = {literal(dialect.quote)},"
            f" escape = {literal(dialect.quote)}, nullstr = [{nulls}], max_line_size = {LONGEST}, compression = '{packed}',"
            f" strict_mode = true)) to {literal(str(target))} (format parquet, compression lz4_raw)"
        )
    except duckdb.Error as error:
        check_room(error)
        raise CsvError(_fault(path, dialect, len(columns)) or _first_line(error, plain)) from error
    finally:
        con.execute("set preserve_insertion_order = false")
        if plain != path:
            plain.unlink(missing_ok=True)


def line(path: Path, dialect: Dialect, row: int) -> int:
    """Return the line on which data row `row` (the first is 1) ends: a quoted value may hold line breaks."""
    with closing(_rows(path, dialect)) as rows:
        return next((at for at, _ in islice(rows, row, row + 1)), 0)


def _open(path: Path, encoding: str) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")


def _rows(path: Path, dialect: Dialect) -> Generator[tuple[int, list[str]]]:
    """Yield the header and the rows with the line each ends on; blank lines are no rows."""
    csv.field_size_limit(LONGEST)
    at = 0
    try:
        with _open(path, "utf-8-sig" if dialect.is_utf8 else dialect.encoding) as text:
            for _ in range(dialect.skip_rows):
                text.readline()
            reader = csv.reader(text, delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True)
            for row in reader:
                at = dialect.skip_rows + reader.line_num
                if row:
                    yield at, row
    except UnicodeDecodeError as error:
        raise CsvError(f"line {at + 1} or later is not {dialect.encoding} ({error.reason})") from error
    except csv.Error as error:
        raise CsvError(f"line {at + 1}: {error}") from error
    except (EOFError, OSError, zlib.error) as error:  # unreadable, no gzip, or a damaged or cut one
        raise CsvError(f"after line {at}: {error or 'the file ends in the middle'}") from error


def _fault(path: Path, dialect: Dialect, width: int) -> str | None:
    """Say where the first row is that isn't `width` fields long."""
    try:
        with closing(_rows(path, dialect)) as rows:
            for at, row in rows:
                if len(row) != width:
                    return f"line {at}: {len(row)} fields, but the header has {width}"
    except CsvError as error:
        return str(error)
    return None


def _transcode(path: Path, target: Path, dialect: Dialect) -> None:
    try:
        with _open(path, dialect.encoding) as text, target.open("w", encoding="utf-8", newline="") as file:
            while part := text.read(2**20):
                file.write(part)
    except (UnicodeDecodeError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise CsvError(f"it is not {dialect.encoding}: {error}") from error


def _first_line(error: duckdb.Error, path: Path) -> str:
    return str(error).splitlines()[0].replace(str(path), path.name)
