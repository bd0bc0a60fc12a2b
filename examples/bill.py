"""A bill in FOCUS: rows as a cloud would export them, and files of them."""

from __future__ import annotations

import csv
import gzip
import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FOCUS_1_0 = (
    "AvailabilityZone",
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "CommitmentDiscountCategory",
    "CommitmentDiscountId",
    "CommitmentDiscountName",
    "CommitmentDiscountStatus",
    "CommitmentDiscountType",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedCost",
    "ContractedUnitPrice",
    "EffectiveCost",
    "InvoiceIssuerName",
    "ListCost",
    "ListUnitPrice",
    "PricingCategory",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "RegionId",
    "RegionName",
    "ResourceId",
    "ResourceName",
    "ResourceType",
    "ServiceCategory",
    "ServiceName",
    "SkuId",
    "SkuPriceId",
    "SubAccountId",
    "SubAccountName",
    "Tags",
)
FOCUS_1_2 = (
    *FOCUS_1_0,
    "BillingAccountType",
    "CapacityReservationId",
    "CapacityReservationStatus",
    "CommitmentDiscountQuantity",
    "CommitmentDiscountUnit",
    "InvoiceId",
    "PricingCurrency",
    "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost",
    "PricingCurrencyListUnitPrice",
    "ServiceSubcategory",
    "SkuMeter",
    "SkuPriceDetails",
    "SubAccountType",
)
NUMBERS = frozenset(name for name in FOCUS_1_2 if name.endswith(("Cost", "Quantity", "UnitPrice")))
TIMES = frozenset({"BillingPeriodEnd", "BillingPeriodStart", "ChargePeriodEnd", "ChargePeriodStart"})

_PRICED = (
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedUnitPrice",
    "ListUnitPrice",
    "PricingCategory",
    "PricingQuantity",
    "PricingUnit",
)
Span = tuple[datetime, datetime]
Value = str | Decimal | datetime | dict[str, str] | None
Row = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Sku:
    """Something a cloud sells: what the bill says of it, and its price in USD for a unit."""

    service: str
    category: str
    description: str
    price: Decimal
    unit: str
    consumed_unit: str
    consumed_per_unit: Decimal
    meter: str
    pricing: str
    list_price: Decimal


def prices(cloud: str) -> dict[str, Sku]:
    """The part of prices.csv that is `cloud`'s, by name."""
    with (Path(__file__).parent / "prices.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["name"]: Sku(
                row["service"],
                row["category"],
                row["description"],
                Decimal(row["price"]),
                row["unit"],
                row["consumed_unit"],
                Decimal(row["consumed_per_unit"]),
                row["meter"],
                row["pricing"],
                Decimal(row["list_price"]),
            )
            for row in csv.DictReader(file)
            if row["cloud"] == cloud
        }


@dataclass(slots=True)
class Bill:
    """The rows of one issuer's bills. `places` is to how many decimals the issuer gives amounts."""

    constant: Mapping[str, Value]
    skus: Mapping[str, Sku]
    periods: Mapping[str, Span]  # month → its billing period
    invoices: Mapping[str, str]  # those of months that are closed
    places: int
    rows: list[Row] = field(default_factory=list)

    def add(
        self,
        name: str,
        quantity: float | Decimal,
        span: Span,
        tags: Mapping[str, str] | None = None,
        columns: Mapping[str, Value] | None = None,
        *,
        month: str | None = None,
        effective: Decimal | None = None,
    ) -> None:
        """Add the charge for `quantity` of the SKU `name` in `span`; nothing where that is in no month of the bills."""
        month = month or next((m for m, (start, end) in self.periods.items() if start <= span[0] < end), None)
        if month is None:
            return
        sku = self.skus[name]
        amount = Decimal(f"{quantity:.10f}").normalize()
        cost = self._round(amount * sku.price)
        row: Row = {
            **self.constant,
            "BilledCost": cost,
            "EffectiveCost": cost if effective is None else self._round(effective),
            "ContractedCost": cost,
            "ListCost": self._round(amount * sku.list_price),
            "BillingPeriodStart": self.periods[month][0],
            "BillingPeriodEnd": self.periods[month][1],
            "InvoiceId": self.invoices.get(month),
            "ChargePeriodStart": span[0],
            "ChargePeriodEnd": span[1],
            "ChargeCategory": "Usage",
            "ChargeFrequency": "Usage-Based",
            "ChargeDescription": sku.description,
            "ServiceName": sku.service,
            "ServiceCategory": sku.category,
            "SkuId": _code(sku.service, sku.description),
            "SkuPriceId": _code(sku.description, str(sku.price)),
            "SkuMeter": sku.meter,
            "PricingCategory": sku.pricing,
            "PricingQuantity": amount,
            "PricingUnit": sku.unit,
            "ConsumedQuantity": amount * sku.consumed_per_unit,
            "ConsumedUnit": sku.consumed_unit,
            "ListUnitPrice": sku.list_price,
            "ContractedUnitPrice": sku.price,
            "Tags": dict(tags or {}),
            **(columns or {}),
        }
        if row["ChargeCategory"] in ("Credit", "Tax"):
            row |= dict.fromkeys(_PRICED)
        self.rows.append(row)

    def billed(self, month: str) -> Decimal:
        """What a month's bill amounts to so far."""
        start = self.periods[month][0]
        return sum((_money(row) for row in self.rows if row["BillingPeriodStart"] == start), Decimal(0))

    def of(self, month: str) -> list[Row]:
        """The rows of a month's bill, in the order of time."""
        start = self.periods[month][0]
        rows = (row for row in self.rows if row["BillingPeriodStart"] == start)
        return sorted(
            rows, key=lambda row: (str(row["ChargePeriodStart"]), str(row["SkuId"]), str(row.get("ResourceId")))
        )

    def _round(self, amount: Decimal) -> Decimal:
        return amount.quantize(Decimal(1).scaleb(-self.places), ROUND_HALF_EVEN)


def write_csv(rows: Sequence[Row], columns: Sequence[str], path: Path) -> None:
    """Write rows as CSV, gzipped if the name ends in .gz; the bytes depend on the rows alone."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_text(row.get(name)) for name in columns] for row in rows)
    data = text.getvalue().encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data, 6, mtime=0) if path.suffix == ".gz" else data)


def write_parquet(rows: Sequence[Row], columns: Sequence[str], path: Path) -> None:
    """Write rows as AWS does: numbers as doubles, tags as a map."""
    table = pa.table({name: _array(name, [row.get(name) for row in rows]) for name in columns})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="zstd")


def _array(name: str, values: list[Value]) -> pa.Array:
    if name == "Tags":
        return pa.array(
            [list(v.items()) if isinstance(v, dict) else [] for v in values], pa.map_(pa.string(), pa.string())
        )
    if name in NUMBERS:
        return pa.array([None if v is None else float(str(v)) for v in values], pa.float64())
    if name in TIMES:
        return pa.array(values, pa.timestamp("ms", tz="UTC"))
    return pa.array([None if v is None else str(v) for v in values], pa.string())


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return _time(value)
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


@cache
def _time(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _money(row: Row) -> Decimal:
    cost = row["BilledCost"]
    if not isinstance(cost, Decimal):
        raise TypeError(f"BilledCost is {cost!r}")
    return cost


@cache
def _code(*parts: str) -> str:
    """An id like the clouds' own, the same for the same parts."""
    number = 0
    for char in "/".join(parts):
        number = (number * 131 + ord(char)) % 2**48
    text = f"{number:012X}"
    return f"{text[:4]}-{text[4:8]}-{text[8:]}"
