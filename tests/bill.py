"""Small bills: lines in FOCUS 1.4 with as little said as a bill must say, as a view, a CSV or a Parquet file."""

from __future__ import annotations

import csv
import gzip
import io
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from analytics.tables import CHARGES, FOCUS_COLUMNS, MONEY, TIME

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb

Line = dict[str, str]
BILL = "bill"


def line(**columns: str) -> Line:
    """Return a line of a bill; every column as text, absent ones empty. A cost stands for all four."""
    cost = columns.pop("cost", "1")
    costs = dict.fromkeys(("BilledCost", "ContractedCost", "EffectiveCost", "ListCost"), cost)
    return {
        "BillingAccountId": "01-payer",
        "BillingCurrency": "USD",
        "BillingPeriodEnd": "2026-11-01T00:00:00Z",
        "BillingPeriodStart": "2026-10-01T00:00:00Z",
        "ChargeCategory": "Usage",
        "ChargePeriodEnd": "2026-10-05T01:00:00Z",
        "ChargePeriodStart": "2026-10-05T00:00:00Z",
        "HostProviderName": "Google Cloud",
        "InvoiceIssuerName": "Google Cloud",
        "ServiceCategory": "Compute",
        "ServiceName": "Compute Engine",
        "ServiceProviderName": "Google Cloud",
        "SubAccountId": "project-a",
        **costs,
        **columns,
    }


def create_view(con: duckdb.DuckDBPyConnection, lines: Sequence[Line], *, final: bool = False) -> None:
    """Create the view `bill`, as `charges.deliver` takes it, with its rows' numbers."""
    names = [*FOCUS_COLUMNS, "x_BillingPeriod"]
    con.execute(f"create or replace table bill_lines ({', '.join(f'{name} text' for name in names)}, x_Row bigint)")
    for number, each in enumerate(lines, 1):
        month = {"x_BillingPeriod": each.get("BillingPeriodStart", "")[:7]} | each
        values = [month.get(name) or None for name in names]
        con.execute(f"insert into bill_lines values ({', '.join('?' * (len(names) + 1))})", [*values, number])
    typed = ", ".join(f"cast({name} as {_type(name)}) as {name}" for name in FOCUS_COLUMNS)
    con.execute(
        f"create or replace view {BILL} as select {typed}, x_BillingPeriod, {final} as x_Final, 'bill' as x_File, x_Row"
        " from bill_lines"
    )


def write_csv(path: Path, lines: Sequence[Line]) -> Path:
    """Write `lines` as a CSV with the columns that any of them has; compressed where the name ends so."""
    names = list(dict.fromkeys(name for each in lines for name in each))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, restval="")
    writer.writeheader()
    writer.writerows(lines)
    data = text.getvalue().encode()
    path.write_bytes(gzip.compress(data, mtime=0) if path.name.endswith(".gz") else data)
    return path


def write_parquet(path: Path, lines: Sequence[Line], *, money: pa.DataType = MONEY) -> Path:
    """Write `lines` as Parquet, typed, money as `money`."""
    names = list(dict.fromkeys(name for each in lines for name in each))
    columns = {}
    for name in names:
        values = [each.get(name) or None for each in lines]
        kind = CHARGES.schema.field(name).type if name in FOCUS_COLUMNS else pa.string()
        if kind == MONEY:
            numbers = [None if value is None else Decimal(value) for value in values]
            floats = [None if number is None else float(number) for number in numbers]
            columns[name] = pa.array(floats if money == pa.float64() else numbers, money)
        elif kind == TIME:
            columns[name] = pa.array(values).cast(TIME)
        else:
            columns[name] = pa.array(values, pa.string())
    pq.write_table(pa.table(columns), path)
    return path


def _type(name: str) -> str:
    kind = CHARGES.schema.field(name).type
    return "decimal(38, 12)" if kind == MONEY else "timestamptz" if kind == TIME else "varchar"
