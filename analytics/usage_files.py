"""Usage from files: `usage.*`, `nodes.*` and `activity.*` in a folder, checked row by row (docs/usage-files.md)."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from analytics import engine
from analytics.source import SourceError
from analytics.tables import ACTIVITY, FINDINGS, NODES, TEXT, TIME, USAGE, USAGE_TABLE, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    import duckdb

    from analytics.lake import Lake
    from terraform.fleet import Cluster, FileUsage

SHOWN = 20  # faults
ENDINGS = (".csv", ".csv.gz", ".parquet")
# What makes a row unique. Storage has no node, but a purpose and perhaps a pool.
KEYS: Mapping[str, str] = {
    "usage": "hour, cluster, node, hub, case when node is null then concat_ws(chr(31), purpose, pool) end",
    "nodes": "hour, cluster, node",
    "activity": "period, cluster, hub",
}


class UsageFileError(SourceError):
    """Files of usage can't be read; the message has a line per fault: file, line, column, what to do."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A table's rows as read: in the view `<table>_read`, checked."""

    table: Table
    paths: tuple[Path, ...]


def ingest(
    cluster: Cluster, source: FileUsage, *, lake: Lake, months: Collection[str], talk: Callable[[str], None]
) -> tuple[tuple[str, ...], int, int]:
    """Replace the usage of `cluster` in `months` by what the files say; return the days, rows and findings.

    Days and rows are none where the lake has them already.
    Raises UsageFileError with every kind of fault found, in which case nothing was written.
    """
    folder = Path(source.path)
    if not folder.is_dir():
        raise UsageFileError(f"{folder}: no such folder: usage.path must name one with usage.csv or usage.parquet")
    with engine.connect() as con:
        faults: list[str] = []
        read = [_read(con, folder, table, faults) for table in (USAGE_TABLE, NODES, ACTIVITY)]
        if not read[0].paths:
            faults.append(f"{folder}: has no usage.csv, usage.csv.gz or usage.parquet")
        if faults:
            more = [f"… and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
            raise UsageFileError("\n".join([*faults[:SHOWN], *more]))
        days = _load(con, cluster, months)
        if not days:
            talk(f"{cluster.name}: {folder} has no usage in {', '.join(sorted(months))}")
        findings = _findings(con, cluster, days, read)
        rows = _write(con, cluster, lake, months, days, findings)
    talk(f"{cluster.name}: {rows} rows of usage from {folder}" if rows else f"{cluster.name}: usage is unchanged")
    return (tuple(days) if rows else ()), rows, len(findings)


def _read(con: duckdb.DuckDBPyConnection, folder: Path, table: Table, faults: list[str]) -> _Read:
    paths = sorted(path for path in folder.glob(f"{table.name}.*") if path.name.endswith(ENDINGS))
    wanted = [field for field in table.schema if field.name not in ("day", "month")]
    parts = []
    for number, path in enumerate(paths):
        part = _open(path, wanted, faults)
        if part is not None:
            parts.append(part.append_column("file", pa.array([number] * part.num_rows, pa.int32())))
    typed = pa.schema([*wanted, pa.field("line", pa.int64()), pa.field("file", pa.int32())])
    con.execute(f"create temp table {table.name}_read as select * from ({_typed(con, table, wanted, parts, typed)})")
    names = {number: str(path) for number, path in enumerate(paths)}
    for check in _checks(table, wanted):
        for file, line, column, text in con.execute(f"{check} order by file, line limit {SHOWN + 1}").fetchall():
            faults.append(f"{names[file]}:{line}: {column}: {text}")
    return _Read(table, tuple(paths))


def _open(path: Path, wanted: Sequence[pa.Field], faults: list[str]) -> pa.Table | None:
    """Return the wanted columns of one file, CSV's as text, with the line (of Parquet: the row) of each row."""
    torn: list[pacsv.InvalidRow] = []
    try:
        if path.name.endswith(".parquet"):
            data, first = pq.ParquetFile(path).read(), 1
        else:
            data, first = _open_csv(path, torn), 2
    except (pa.ArrowException, OSError, EOFError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        faults.append(f"{path}: cannot be read, it may be cut off: {said}")
        return None
    if torn:
        faults.extend(
            f"{path}:{row.number}: has {row.actual_columns} columns instead of {row.expected_columns}: is the file cut off?"
            for row in torn
        )
        return None
    missing = [field.name for field in wanted if field.name not in data.schema.names]
    if missing:
        known = [field.name for field in wanted]
        others = [name for name in data.schema.names if name not in known]
        near = {name: get_close_matches(name, others, 1) for name in missing}
        told = [f"{name} (is '{near[name][0]}' it?)" if near[name] else name for name in missing]
        faults.append(f"{path}:1: {', '.join(told)}: no such column; the header must have {', '.join(known)}")
        return None
    lines = pa.array(range(first, first + data.num_rows), pa.int64())
    return data.select([field.name for field in wanted]).append_column("line", lines)


def _open_csv(path: Path, torn: list[pacsv.InvalidRow]) -> pa.Table:
    """Return a CSV file's columns as text; rows with too few or too many of them go to `torn`."""
    with pa.input_stream(path) as stream, io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace") as text:
        names = next(csv.reader(text), [])

    def keep(row: pacsv.InvalidRow) -> str:
        torn.append(row)
        return "skip"

    with pa.input_stream(path) as stream:
        return pacsv.read_csv(
            stream,
            read_options=pacsv.ReadOptions(use_threads=False),  # else rows have no number
            parse_options=pacsv.ParseOptions(invalid_row_handler=keep),
            convert_options=pacsv.ConvertOptions(
                column_types={name: pa.string() for name in names}, strings_can_be_null=True, null_values=[""]
            ),
        )


def _typed(
    con: duckdb.DuckDBPyConnection,
    table: Table,
    wanted: Sequence[pa.Field],
    parts: Sequence[pa.Table],
    typed: pa.Schema,
) -> str:
    """Return a query of the parts' rows in the table's types, each wanted column beside its `<column>_given` text."""
    if not parts:
        parts = [typed.empty_table()]
    queries = []
    for number, part in enumerate(parts):
        view = f"{table.name}_part_{number}"
        con.register(view, part)
        given = ", ".join(f"nullif(cast({f.name} as varchar), '') as {f.name}_given" for f in wanted)
        columns = ", ".join(f"{_cast(f'{f.name}_given', f.type)} as {f.name}, {f.name}_given" for f in wanted)
        queries.append(f"select {columns}, line, file from (select {given}, line, file from {view})")
    return " union all by name ".join(queries)


def _cast(column: str, kind: pa.DataType) -> str:
    """Return SQL for the text `column` as a `kind`, null where it isn't one."""
    if kind == pa.int64():  # a cast alone would round 4.5
        return f"case when try_cast({column} as decimal(38, 6)) % 1 = 0 then try_cast({column} as bigint) end"
    return f"try_cast({column} as {({TIME: 'timestamptz', USAGE: 'decimal(18, 6)'}).get(kind, 'varchar')})"


def _checks(table: Table, wanted: Sequence[pa.Field]) -> list[str]:
    """Return queries of faults: file, line, column, text."""
    source = f"from {table.name}_read where"
    checks = []
    for field in wanted:
        name = field.name
        kind = {TIME: "a time", USAGE: "a number", pa.int64(): "a whole number"}.get(field.type, "text")
        checks.append(
            f"select file, line, '{name}' as what, '''' || left({name}_given, 60) || ''' is not {kind}' {source}"
            f" {name} is null and {name}_given is not null"
        )
        if field.type == TEXT:
            checks.append(
                f"select file, line, '{name}', 'holds a NUL character' {source} contains({name}_given, chr(0))"
            )
        if not field.nullable:
            hint = " (write 0 for none)" if field.type in (USAGE, pa.int64()) else ""
            checks.append(f"select file, line, '{name}', 'is empty{hint}' {source} {name}_given is null")
        if field.type in (USAGE, pa.int64()):
            checks.append(
                f"select file, line, '{name}', {name}_given || ' is negative; usage can''t be' {source} {name} < 0"
            )
        if field.type == TIME:
            checks.append(
                f"select file, line, '{name}', {name}_given || ' is not the start of an hour in UTC' {source}"
                f" {name} <> date_trunc('hour', {name})"
            )
        if name == "period":
            checks.append(
                f"select file, line, '{name}', '''' || left({name}_given, 60) || ''' is neither YYYY-MM-DD nor YYYY-MM'"
                f" {source} try_cast(case length({name}) when 7 then {name} || '-01' when 10 then {name} end as date) is null"
            )
    key = KEYS[table.name]
    checks.append(
        f"select file, line, '{wanted[0].name}', 'says again what line ' || before || ' says: remove one' from"
        f" (select *, lag(line) over (partition by {key} order by file, line) as before from {table.name}_read)"
        " where before is not null"
    )
    return checks


def _load(con: duckdb.DuckDBPyConnection, cluster: Cluster, months: Collection[str]) -> list[str]:
    """Make `usage_new`, `nodes_new` and `activity_new`, the cluster's rows of `months`; return the days they have."""
    for name, values in (("hubs", [hub.name for hub in cluster.hubs]), ("months_asked", sorted(months))):
        con.register(name, pa.table({"value": pa.array(values, pa.string())}))
    con.execute(
        "create temp table usage_new as select hour, cluster, node, pool, purpose,"
        " case when hub in (select value from hubs) then hub end as hub,"
        " sum(cpu_core_hours) as cpu_core_hours, sum(memory_gib_hours) as memory_gib_hours, sum(gpu_hours) as gpu_hours,"
        " sum(storage_gib_hours) as storage_gib_hours, strftime(hour, '%Y-%m-%d') as day from usage_read"
        " where cluster = $1 and strftime(hour, '%Y-%m') in (select value from months_asked) group by all",
        [cluster.name],
    )
    con.execute(
        "create temp table nodes_new as select *, strftime(hour, '%Y-%m-%d') as day from nodes_read"
        " where cluster = $1 and strftime(hour, '%Y-%m') in (select value from months_asked)",
        [cluster.name],
    )
    con.execute(
        "create temp table activity_new as select *, left(period, 7) as month from activity_read where cluster = $1"
        " and left(period, 7) in (select value from months_asked) and hub in (select value from hubs)",
        [cluster.name],
    )
    days = con.execute("select day from usage_new union select day from nodes_new order by day").fetchall()
    return [day for (day,) in days]


def _findings(
    con: duckdb.DuckDBPyConnection, cluster: Cluster, days: Sequence[str], read: Sequence[_Read]
) -> list[tuple[str, str, str, str]]:
    """Return rows of findings: hubs that the fleet doesn't have, and files that aren't there."""
    unknown = con.execute(
        "select distinct strftime(hour, '%Y-%m-%d'), hub from usage_read where cluster = $1 and hub is not null"
        " and hub not in (select value from hubs)"
        " and strftime(hour, '%Y-%m') in (select value from months_asked) order by all",
        [cluster.name],
    ).fetchall()
    rows = [
        (
            cluster.name,
            day,
            "unknown-hub",
            f"hub {hub} is none of this cluster's in the fleet: its usage counts as nobody's",
        )
        for day, hub in unknown
    ]
    meanings = {"nodes": "nodes' capacity is not known", "activity": "users and server-hours are not known"}
    for one in read:
        if not one.paths and one.table.name in meanings:
            text = f"there is no {one.table.name}.csv or {one.table.name}.parquet: {meanings[one.table.name]}"
            rows += [(cluster.name, day, "file-absent", text) for day in days]
    return rows


def _write(
    con: duckdb.DuckDBPyConnection,
    cluster: Cluster,
    lake: Lake,
    months: Collection[str],
    days: Sequence[str],
    findings: Sequence[tuple[str, str, str, str]],
) -> int:
    """Replace what isn't in the lake already; return the number of rows, 0 where the files say nothing new."""
    columns = [pa.array([row[index] for row in findings], pa.string()) for index in range(len(FINDINGS.schema))]
    con.register("findings_new", pa.table(columns, names=FINDINGS.schema.names))
    written = False
    for table in (NODES, USAGE_TABLE, ACTIVITY, FINDINGS):
        key = table.partition_by[1]
        stored = {part[key] for part in lake.partitions(table) if part["cluster"] == cluster.name}
        new = months if key == "month" else days
        parts = sorted({part for part in stored if part[:7] in months}.union(new))
        lake.attach(con, table, view="stored", where={"cluster": cluster.name, key: parts})
        names = ", ".join(f'"{name}"' for name in table.schema.names)
        rows = f"select {names} from {table.name}_new"
        if con.execute(
            f"from ((from stored except all {rows}) union all ({rows} except all from stored)) limit 1"
        ).fetchone():
            lake.replace(table, con, rows, scope=[{"cluster": cluster.name, key: part} for part in parts])
            written = True
    counts = [con.execute(f"select count(*) from {name}_new").fetchone() for name in ("usage", "nodes", "activity")]
    return sum(int(count[0]) for count in counts if count) if written else 0
