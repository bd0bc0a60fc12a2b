"""The export of a month: allocations as FOCUS split-allocation rows (https://focus.finops.org), in Parquet or CSV."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb

from analytics.allocate import allocate
from analytics.engine import connect, sql
from analytics.focus_rules import TOLERANCE
from analytics.focus_versions import columns
from analytics.month import attach_inputs, computed_of
from analytics.tables import ALLOCATIONS

if TYPE_CHECKING:
    from pathlib import Path

    from analytics.lake import Lake
    from terraform.fleet import Fleet

FORMATS = {
    ".parquet": "format parquet, compression zstd",
    ".csv": "format csv, header",
    ".gz": "format csv, header, compression gzip",
}
VERSIONS = ("1.4", "1.2")  # that an export can be in
RENAMED = {"ProviderName": "ServiceProviderName", "PublisherName": "HostProviderName"}
STEPS = ("everything", "bearers", "origins", "cells", "services", "units")
SAME = (
    "AvailabilityZone",
    "ChargeDescription",
    "ResourceId",
    "ResourceName",
    "ResourceType",
)  # told where all charges of an origin agree


class ExportError(Exception):
    """The month could not be exported; nothing was written."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written where; `total` per currency is the bill's."""

    path: Path
    rows: int
    totals: dict[str, Decimal]


def export(lake: Lake, fleet: Fleet, month: str, to: Path, *, version: str = VERSIONS[0]) -> Exported:
    """Write the allocations of `month` to the file `to` (.parquet, .csv or .csv.gz) as FOCUS `version`, whole or not at all.

    A row is what one hub bears of an origin: charges of one day, price and rule that were split together. In each cost
    and quantity the rows of an origin (x_SplitOriginId) add up to it exactly; their AllocatedRatios add up to 1. Charges
    that are a hub's own are rows without Allocated columns. `x_` columns name cluster, hub, community, component, rule and
    basis. FOCUS 1.2 knows no split charges: its rows have the bearer's Tags and our `x_` columns.

    Raises MonthError if the month is not allocated, ExportError if the fleet changed since.
    """
    computed = computed_of(lake, month)
    if version not in VERSIONS:
        raise ExportError(f"FOCUS {version} can't be written: choose {' or '.join(VERSIONS)}")
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
        for step in STEPS:
            con.execute(f"create or replace table {step} as {_query(step)}")
        con.execute(f"create or replace table exported as {_query('rows', tags=_tags(version))}")
        ours = [row[0] for row in con.execute("describe exported").fetchall() if row[0].startswith("x_")]
        names = [f"{RENAMED[name]} as {name}" if name in RENAMED else name for name in columns(version)]
        if form.startswith("format parquet"):
            form += f", kv_metadata {{FocusVersion: '{version}'}}"
        elif form.startswith("format csv"):
            form += ", timestampformat '%Y-%m-%dT%H:%M:%SZ'"
        unfinished = to.with_name(f".{to.name}.{os.getpid()}")
        try:
            con.execute(f"copy (select {', '.join([*names, *ours])} from exported) to '{_quoted(unfinished)}' ({form})")
            unfinished.replace(to)
        except (duckdb.IOException, OSError) as error:
            text = str(error).splitlines()[0]
            raise ExportError(f"{to}: can't be written ({text}); make room, or name another place") from error
        finally:
            with suppress(OSError):  # what can't be written can't be removed either
                unfinished.unlink()
        rows = con.execute("select count(*) from exported").fetchone() or (0,)
        totals = con.execute(
            "select BillingCurrency, sum(BilledCost) from exported group by all order by all"
        ).fetchall()
    return Exported(to, int(rows[0]), {currency: Decimal(total) for currency, total in totals})


def _query(step: str, **parts: str) -> str:
    text = sql(f"export/{step}")
    parts |= {
        "same": ", ".join(
            f"case when count(distinct coalesce(charges.{name}, '')) = 1 then min(charges.{name}) end as {name}"
            for name in SAME
        ),
        "list": _product("ListUnitPrice", "list_cost"),
        "contracted": _product("ContractedUnitPrice", "contracted_cost"),
    }
    for part, value in parts.items():
        text = text.replace("{" + part + "}", value)
    return text


def _product(price: str, cost: str) -> str:
    """Return the SQL of a sum of costs that were rounded one by one: price × quantity, unless it differs by more than rounding."""
    product = f"cast(cast({price} as double) * cast(pricing_quantity as double) as decimal(38, 12))"
    return (
        f"case when abs({product} - {cost}) <= 0.0000000001 * charges + {TOLERANCE} * abs(cast({cost} as double))"
        f" then {product} else {cost} end"
    )


def _tags(version: str) -> str:
    """Return the SQL of a row's own tags: a split charge has its origin's, and the bearer's are AllocatedTags."""
    if "AllocatedTags" not in columns(version):
        return "bearer_tags"
    origin = "if(buckets.cluster = '', '{}', cast(json_object('cluster-name', buckets.cluster) as varchar))"
    return f"if(is_split, {origin}, bearer_tags)"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
