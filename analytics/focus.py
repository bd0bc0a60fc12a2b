"""FOCUS files, CSV or Parquet, of versions 1.0 to 1.4: any issuer's bill, read into `charges`.

A DOUBLE becomes a DECIMAL by its shortest decimal text, and whatever has more than 12 decimal places is rounded half away
from zero to 12, once, here. A CSV's numbers are read as text and never become a DOUBLE.
"""

from __future__ import annotations

import difflib
import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

from analytics import csv_files
from analytics.charges import PARTLY, deliver, is_delivered
from analytics.descriptions import COMPONENTS
from analytics.engine import check_room, connect, identifier, is_damage, literal, scratch_folder, sql
from analytics.focus_files import File, FocusError, find
from analytics.focus_versions import VersionError, foreign, recognise
from analytics.source import Step
from analytics.tables import CHARGES, FOCUS_COLUMNS, MONEY, TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from analytics.charges import Delivery
    from analytics.lake import Lake
    from terraform.fleet import FocusBilling, Labels

__all__ = ["File", "FocusError", "ingest", "opened"]

CSV = csv_files.Dialect(nulls=("", "NULL", "null"))
READER = "1"  # raise it when the same file must be read again because this module reads it otherwise
OLDER_NAMES = {"ServiceProviderName": "ProviderName", "HostProviderName": "PublisherName"}  # until FOCUS 1.2
MANDATORY = tuple(field.name for field in CHARGES.schema if field.name in FOCUS_COLUMNS and not field.nullable)
# Issuers leave these null on some lines (taxes, mostly); where there is no list price, the price is what was billed.
FALLBACKS = {"ContractedCost": ("ListCost", "BilledCost"), "ListCost": ("ContractedCost", "BilledCost")}


