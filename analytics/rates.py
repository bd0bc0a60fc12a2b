"""The exchange rates of a month: found when it is allocated, kept with its allocations, used again by every report of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa

from analytics.allocate import AllocationError
from analytics.engine import sql
from terraform.fleet_rates import PLACES, table_source
from terraform.reference_rates import quotient, reference_rates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    import duckdb

    from terraform.fleet import Fleet, Rate

RATE = pa.decimal128(26, PLACES)
BILL = "the bill"
_TABLE = pa.schema(
    [("issuer", pa.string()), ("billing_account", pa.string()), ("currency", pa.string()), ("rate", RATE)]
)


class NoRate(AllocationError):
    """A month has charges in a currency of which nobody says what it is worth; nothing was written."""


@dataclass(frozen=True, slots=True)
class UsedRate:
    """What one unit of an account's currency was worth in the reporting currency, and who said so."""

    issuer: str
    billing_account: str
    currency: str
    rate: Decimal
    source: str

    def to_json(self) -> dict[str, str]:
        """Return it as JSON values, the rate as text."""
        return asdict(self) | {"rate": f"{self.rate:f}"}

    @classmethod
    def from_json(cls, value: Mapping[str, str]) -> UsedRate:
        """Read what `to_json` wrote."""
        return cls(**{**value, "rate": Decimal(value["rate"])})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Conversion:
    """The reporting currency of a month and the rates into it: one for each account billed in another currency."""

    currency: str
    rates: tuple[UsedRate, ...]
    notes: tuple[str, ...] = ()


def find(
    con: duckdb.DuckDBPyConnection, fleet: Fleet, month: str, *, frozen: Sequence[UsedRate] = ()
) -> Conversion | None:
    """Return the rates that the view `charges` of `month` needs; None where the fleet has no reporting currency.

    The first that says one: `frozen`, the fleet's rates.csv, the bill itself (of its pricing currency), the ECB's file.
    Raises NoRate where none does, for every pair that lacks one.
    """
    to = fleet.settings.reporting_currency
    if to is None:
        return None
    kept = {(rate.issuer, rate.billing_account, rate.currency): rate for rate in frozen}
    table = _table_rates(fleet, month, to)
    reference = reference_rates(fleet, month)
    rates: list[UsedRate] = []
    notes: set[str] = set()
    missing: set[str] = set()
    for issuer, account, currency, billed, priced in con.execute(sql("rates/accounts"), {"to": to}).fetchall():
        used = kept.get((issuer, account, currency))
        if used is None and (row := table.get(currency)) is not None:
            used = UsedRate(issuer, account, currency, row.rate, table_source(row))
        if used is None and billed and priced and (rate := quotient(priced, billed)):
            used = UsedRate(issuer, account, currency, rate, BILL)
        if used is None and reference is not None and (told := reference.rate(currency, to)) is not None:
            used = UsedRate(issuer, account, currency, told.rate, told.source)
            notes |= _early(month, reference.newest)
        if used is None:
            missing.add(currency)
        else:
            rates.append(used)
    if missing:
        raise NoRate(
            "\n".join(
                f"{fleet.path}: no rate of {month} from {currency} to {to}: add it to rates.csv, or fetch the ECB's with"
                " `hubledger fleet rates fetch`; nothing was written"
                for currency in sorted(missing)
            )
        )
    return Conversion(to, tuple(rates), tuple(sorted(notes)))


def changed(conversion: Conversion, fleet: Fleet, month: str) -> tuple[str, ...]:
    """Say in words where the fleet's rates.csv has another rate now than the month was converted with."""
    table = _table_rates(fleet, month, conversion.currency)
    notes = set()
    for used in conversion.rates:
        now = table.get(used.currency)
        if (now is None and used.source.startswith("rates.csv")) or (now is not None and now.rate != used.rate):
            says = f"says {now.rate.normalize():f}" if now else "has none"
            notes.add(
                f"{month} was converted from {used.currency} to {conversion.currency} at {used.rate.normalize():f}"
                f" ({used.source}); rates.csv now {says}"
            )
    return tuple(sorted(notes))


def convert(con: duckdb.DuckDBPyConnection, conversion: Conversion | None) -> None:
    """Create the table `converted` on `con`: `allocations` with the columns `reporting_billed_cost` and `reporting_effective_cost`.

    They are null without a conversion. Raises NoRate where a row's rate is not among the conversion's.
    """
    if conversion is None:
        columns = ", ".join(
            f"cast(null as decimal(38, 12)) as reporting_{kind}_cost" for kind in ("billed", "effective")
        )
        con.execute(f"create or replace temp view converted as select *, {columns} from allocations")
        return
    rows = [{**asdict(used), "rate": used.rate} for used in conversion.rates]
    con.register("rates", pa.Table.from_pylist(rows, schema=_TABLE))
    con.execute(f"create or replace temp table converted as {sql('rates/converted')}", {"to": conversion.currency})
    con.unregister("rates")
    lacking = con.execute(
        "select distinct currency from converted where reporting_billed_cost is null order by 1"
    ).fetchall()
    if lacking:
        names = ", ".join(row[0] for row in lacking)
        raise NoRate(f"the allocations have no rate from {names} to {conversion.currency}: allocate the month again")


def _table_rates(fleet: Fleet, month: str, to: str) -> dict[str, Rate]:
    return {rate.base: rate for rate in fleet.rates if (rate.month, rate.quote) == (month, to)}


def _early(month: str, newest: date) -> set[str]:
    """Say so if the ECB's file ends within the month: its last day may be yet to come."""
    if f"{newest:%Y-%m}" > month:
        return set()
    return {
        f"the ECB's rates of {month} end on {newest}: fetch them again after the month with `hubledger fleet rates fetch`"
    }
