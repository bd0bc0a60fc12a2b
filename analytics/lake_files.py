"""The Parquet files of the lake's tables: DuckDB writes them, a partition or more at a time, and says what is in them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from analytics.engine import identifier, literal
from analytics.lake_errors import LakeError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import duckdb

    from analytics.tables import Table

FEW_PARTITIONS = 12
PARQUET = "format parquet, compression zstd, compression_level 1, write_bloom_filter false, return_stats true"


@dataclass(frozen=True, slots=True)
class File:
    path: str  # relative to the table
    size: int
    rows: int
    partition: Mapping[str, str]


def write(
    table: Table,
    con: duckdb.DuckDBPyConnection,
    query: str,
    folder: Path,
    batch: str,
    scope: Sequence[Mapping[str, str]],
    rows: Mapping[tuple[str, ...], int] | None,
) -> list[File]:
    """Write the rows of `query` into `folder`: a file for each partition, or, when there are many, as DuckDB likes."""
    select = _select(table, con, query)
    keys = ", ".join(identifier(column) for column in table.partition_by)
    if rows is None:
        counted = con.execute(f"select {keys}, count(*) from ({select}) group by all").fetchall()
        rows = {tuple(values): count for *values, count in counted}
    for values in rows:
        found = dict(zip(table.partition_by, values, strict=True))
        if not all(values) or not any(matches(found, mapping) for mapping in scope):
            raise LakeError(f"{table.name}: rows of {found} are outside of what is replaced; nothing was written")
    copies: list[tuple[str, Path, str, dict[str, str]]] = []
    if len(rows) <= FEW_PARTITIONS:
        # Sorting rows into files costs DuckDB more than reading them a few times over.
        for values in rows:
            test = " and ".join(
                f"{identifier(column)} = {literal(value)}"
                for column, value in zip(table.partition_by, values, strict=True)
            )
            known = dict(zip(table.partition_by, values, strict=True))
            file = folder / f"{uuid.uuid4().hex}.parquet"
            copies.append((f"select * from ({select}) where {test}", file, "", known))
    else:
        options = f"partition_by ({keys}), write_partition_columns true, hive_file_pattern false"
        copies.append((select, folder, f", {options}, overwrite_or_ignore true, filename_pattern '{{uuid}}'", {}))
    files = []
    for text, target, options, known in copies:
        for name, count, size, _, statistics, partition, _ in con.execute(
            f"copy ({text}) to {literal(str(target))} ({PARQUET}{options})"
        ).fetchall():
            for field in table.schema:
                if not field.nullable and (nulls := int(statistics[identifier(field.name)].get("null_count", 0))):
                    raise LakeError(f"{table.name}.{field.name}: null in {nulls} rows; nothing was written")
            files.append(File(f"{batch}/{Path(name).name}", size, count, known or partition))
    if (written := sum(file.rows for file in files)) != sum(rows.values()):
        raise LakeError(
            f"{table.name}: {written} rows came where {sum(rows.values())} were counted; nothing was written"
        )
    return files


def _select(table: Table, con: duckdb.DuckDBPyConnection, query: str) -> str:
    """Return `query` with the table's columns in their order and types; an ENUM stays, since it is written as text."""
    types = {name: kind for name, kind, *_ in con.execute(f"describe {query}").fetchall()}
    columns = []
    for field in table.schema:
        name, kind = identifier(field.name), sql_type(field.type)
        keep = kind == "varchar" and types.get(field.name, "").startswith("ENUM")
        columns.append(name if keep else f"cast({name} as {kind}) as {name}")
    return f"select {', '.join(columns)} from (\n{query}\n)"


def matches(partition: Mapping[str, str], where: Mapping[str, str | Collection[str]]) -> bool:
    return all(
        partition[column] == wanted if isinstance(wanted, str) else partition[column] in wanted
        for column, wanted in where.items()
    )


def sql_type(kind: pa.DataType) -> str:
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision}, {kind.scale})"
    if pa.types.is_timestamp(kind):
        return "timestamptz"
    return {pa.string(): "varchar", pa.int64(): "bigint", pa.bool_(): "boolean", pa.date32(): "date"}[kind]
