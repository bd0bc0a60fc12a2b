"""What a viewer sees of the lake: the one place where its tables are opened for the dashboard, and where rows are kept from viewers.

A connection that `look` yields has views of the rows that the viewer may see, and no query reads anything else. `charges` is never among
them. A test holds that the dashboard's SQL names only these views.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from analytics import fleet_tables
from analytics.engine import connect
from analytics.rates import convert
from analytics.tables import (
    ACTIVITY,
    ALLOCATIONS,
    DELIVERIES,
    FINDINGS,
    INVOICE_TOTALS,
    NODES,
    REPLAYS,
    USAGE_TABLE,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    import duckdb

    from analytics.lake import Lake
    from dashboard.state import State
    from dashboard.viewer import Viewer
    from terraform.fleet import Fleet

SQL = Path(__file__).parent / "sql"
FEW = 5  # counts of people below it are not shown to others
OF_THE_FLEET = {table.name: table for table in (DELIVERIES, INVOICE_TOTALS)}
OF_OPERATORS = {table.name: table for table in (USAGE_TABLE, NODES, FINDINGS, REPLAYS)}
MEMORY = "300MB"  # of a query's buffers; several viewers ask at once


class NotYours(Exception):
    """A viewer was about to be shown what is not for its role: a defect of a page, and nothing was read."""


@contextmanager
def look(
    lake: Lake,
    fleet: Fleet,
    viewer: Viewer,
    state: State,
    *,
    months: Collection[str] = (),
    tables: Mapping[str, Mapping[str, Collection[str]]] | None = None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection with the viewer's rows of `months`, at the versions that `state` names.

    Its views: `seen` (allocations, with their cost in the reporting currency), `seen_days` and `seen_months` (activity, small counts
    hidden), and the partitions of `tables`. Raises NotYours for a table that is not for the
    viewer's role.
    """
    for name in tables or {}:
        if not (viewer.sees_fleet if name in OF_THE_FLEET else viewer.operates and name in OF_OPERATORS):
            raise NotYours(f"{name} is not for {viewer.role or 'nobody'}")
    with connect(memory_limit=MEMORY, threads=2) as con:
        fleet_tables.register(con, fleet)
        _register_scope(con, viewer)
        _attach_converted(con, lake, state, months)
        con.execute(f"create temp view seen as {sql('seen')}")
        lake.attach(con, ACTIVITY, where={"month": months}, version=state.version(ACTIVITY))
        for name in ("seen_days", "seen_months"):
            con.execute(f"create temp view {name} as {sql(name)}")
        for name, where in (tables or {}).items():
            table = {**OF_THE_FLEET, **OF_OPERATORS}[name]
            lake.attach(con, table, where=where, version=state.version(table))
        yield con


def sql(name: str) -> str:
    """Return the text of `dashboard/sql/<name>.sql`."""
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


def _register_scope(con: duckdb.DuckDBPyConnection, viewer: Viewer) -> None:
    """Create `viewer_scope`: a row that lets everything be seen, or one per community; `known`: whether small counts are shown."""
    if viewer.sees_fleet:
        rows = [{"everything": True, "community": "", "known": False}]
    else:
        rows = [
            {"everything": False, "community": name, "known": viewer.knows(name)}
            for name in sorted(viewer.communities)
            if viewer.sees(name)
        ]
    schema = pa.schema([("everything", pa.bool_()), ("community", pa.string()), ("known", pa.bool_())])
    con.register("viewer_scope_arrow", pa.Table.from_pylist(rows, schema=schema))
    con.execute("create temp table viewer_scope as select * from viewer_scope_arrow")
    con.unregister("viewer_scope_arrow")


def _attach_converted(con: duckdb.DuckDBPyConnection, lake: Lake, state: State, months: Collection[str]) -> None:
    """Create the view `all_converted`: the allocations of `months` with their cost in each month's reporting currency.

    A month with rates is converted by itself, as its report is; the others all at once.
    """
    at = state.version(ALLOCATIONS)
    rated = [month for month in months if (known := state.conversion(month)) is not None and known.rates]
    parts = []
    for number, month in enumerate(rated):
        lake.attach(con, ALLOCATIONS, where={"billing_period": month}, version=at)
        convert(con, state.conversion(month))
        con.execute(f"create temp table converted_{number} as select * from converted")
        parts.append(f"select * from converted_{number}")
    lake.attach(con, ALLOCATIONS, where={"billing_period": [each for each in months if each not in rated]}, version=at)
    own = [month for month in months if month not in rated and state.conversion(month) is not None]
    con.register("own_months_arrow", pa.table({"month": pa.array(own, pa.string())}))
    con.execute("create temp table own_months as select * from own_months_arrow")
    con.unregister("own_months_arrow")
    parts.append(sql("unconverted"))
    con.execute(f"create temp view all_converted as {' union all by name '.join(parts)}")
