"""The export of a month: allocations as FOCUS 1.4 split-allocation rows (https://focus.finops.org), in Parquet or CSV."""

from __future__ import annotations

import os
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb

from analytics.allocate import allocate
from analytics.engine import connect, sql
from analytics.month import attach_inputs, computed_of
from analytics.tables import ALLOCATIONS, FOCUS_COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

    from analytics.lake import Lake
    from terraform.fleet import Fleet

FORMATS = {
    ".parquet": "format parquet, compression zstd",
    ".csv": "format csv, header",
    ".gz": "format csv, header, compression gzip",
}


class ExportError(Exception):
    """The month could not be exported; nothing was written."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written where; `total` per currency is the bill's."""

    path: Path
    rows: int
    totals: dict[str, Decimal]


def export(lake: Lake, fleet: Fleet, month: str, to: Path) -> Exported:
    """Write the allocations of `month` to the file `to` (.parquet, .csv or .csv.gz), whole or not at all.

    A row is what one hub bears of charges that were split together: same day, account, service, component and rule. In
    each cost the rows of an origin add up to it exactly; their AllocatedRatios add up to 1. Charges that are a hub's
    own are rows without Allocated columns. `x_` columns name cluster, hub, community, component, rule and basis.

    Raises MonthError if the month is not allocated, ExportError if the fleet changed since.
    """
    computed = computed_of(lake, month)
    form = FORMATS.get(to.suffix)
    if form is None:
        raise ExportError(f"{to}: the name must end in {', '.join(FORMATS)} to say the format")
    if not to.parent.is_dir():
        raise ExportError(f"{to.parent}: no such folder: make it first")
    with connect() as con:
        attach_inputs(con, lake, month, versions=computed.versions)
        allocate(con, fleet)
        lake.attach(con, ALLOCATIONS, view="stored", where={"billing_period": month})
        if con.execute(sql("export/changed")).fetchone() != (0,):
            raise ExportError(
                f"{fleet.path}: changed since {month} was allocated: run `hubledger costs allocate --month {month}`"
            )
        for step in ("everything", "origins"):
            con.execute(f"create or replace table {step} as {sql(f'export/{step}')}")
        con.execute(f"create or replace table exported as {sql('export/rows')}")
        columns = [row[0] for row in con.execute("describe exported").fetchall()]
        ordered = [name for name in FOCUS_COLUMNS if name in columns] + [
            name for name in columns if name.startswith("x_")
        ]
        unfinished = to.with_name(f".{to.name}.{os.getpid()}")
        try:
            con.execute(f"copy (select {', '.join(ordered)} from exported) to '{_quoted(unfinished)}' ({form})")
            unfinished.replace(to)
        except (duckdb.IOException, OSError) as error:
            text = str(error).splitlines()[0]
            raise ExportError(f"{to}: can't be written ({text}); make room, or name another place") from error
        finally:
            unfinished.unlink(missing_ok=True)
        rows = con.execute("select count(*) from exported").fetchone() or (0,)
        totals = con.execute(
            "select BillingCurrency, sum(BilledCost) from exported group by all order by all"
        ).fetchall()
    return Exported(to, int(rows[0]), {currency: Decimal(total) for currency, total in totals})


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