def ingest(
    source: FocusBilling,
    *,
    labels: Labels,
    lake: Lake,
    sources: Collection[str],
    months: Collection[str] | None,
    now: datetime,
    talk: Callable[[str], None],
) -> tuple[Delivery, ...]:
    """Bring the FOCUS files of `source` into the lake; () if they are there as they are.

    `months` (YYYY-MM) leaves out the others; None is all that the files have. Raises FocusError for files, ChargesError for rows.
    """
    with scratch_folder() as scratch, connect() as con:
        files = find(source.path, scratch)
        version = _version(files, labels)
        if is_delivered(con, lake, source=source.id, version=version, months=months):
            talk(f"{source.id}: {len(files)} files, unchanged")
            return ()
        with opened(con, files, scratch, talk=talk) as ready:
            talk(f"{source.id}: FOCUS {', '.join(sorted({file.version for file in ready}))}")
            if foreign := sorted({name for file in ready for name in file.foreign}):
                talk(f"{source.id}: left out, as FOCUS doesn't know them: {', '.join(foreign)}")
            deliveries = deliver(
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
        if (
            not deliveries
            and months is None
            and any(part["x_Source"] == source.id for part in lake.partitions(CHARGES))
        ):
            raise FocusError(
                f"{source.path}: has no rows any more; the lake keeps what it has; have the export run again"
            )
        talk(f"{source.id}: {sum(each.rows for each in deliveries)} rows in {len(deliveries)} deliveries")
        return deliveries


@contextmanager
def opened(
    con: duckdb.DuckDBPyConnection, files: Sequence[File], scratch: Path, *, talk: Callable[[str], None]
) -> Iterator[Sequence[File]]:
    """Create the view `focus` over `files`, and yield them as read; what fails meanwhile because of a file's content is a
    FocusError that says where."""
    ready = []
    for number, file in enumerate(files):
        talk(Step(f"reading {len(files)} files", number, len(files)))
        ready.append(_open(con, file, scratch))
    try:
        _create_view(con, ready)
        yield ready
    except duckdb.Error as error:
        check_room(error)
        if not is_damage(error):
            raise
        raise _diagnosis(con, ready, error) from error


def _version(files: Iterable[File], labels: Labels) -> str:
    """Return what changes whenever another reading would give other charges."""
    text = "\0".join(
        [READER, repr(labels), COMPONENTS.read_text("utf-8"), *(f"{each.name}\0{each.mark}" for each in files)]
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _open(con: duckdb.DuckDBPyConnection, file: File, scratch: Path) -> File:
    """Return `file` as Parquet with its columns, which were found to be FOCUS's."""
    path = file.path
    names: Sequence[str] = ()
    stated: dict[str, str] = {}
    try:
        if file.is_csv:
            names = csv_files.header(file.path, CSV)
            _check_columns(file, names)
            path = scratch / f"{hashlib.sha256(file.name.encode()).hexdigest()[:16]}.parquet"
            csv_files.stage(con, file.path, path, CSV, names, {*FOCUS_COLUMNS, *OLDER_NAMES.values()})
        else:
            found = con.execute(
                f"select decode(key), coalesce(try(decode(value)), '') from parquet_kv_metadata({literal(str(path))})"
            )
            stated = dict(found.fetchall())
        described = con.execute(f"describe from read_parquet({literal(str(path))}, binary_as_string = true)").fetchall()
    except (csv_files.CsvError, duckdb.Error) as error:
        check_room(error)
        raise FocusError(f"{file.name}: {_told(error, file)}; the file is damaged or not what its name says") from error
    types = tuple((row[0], row[1]) for row in described)
    names = names or [name for name, _ in types]
    _check_columns(file, names)
    try:
        version = recognise(names, stated)
    except VersionError as error:
        raise FocusError(f"{file.name}: {error}") from error
    return File(file.name, path, file.mark, types, version, foreign(names))


def _check_columns(file: File, columns: Sequence[str]) -> None:
    if not columns:
        raise FocusError(f"{file.name}: is empty, without even a header; have it delivered again")
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise FocusError(f"{file.name}: two columns are named {', '.join(twice)}")
    missing = [name for name in MANDATORY if name not in columns and OLDER_NAMES.get(name) not in columns]
    missing = [name for name in missing if name != "HostProviderName"]
    if missing:
        texts = []
        for name in missing:
            near = difflib.get_close_matches(name, [each for each in columns if each not in FOCUS_COLUMNS], 1, 0.6)
            texts.append(f"{name} (is {near[0]!r} it?)" if near else name)
        raise FocusError(f"{file.name}: no column {', '.join(texts)}; FOCUS 1.0 to 1.4 has it in every file")


def _create_view(con: duckdb.DuckDBPyConnection, files: Sequence[File]) -> None:
    """Create the view `focus` over `files`, as `charges.deliver` takes it."""
    alike: dict[tuple[tuple[str, str], ...], list[File]] = {}
    for file in files:
        alike.setdefault(file.columns, []).append(file)
    selects = []
    for columns, group in alike.items():
        types = dict(columns)
        names = " ".join(f"when {literal(str(file.path))} then {literal(file.name)}" for file in group)
        typed = ", ".join(f"{_typed(name, types)} as {name}" for name in FOCUS_COLUMNS)
        paths = ", ".join(literal(str(file.path)) for file in group)
        selects.append(
            f"select {typed}, case filename {names} end as x_File, file_row_number + 1 as x_Row"
            f" from read_parquet([{paths}], binary_as_string = true, filename = true, file_row_number = true,"
            " hive_partitioning = false)"
        )
    con.execute(f"create or replace temp view focus_rows as {' union all '.join(selects)}")
    periods = con.execute(sql("ingest/periods")).fetchall()
    months = " ".join(
        f"when BillingPeriodStart = timestamptz '{start}' and BillingPeriodEnd = timestamptz '{end}' then '{month}'"
        for start, end, month in periods
    )
    con.execute(
        f"create or replace temp view focus as select *, {f'case {months} end' if months else 'null::varchar'}"
        " as x_BillingPeriod, InvoiceId is not null as x_Final from focus_rows"
    )


def _typed(name: str, types: dict[str, str]) -> str:
    """Return the expression that gives FOCUS's column `name` in the lake's type from a file with columns `types`."""
    origin = name if name in types else OLDER_NAMES.get(name, "")
    kind = types.get(origin)
    column = identifier(origin)
    if name in FALLBACKS:
        others = [identifier(each) for each in FALLBACKS[name] if types.get(each) == kind]
        column = f"coalesce({', '.join([column, *others])})"
    field = CHARGES.schema.field(name)
    if field.type == MONEY:
        if kind is None:
            return "null::decimal(38, 12)"
        if kind == "DOUBLE":
            return sql("ingest/decimal").replace("value", column)
        return f"cast({f'cast({column} as varchar)' if kind == 'FLOAT' else column} as decimal(38, 12))"
    if field.type == TIME:
        return "null::timestamptz" if kind is None else f"cast({column} as timestamptz)"
    if kind is None:
        return "null::varchar"
    if name == "ServiceCategory":
        return f"coalesce({column}, 'Other')"
    if kind == "VARCHAR":
        return column
    if kind.startswith("STRUCT") and kind.endswith("[]"):
        return f"cast(to_json(map_from_entries({column})) as varchar)"
    if kind.startswith(("MAP", "STRUCT")):
        return f"cast(to_json({column}) as varchar)"
    return f"cast({column} as varchar)"


def _diagnosis(con: duckdb.DuckDBPyConnection, files: Sequence[File], error: duckdb.Error) -> FocusError:
    """Find the file that DuckDB couldn't read, or the value that it couldn't take."""
    for file in files:
        rows = f"read_parquet({literal(str(file.path))}, file_row_number = true, binary_as_string = true)"
        try:
            con.execute(f"select bit_xor(hash(*columns(*))) from {rows}").fetchall()
        except duckdb.Error as unreadable:
            return FocusError(f"{file.name}: {_told(unreadable, file)}; the file is damaged: have it delivered again")
        types = dict(file.columns)
        for name in FOCUS_COLUMNS:
            kind = CHARGES.schema.field(name).type
            if name not in types or kind not in (MONEY, TIME):
                continue
            column = identifier(name)
            wanted, tried = "a time as 2026-10-01T00:00:00Z", f"try({_typed(name, types)})"
            if kind == MONEY:
                # Not even `try` takes a NaN.
                finite = f"isfinite({column})" if types[name] in ("DOUBLE", "FLOAT") else "true"
                wanted, tried = "a decimal number", f"if({finite}, try_cast({column} as decimal(38, 12)), null)"
            found = con.execute(
                f"select file_row_number + 1, left(cast({column} as varchar), 40) from {rows}"
                f" where {column} is not null and {tried} is null order by 1 limit 1"
            ).fetchall()
            if found:
                row, value = found[0]
                return FocusError(f"{file.name}, row {row}: {name}: {value!r} is not {wanted}; nothing was written")
    return FocusError(f"{', '.join(file.name for file in files)}: {_told(error, None)}; nothing was written")


def _told(error: Exception, file: File | None) -> str:
    """Return the first line of a library's message, under the file's own name."""
    text = (str(error).strip() or type(error).__name__).splitlines()[0]
    return text.replace(str(file.path), file.name) if file else text
