"""The lake: Delta tables under one folder or bucket, replaced partition by partition, atomically, every version kept.

DuckDB writes the Parquet files, under names never used before; one Delta commit then takes the old files of the scope
out and the new ones in. A commit is made at exactly the version that was read or not at all, so of two writers of a
partition one comes after the other. A crash leaves files that no version names, and `sweep` removes them.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import duckdb
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Schema
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.fs import DeltaStorageHandler
from deltalake.transaction import AddAction, RemoveAction
from pyarrow import fs as pafs
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from analytics.engine import identifier, literal
from analytics.lake_errors import LakeError, first_line, remedy
from analytics.lake_files import File, matches, sql_type, write

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    import pyarrow.dataset as pads

    from analytics.tables import Table

__all__ = ["Commit", "Lake", "LakeError"]

METADATA_KEY = "hubledger"
WIDENED = "hubledger.widened"  # a property of tables whose older files lack columns
FOR_EVER = "interval 36500 days"
# An invoice names the versions it was computed from: neither log entries nor old files may ever expire.
CONFIGURATION = {
    "delta.logRetentionDuration": FOR_EVER,
    "delta.deletedFileRetentionDuration": FOR_EVER,
    "delta.enableExpiredLogCleanup": "false",
}


class _OvertakenError(Exception):
    """Another writer committed first."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One version of a table."""

    version: int
    time: datetime
    metadata: Mapping[str, str]


class _Target(Protocol):
    def write(self, data: bytes) -> int: ...

    def close(self) -> None: ...


class _Storage(DeltaStorageHandler):
    """Where a table's files are. Arrow would write buffers to it, and it takes bytes only."""

    @contextmanager
    def create(self, path: str) -> Iterator[_Target]:
        stream = cast("_Target", self._handler.open_output_stream(path, None))
        yield stream
        stream.close()  # only now is there an object: nothing is left of what failed before


