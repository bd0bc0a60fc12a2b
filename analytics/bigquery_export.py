"""Google's billing exports as tables: the columns that are read, the queries that read them, the view that maps them.

Google adds columns to the export's tables over the years and never fills them backwards, so only some are required.
The schemas: https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/detailed-usage (and standard-usage, focus-export)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analytics import engine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import duckdb
    from google.cloud.bigquery import SchemaField, Table

TEXT = frozenset({"STRING"})
TIME = frozenset({"TIMESTAMP"})
NUMBER = frozenset({"FLOAT", "FLOAT64", "NUMERIC", "INTEGER", "INT64"})
RECORD = frozenset({"RECORD", "STRUCT"})
KEY_VALUE = "struct(key varchar, value varchar)[]"


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is read: its path, its BigQuery types, its DuckDB type where it is absent (None: required)."""

    path: str
    types: frozenset[str]
    absent: str | None = None
    parts: tuple[Column, ...] = ()

    @property
    def name(self) -> str:
        """The column's name once it is flat."""
        return self.path.replace(".", "_")


COLUMNS: tuple[Column, ...] = (
    Column("billing_account_id", TEXT),
    Column("invoice.month", TEXT),
    Column("cost_type", TEXT),
    Column("service.id", TEXT),
    Column("service.description", TEXT),
    Column("sku.id", TEXT),
    Column("sku.description", TEXT),
    Column("usage_start_time", TIME),
    Column("usage_end_time", TIME),
    Column("export_time", TIME),
    Column("project.id", TEXT),
    Column("project.name", TEXT),
    Column("cost", NUMBER),
    Column("currency", TEXT),
    Column(
        "credits",
        RECORD,
        parts=(
            Column("type", TEXT),
            Column("name", TEXT),
            Column("full_name", TEXT),
            Column("id", TEXT),
            Column("amount", NUMBER),
        ),
    ),
    Column("labels", RECORD, parts=(Column("key", TEXT), Column("value", TEXT))),
    Column("usage.amount", NUMBER),
    Column("usage.unit", TEXT),
    Column("usage.amount_in_pricing_units", NUMBER),
    Column("usage.pricing_unit", TEXT),
    Column("project.labels", RECORD, KEY_VALUE, (Column("key", TEXT), Column("value", TEXT))),
    Column("system_labels", RECORD, KEY_VALUE, (Column("key", TEXT), Column("value", TEXT))),
    Column("tags", RECORD, KEY_VALUE, (Column("key", TEXT), Column("value", TEXT))),
    Column("location.location", TEXT, "varchar"),
    Column("location.region", TEXT, "varchar"),
    Column("location.zone", TEXT, "varchar"),
    Column("currency_conversion_rate", NUMBER, "double"),
    Column("adjustment_info.type", TEXT, "varchar"),
    Column("adjustment_info.mode", TEXT, "varchar"),
    Column("adjustment_info.description", TEXT, "varchar"),
    Column("cost_at_list", NUMBER, "double"),
    Column("cost_at_effective_price_default", NUMBER, "double"),
    Column("transaction_type", TEXT, "varchar"),
    Column("seller_name", TEXT, "varchar"),
    Column("price.list_price", NUMBER, "double"),
    Column("price.effective_price", NUMBER, "double"),
    Column("price.tier_start_amount", NUMBER, "double"),
    Column("consumption_model.description", TEXT, "varchar"),
    Column("subscription.instance_id", TEXT, "varchar"),
    Column("resource.name", TEXT, "varchar"),  # the detailed export alone has `resource`
    Column("resource.global_name", TEXT, "varchar"),
)


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of export: its columns, and the files below sql/bigquery that read, map and check it.

    `export_time` is the column that says when a row came; `views` are made in order, the last as `focus`.
    """

    columns: tuple[Column, ...]
    export_time: str
    months: str
    rows: str
    views: tuple[str, ...]
    check: str


USAGE = Form(COLUMNS, "export_time", "months", "rows", ("services", "regions", "lines", "entries", "focus"), "check")


@dataclass(frozen=True, slots=True)
class Reading:
    """What can be read of one table, and the SQL that reads it. `partition` is the column to bound a scan by."""

    table: str
    partition: str
    present: tuple[Column, ...]
    faults: tuple[str, ...]
    form: Form = USAGE

    @property
    def months(self) -> str:
        """BigQuery SQL; parameter `months`, an array of YYYYMM (empty: every month)."""
        return engine.sql(f"bigquery/{self.form.months}").format(table=self.table, partition=self.partition)

    @property
    def rows(self) -> str:
        """BigQuery SQL; parameters `month`, `newest`, and `first` and `last` of the partition column's type."""
        columns = ",\n  ".join(
            column.path if column.path == column.name else f"{column.path} as {column.name}" for column in self.present
        )
        return engine.sql(f"bigquery/{self.form.rows}").format(
            table=self.table, partition=self.partition, columns=columns
        )

    @property
    def absent(self) -> str:
        """DuckDB SQL: the columns this table doesn't have, as a select list that begins with a comma, or nothing."""
        here = set(self.present)
        return "".join(f", cast(null as {c.absent}) as {c.name}" for c in self.form.columns if c not in here)


def read(table: Table, form: Form = USAGE) -> Reading:
    """Tell how `table` is read, and name every column that is missing or of another type (`faults`)."""
    name = f"{table.project}.{table.dataset_id}.{table.table_id}"
    partitioning = table.time_partitioning
    partition = form.export_time if partitioning is None else partitioning.field or "_PARTITIONTIME"
    present: list[Column] = []
    faults: list[str] = []
    for column in form.columns:
        field = _find(table.schema, column.path.split("."))
        if field is None:
            if column.absent is None:
                faults.append(f"column {column.path} is missing")
            continue
        present.append(column)
        faults.extend(_faults(column, field, column.path))
    return Reading(name, partition, tuple(present), tuple(faults), form)


def create_views(con: duckdb.DuckDBPyConnection, staged: Path, reading: Reading, *, final: bool) -> None:
    """Create the view `focus` on `con`: the staged rows of an export as charges in FOCUS columns, money exact."""
    con.execute(engine.sql("bigquery/macros"))
    con.execute("set variable final = $1", [final])
    file = str(staged).replace("'", "''")
    con.execute(f"create or replace temp view export as select *{reading.absent} from read_parquet('{file}')")
    for name in reading.form.views:
        view = "focus" if name == reading.form.views[-1] else name
        con.execute(f"create or replace temp view {view} as {engine.sql(f'bigquery/{name}')}")


def _find(schema: Iterable[SchemaField], path: Sequence[str]) -> SchemaField | None:
    for field in schema:
        if field.name.lower() == path[0].lower():
            return field if len(path) == 1 else _find(field.fields, path[1:])
    return None


def _faults(column: Column, field: SchemaField, path: str) -> Iterator[str]:
    if field.field_type not in column.types:
        yield f"column {path} is {field.field_type}, not {' or '.join(sorted(column.types))}"
    for part in column.parts:
        inner = _find(field.fields, [part.path])
        if inner is None:
            yield f"column {path}.{part.path} is missing"
        else:
            yield from _faults(part, inner, f"{path}.{part.path}")
