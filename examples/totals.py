"""What the example's bills amount to, added up from the files with Decimal and nothing else."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

PLACES = Decimal(1).scaleb(-12)
KEYS = {
    "issuer": "InvoiceIssuerName",
    "billing_account": "BillingAccountId",
    "sub_account": "SubAccountId",
    "billing_period": "Period",
    "charge_category": "ChargeCategory",
    "currency": "BillingCurrency",
}


def totals(bills: Path) -> list[dict[str, str | int]]:
    """Add up every bill under `bills`: one entry for each issuer, account, month, category and currency.

    An amount with more than twelve decimals counts as rounded to twelve, as in the lake.
    """
    sums: defaultdict[tuple[str, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0), Decimal(0)])
    with localcontext() as context:
        context.prec = 60
        for row in rows(bills, [*KEYS.values(), "BillingPeriodStart", "BilledCost", "EffectiveCost"]):
            key = tuple(row[name] for name in KEYS.values())
            sums[key][0] += 1
            sums[key][1] += Decimal(row["BilledCost"]).quantize(PLACES, ROUND_HALF_UP)
            sums[key][2] += Decimal(row["EffectiveCost"]).quantize(PLACES, ROUND_HALF_UP)
    return [
        {
            **dict(zip(KEYS, key, strict=True)),
            "rows": int(count),
            "billed_cost": f"{billed:f}",
            "effective_cost": f"{effective:f}",
        }
        for key, (count, billed, effective) in sorted(sums.items())
    ]


def rows(bills: Path, columns: Collection[str] | None = None) -> Iterator[Mapping[str, str]]:
    """Every row of every bill as text (of Parquet, the columns asked for), and its billing period as YYYY-MM."""
    for path in sorted(bills.rglob("*")):
        if path.suffix == ".parquet":
            for found in _parquet(path, columns):
                texts = {name: _text(value) for name, value in found.items()}
                yield texts | {"Period": _month(texts["BillingPeriodStart"])}
        elif path.suffix in (".csv", ".gz"):
            with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
                for row in csv.DictReader(file):
                    yield row | {"Period": _month(row["BillingPeriodStart"])}


def _parquet(path: Path, columns: Collection[str] | None) -> list[dict[str, object]]:
    names = [name for name in pq.read_schema(path).names if columns is None or name in columns]
    rows: list[dict[str, object]] = pq.read_table(path, columns=names).to_pylist()
    return rows


def _month(start: str) -> str:
    return datetime.fromisoformat(start).astimezone(UTC).strftime("%Y-%m")


def _text(value: object) -> str:
    return repr(value) if isinstance(value, float) else "" if value is None else str(value)