class Lake:
    """Delta tables under `url`: a folder, or `gs://`, `s3://`, `abfss://` (credentials from the environment)."""

    def __init__(self, url: str, *, storage_options: Mapping[str, str] | None = None) -> None:
        self.url = url.removeprefix("file://").rstrip("/") or "/"
        self.folder = None if "://" in self.url else Path(self.url).absolute()
        self.storage_options = dict(storage_options or {})

    def version(self, table: Table) -> int | None:
        """Return the newest version of `table`; None where it doesn't exist yet."""
        delta = self._open(table)
        return None if delta is None else delta.version()

    def replace(
        self,
        table: Table,
        con: duckdb.DuckDBPyConnection,
        query: str,
        *,
        scope: Sequence[Mapping[str, str]],
        metadata: Mapping[str, str] | None = None,
        rows: Mapping[tuple[str, ...], int] | None = None,
    ) -> int:
        """Empty the partitions matched by `scope`, add the rows of `query`, in one commit; return the new version.

        A mapping of `scope` matches by equality on some or all partition columns. `query` is a SELECT that gives the
        table's columns by name; they are cast to the table's types. A row outside `scope`, or null in a column that
        may not be, is a LakeError, and nothing is written. `rows` says how many rows fall in each partition (the values
        in the order of `partition_by`), for a caller who knows; else they are counted by running the query once more.
        """
        for mapping in scope:
            if unknown := set(mapping) - set(table.partition_by):
                raise LakeError(f"{self._place(table)}: not partitioned by {', '.join(sorted(unknown))}")
        batch = uuid.uuid4().hex
        with self._edge(table), self._batch_folder(table, batch) as folder:
            files = write(table, con, query, folder, batch, scope, rows)
            if self.folder is None:
                self._upload(table, folder, files)
            return self._commit(table, files, scope, metadata or {})

    def attach(
        self,
        con: duckdb.DuckDBPyConnection,
        table: Table,
        *,
        view: str | None = None,
        where: Mapping[str, str | Collection[str]] | None = None,
        version: int | None = None,
        places: bool = False,
    ) -> None:
        """Create the view `view` (default: the table's name) over the partitions that match; they may be none.

        With `places` it has x_File and x_Row too: where in the lake a row lies.
        """
        name = view or table.name
        place = ", '' as x_File, row_number() over () as x_Row" if places else ""
        with self._edge(table):
            delta = self._open(table, version)
            files = [] if delta is None else [file for file in _files(delta) if matches(file.partition, where or {})]
            there = {field.name for field in delta.schema().fields} if delta is not None and files else set()
            if not files:
                source = "(select null where false)"
            elif self.folder is not None:
                self._check_sizes(table, files)
                paths = ", ".join(literal(str(self.folder / table.name / file.path)) for file in files)
                # Only where it is needed: it opens every file beforehand.
                union = "true" if delta is not None and WIDENED in delta.metadata().configuration else "false"
                numbers = ", filename = true, file_row_number = true" if places else ""
                source = f"read_parquet([{paths}], hive_partitioning = false, union_by_name = {union}{numbers})"
                place = place and ", filename as x_File, file_row_number + 1 as x_Row"
            else:
                source = identifier(f"{name} files")
                con.register(f"{name} files", self._dataset(table, files))
            columns = ", ".join(
                f"cast({identifier(field.name) if field.name in there else 'null'} as {sql_type(field.type)})"
                f" as {identifier(field.name)}"
                for field in table.schema
            )
            con.execute(f"create or replace temp view {identifier(name)} as select {columns}{place} from {source}")

    def partitions(self, table: Table, *, version: int | None = None) -> list[dict[str, str]]:
        """Return the partitions that hold rows, each a mapping of partition column to value, in order."""
        delta = self._open(table, version)
        if delta is None:
            return []
        found = {tuple(file.partition[column] for column in table.partition_by) for file in _files(delta) if file.rows}
        return [dict(zip(table.partition_by, values, strict=True)) for values in sorted(found)]

    def metadata(self, table: Table, *, version: int | None = None) -> dict[str, str]:
        """Return the metadata given to the commit of `version` (default: the newest); {} where there is no table."""
        if version is None and (version := self.version(table)) is None:
            return {}
        with self._edge(table):
            return dict(self._read_commit(table, version).metadata)

    def history(self, table: Table) -> list[Commit]:
        """Return every version of `table`, the oldest first."""
        newest = self.version(table)
        with self._edge(table):
            return [self._read_commit(table, version) for version in range(0 if newest is None else newest + 1)]

    def changes(self, table: Table, where: Mapping[str, str | Collection[str]]) -> list[int]:
        """Return the versions of `table` that replaced a partition matched by `where`, the oldest first."""
        newest = self.version(table)
        with self._edge(table):
            return [
                version
                for version in range(0 if newest is None else newest + 1)
                if any(
                    matches(action[kind]["partitionValues"], where)
                    for action in self._read_log(table, version)
                    for kind in ("add", "remove")
                    if kind in action
                )
            ]

    def sweep(self, table: Table, *, older_than_hours: float = 24.0) -> int:
        """Remove what crashed writers left: files that no version names. Return how many folders went.

        The age keeps the files of a writer at work from being taken for a crashed one's. Local lakes only.
        """
        if self.folder is None or (newest := self.version(table)) is None:
            return 0
        root = self.folder / table.name
        with self._edge(table):
            named = {
                action["add"]["path"].split("/")[0]
                for version in range(newest + 1)
                for action in self._read_log(table, version)
                if "add" in action
            }
            stale = [
                folder
                for folder in root.iterdir()
                if folder.is_dir() and not folder.name.startswith("_") and folder.name not in named
                if time.time() - folder.stat().st_mtime > older_than_hours * 3600
            ]
            for folder in stale:
                shutil.rmtree(folder)
        return len(stale)

    def _place(self, table: Table) -> str:
        return f"{self.url}/{table.name}"

    @contextmanager
    def _edge(self, table: Table) -> Iterator[None]:
        """Turn what storage, Delta and Arrow say into a LakeError that names the table."""
        try:
            yield
        except (DeltaError, OSError, pa.ArrowException, json.JSONDecodeError) as error:
            raise LakeError(f"{self._place(table)}: {first_line(error)}; {remedy(error)}") from error
        except duckdb.IOException as error:
            if self.url not in str(error) and "hubledger-lake-" not in str(error):
                raise  # the query's own trouble, not the lake's
            raise LakeError(f"{self._place(table)}: {first_line(error)}; {remedy(error)}") from error

    def _open(self, table: Table, version: int | None = None) -> DeltaTable | None:
        if self.folder is not None and not (self.folder / table.name / "_delta_log").is_dir():
            if self.folder.exists() and not self.folder.is_dir():
                raise LakeError(f"{self.url}: not a folder; name the lake's folder with --lake or HUBLEDGER_LAKE")
            if version is not None:
                raise LakeError(f"{self._place(table)}: there is no such table, so no version {version}")
            return None
        with self._edge(table):
            try:
                return DeltaTable(self._place(table), version=version, storage_options=self.storage_options or None)
            except TableNotFoundError:
                if version is not None:
                    raise
                return None

    @contextmanager
    def _batch_folder(self, table: Table, batch: str) -> Iterator[Path]:
        """Yield the folder to write into; gone again afterwards if it isn't the lake's own or if writing failed."""
        if self.folder is None:
            with tempfile.TemporaryDirectory(prefix="hubledger-lake-") as scratch:
                yield Path(scratch)
            return
        folder = self.folder / table.name / batch
        folder.mkdir(parents=True)
        done = False
        try:
            yield folder
            done = True
        finally:
            if not done or not any(folder.iterdir()):
                shutil.rmtree(folder, ignore_errors=True)

    def _upload(self, table: Table, folder: Path, files: Sequence[File]) -> None:
        storage = _Storage(self._place(table), self.storage_options or None)
        for file in files:
            with (folder / Path(file.path).name).open("rb") as source, storage.create(file.path) as target:
                while part := source.read(8 * 2**20):
                    target.write(part)

    def _commit(
        self, table: Table, files: Sequence[File], scope: Sequence[Mapping[str, str]], metadata: Mapping[str, str]
    ) -> int:
        for attempt in Retrying(
            retry=retry_if_exception_type(_OvertakenError),
            wait=wait_random_exponential(multiplier=0.02, max=2),
            stop=stop_after_delay(600),
            reraise=True,
        ):
            with attempt:
                return self._try_commit(table, files, scope, metadata)
        raise AssertionError("unreachable")

    def _try_commit(
        self, table: Table, files: Sequence[File], scope: Sequence[Mapping[str, str]], metadata: Mapping[str, str]
    ) -> int:
        delta = self._open(table) or self._create(table)
        self._widen(table, delta)
        read = delta.version()
        old = [file for file in _files(delta) if any(matches(file.partition, mapping) for mapping in scope)]
        now = int(time.time() * 1000)
        actions: list[AddAction | RemoveAction] = [
            RemoveAction(file.path, True, now, file.size, dict(file.partition)) for file in old
        ]
        actions += [
            AddAction(file.path, file.size, file.partition, now, True, json.dumps({"numRecords": file.rows}))
            for file in files
        ]
        try:
            delta.create_write_transaction(
                actions,
                "append",
                delta.schema(),
                list(table.partition_by),
                # No retries inside: Delta would then commit over a version whose files we haven't seen.
                commit_properties=CommitProperties({METADATA_KEY: dict(metadata)}, max_commit_retries=0),
                post_commithook_properties=PostCommitHookProperties(cleanup_expired_logs=False),
            )
        except CommitFailedError as error:
            if (self.version(table) or 0) > read:
                raise _OvertakenError from error
            raise
        return read + 1

    def _create(self, table: Table) -> DeltaTable:
        try:
            return DeltaTable.create(
                self._place(table),
                table.schema,
                mode="error",
                partition_by=list(table.partition_by),
                configuration=CONFIGURATION,
                storage_options=self.storage_options or None,
                commit_properties=CommitProperties(max_commit_retries=0),
            )
        except DeltaError as error:
            if self._open(table) is not None:
                raise _OvertakenError from error
            raise

    def _widen(self, table: Table, delta: DeltaTable) -> None:
        """Give a table made by an older Hubledger the columns that have come since; they are null in its rows."""
        there = {field.name for field in delta.schema().fields}
        fields = [field for field in Schema.from_arrow(table.schema).fields if field.name not in there]
        if not fields:
            return
        try:
            # Told first, so that whoever sees the columns knows that not all files have them.
            delta.alter.set_table_properties({WIDENED: "true"}, raise_if_not_exists=False)
            delta.alter.add_columns(fields, commit_properties=CommitProperties(max_commit_retries=0))
        except CommitFailedError as error:
            raise _OvertakenError from error

    def _filesystem(self, table: Table) -> pafs.FileSystem:
        if self.folder is not None:
            return pafs.SubTreeFileSystem(str(self.folder / table.name), pafs.LocalFileSystem())
        return pafs.PyFileSystem(DeltaStorageHandler(self._place(table), self.storage_options or None))

    def _dataset(self, table: Table, files: Sequence[File]) -> pads.Dataset:
        import pyarrow.dataset as pads  # it imports pandas, half a second that local lakes need not pay

        return pads.dataset([file.path for file in files], table.schema, "parquet", self._filesystem(table))

    def _check_sizes(self, table: Table, files: Sequence[File]) -> None:
        for file in files:
            path = Path(self._place(table)) / file.path
            size = path.stat().st_size if path.exists() else None
            if size != file.size:
                told = "is missing" if size is None else f"has {size} of {file.size} bytes"
                scope = ", ".join(f"{column} {value}" for column, value in file.partition.items())
                raise LakeError(f"{path}: {told}; restore it from a backup, or bring {scope} in anew")

    def _read_log(self, table: Table, version: int) -> list[dict[str, Any]]:
        with self._filesystem(table).open_input_stream(f"_delta_log/{version:020d}.json") as stream:
            return [json.loads(line) for line in stream.read().splitlines() if line.strip()]

    def _read_commit(self, table: Table, version: int) -> Commit:
        info: dict[str, Any] = next(
            (action["commitInfo"] for action in self._read_log(table, version) if "commitInfo" in action), {}
        )
        at = datetime.fromtimestamp(info.get("timestamp", 0) / 1000, UTC)
        return Commit(version, at, info.get(METADATA_KEY, {}))


def _files(delta: DeltaTable) -> list[File]:
    actions = pa.RecordBatchReader.from_stream(delta.get_add_actions(flatten=True)).read_all()
    columns = [name for name in actions.column_names if name.startswith("partition.")]
    names = [name.removeprefix("partition.") for name in columns]
    values = zip(*(actions.column(name).to_pylist() for name in columns), strict=True)
    partitions = [dict(zip(names, row, strict=True)) for row in values]
    paths, sizes, rows = (actions.column(name).to_pylist() for name in ("path", "size_bytes", "num_records"))
    return [File(*parts) for parts in zip(paths, sizes, rows, partitions, strict=True)]
