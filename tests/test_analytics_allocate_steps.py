"""Each step of the allocation on a handful of rows, and its way to other engines.

tests/golden/allocate/<step>.txt holds a step's input, table by table, and its result. Text that is not given is empty, numbers are
zero; `-` is null. In the lake's own tables what is not given is null.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel

from analytics.engine import SQL, connect, sql
from tests.month import Book, Month, cluster, fleet

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

    from tests.fixtures_golden import Golden

CASES = Path(__file__).parent / "golden" / "allocate"
STEPS = sorted(path.stem for path in (SQL / "allocate").glob("*.sql") if path.stem != "tables")  # which is DDL
LAKE = ("charges", "usage", "nodes", "activity")


@pytest.fixture(scope="module")
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection on which every step's table is there, with its types and without a row."""
    with connect(threads=1) as con:
        Book(con).allocate(Month(fleet(cluster("one"))))
        for table in LAKE:
            con.execute(f"create table {table}_ as from {table}")
            con.execute(f"drop view {table}")
            con.execute(f"alter table {table}_ rename to {table}")
        for (filled,) in con.execute("select table_name from duckdb_tables() where estimated_size > 0").fetchall():
            con.execute(f"delete from {filled}")
        for step in ("lines", "stored", "home_sizes"):  # not kept, or made only where there is home storage
            con.execute(f"create or replace table {step} as {sql(f'allocate/{step}')}")
        con.execute(f"create or replace table placed as {sql('allocate/placed')}", {"scope": "node"})
        yield con


def sections(text: str) -> list[tuple[str, list[list[str]]]]:
    """Return the tables of a case: name and lines of cells, the first line being the columns' names."""
    tables: list[tuple[str, list[list[str]]]] = []
    for line in text.splitlines():
        if line.startswith("# "):
            tables.append((line.removeprefix("# "), []))
        elif line:
            tables[-1][1].append([cell.strip() for cell in line.split("|")])
    return tables


def fill(con: duckdb.DuckDBPyConnection, table: str, lines: list[list[str]]) -> None:
    """Insert the lines; what they don't give is empty or zero, or null in the lake's tables."""
    types = dict(
        con.execute("select column_name, data_type from duckdb_columns() where table_name = ?", [table]).fetchall()
    )
    names, *rows = lines
    assert not set(names) - set(types), f"{table} has no {set(names) - set(types)}"
    for row in rows:
        given = dict(zip(names, row, strict=True))
        values = [None if (value := given.get(name, default(table, types[name]))) == "-" else value for name in types]
        con.execute(f"insert into {table} values ({', '.join('?' for _ in values)})", values)


def default(table: str, kind: str) -> str:
    if table in LAKE or kind.startswith(("TIME", "DATE")):
        return "-"
    return "" if kind == "VARCHAR" else "false" if kind == "BOOLEAN" else "0"


def told(value: object) -> str:
    """Return a cell's text."""
    match value:
        case None:
            return "-"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}".removesuffix(":00")
        case date() | bool() | int() | str():
            return str(value)
        case Decimal() | float():
            text = f"{value:.12f}"
            return text.rstrip("0").rstrip(".")
    raise AssertionError(value)


def result(
    con: duckdb.DuckDBPyConnection, step: str, columns: list[str], parameters: dict[str, object]
) -> list[list[str]]:
    """Run the step; return its rows in these columns (`*` for all), sorted."""
    found = con.execute(sql(f"allocate/{step}"), parameters)
    names = [entry[0] for entry in found.description or ()]
    wanted = names if columns == ["*"] else columns
    rows = [[told(row[names.index(name)]) for name in wanted] for row in found.fetchall()]
    return [wanted, *sorted(rows)]


@pytest.mark.parametrize("step", STEPS)
def test_a_step_makes_of_these_rows_exactly_those(empty: duckdb.DuckDBPyConnection, golden: Golden, step: str) -> None:
    text = (CASES / f"{step}.txt").read_text(encoding="utf-8")
    given, _, columns = text.partition("# result\n")
    empty.execute("begin")
    try:
        parameters: dict[str, object] = {}
        for name, lines in sections(given):
            if name.startswith("$"):
                key, _, value = name.removeprefix("$").partition(" = ")
                parameters[key] = int(value) if value.isdigit() else value
            else:
                fill(empty, name, lines)
        wanted = [cell.strip() for cell in columns.splitlines()[0].split("|")]
        rows = result(empty, step, wanted, parameters)
    finally:
        empty.execute("rollback")
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines_ = (" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    golden(f"allocate/{step}.txt", f"{given}# result\n" + "\n".join(lines_) + "\n")


@pytest.mark.parametrize("step", [*STEPS, "tables"])
def test_a_step_says_first_what_a_row_is_and_fits_a_screen(step: str) -> None:
    lines = sql(f"allocate/{step}").splitlines()
    assert lines[0].startswith(f"-- {step}.sql: ")
    assert len(lines) <= 70
    assert max(map(len, lines)) <= 140


# What sqlglot can't carry by itself: BigQuery's NUMERIC has nine decimals, so that money is BIGNUMERIC there,
# and it makes hours with GENERATE_TIMESTAMP_ARRAY, which sqlglot can't know of a column without its type.


def carried(step: str, dialect: str) -> str:
    """Return the step in another engine's dialect; what has no equivalent there raises."""

    def exact(node: exp.Expression) -> exp.Expression:
        if dialect == "bigquery" and isinstance(node, exp.DataType) and node.is_type(exp.DataType.Type.DECIMAL):
            return exp.DataType.build("BIGDECIMAL")
        if dialect == "bigquery" and isinstance(node, exp.GenerateSeries):
            return exp.GenerateTimestampArray(start=node.args["start"], end=node.args["end"], step=node.args["step"])
        return node

    trees = sqlglot.parse(sql(f"allocate/{step}"), read="duckdb")
    return ";\n".join(tree.transform(exact).sql(dialect, unsupported_level=ErrorLevel.RAISE) for tree in trees if tree)


@pytest.mark.parametrize("dialect", ["bigquery", "spark"])
@pytest.mark.parametrize("step", [*STEPS, "tables"])
def test_a_step_can_be_carried_to_other_engines(step: str, dialect: str) -> None:
    text = carried(step, dialect)
    assert sqlglot.parse(text, read=dialect)
    if dialect == "bigquery":
        assert "NUMERIC" not in text.replace("BIGNUMERIC", "")
        assert "GENERATE_ARRAY(from_hour" not in text
