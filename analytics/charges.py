"""Charges: brings the FOCUS rows of a bill into the lake, described by labels and components, each delivery in place of the last.

Everything said of a charge (cluster, hub, node, component …) follows from its description, and a bill of millions of rows
has some thousands of descriptions. So they are found, described once each, and joined to the rows by a hash of their columns.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from analytics import faults
from analytics.descriptions import KIND, ROW, component, describe, enumerate_texts, key_of, label, query
from analytics.engine import identifier, literal, sql
from analytics.faults import ChargesError
from analytics.lake import LakeError
from analytics.tables import CHARGES, DELIVERIES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    import duckdb

    from analytics.descriptions import Kinds
    from analytics.lake import Lake
    from terraform.fleet import Labels

PARTLY = " partly"  # ends the version of a delivery that was asked for some months only

# What FOCUS wants null although a bill may give it: prices of a tax, the key of a price that isn't given, consumption of what
# nobody consumed, units of no quantity.
CONFORMING = {
    **{
        name: f"if(kind.is_tax, null, bill.{name})"
        for name in (
            "ContractedUnitPrice", "ListUnitPrice", "PricingCurrencyContractedUnitPrice", "PricingCurrencyListUnitPrice", "PricingQuantity",
        )
    },
    **{
        name: f"if(kind.is_priced or not kind.is_tax and bill.ListUnitPrice is not null, kind.{name}, null)"
        for name in ("SkuPriceDetails", "SkuPriceId")
    },
    "PricingUnit": "if(kind.is_tax or bill.PricingQuantity is null, null, kind.PricingUnit)",
    "ConsumedQuantity": "if(kind.is_consumed, bill.ConsumedQuantity, null)",
    "ConsumedUnit": "if(kind.is_consumed and bill.ConsumedQuantity is not null, kind.ConsumedUnit, null)",
    "ResourceType": "resource.ResourceType",
    "CommitmentDiscountUnit": "if(bill.CommitmentDiscountQuantity is null, null, kind.CommitmentDiscountUnit)",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one source said of one billing account, billing period and currency; a row of `deliveries` while it is in force."""

    delivery_id: str
    source: str
    issuer: str
    billing_account: str
    billing_period: str
    object: str
    version: str
    rows: int
    billed_cost: Decimal
    currency: str
    final: bool
    seen_at: datetime


def deliver(
    con: duckdb.DuckDBPyConnection,
    lake: Lake,
    *,
    view: str,
    source: str,
    object: str,  # noqa: A002
    version: str,
    labels: Labels,
    sources: Collection[str],
    months: Collection[str] | None = None,
    now: datetime,
    kinds: Kinds | None = None,
) -> tuple[Delivery, ...]:
    """Bring the FOCUS rows of `view` into `charges` in place of what `source` delivered for their months before.

    `view` has every column of FOCUS_COLUMNS, `x_BillingPeriod` and `x_Final`, and, if messages are to name them, `x_File`
    and `x_Row`. Months that `view` has no rows of stay as they are. A partition of a source that is not in `sources` any more
    goes when the same account and month come from this one. `months` leaves rows of other months out. `kinds` saves finding
    out from the rows what kinds of charges they are.

    Raises ChargesError for rows that can't be, and where another of `sources` bills the same sub-account too.
    """
    where = "" if months is None else f"where x_BillingPeriod in ({', '.join(map(literal, sorted(months)))})"
    with _tables(con):
        con.execute(f"create temp view ingest_bill as select * from {identifier(view)} {where}")
        describe(con, kinds)
        faults.check(con, bill=object, now=now)
        deliveries = _deliveries(con, source=source, object=object, version=version, now=now)
        if not deliveries:
            return ()
        label(con, labels)
        faults.check_labels(con, bill=object)
        component(con)
        con.execute(query("descriptions"))
        same = {
            f"{table}.{name}": value
            for table in ("kind", "resource", "component")
            for name, value in enumerate_texts(con, f"ingest_{table}_descriptions", f"ingest_{table}_values").items()
        }
        stale = _stale(con, lake, source, sources, deliveries)
        delivered = sorted({delivery.billing_period for delivery in deliveries})
        try:
            lake.replace(
                CHARGES,
                con,
                query("charges", columns=_columns(source, same), key=key_of(kinds)),
                scope=[{"x_Source": source, "x_BillingPeriod": month} for month in delivered] + stale,
                metadata={"source": source, "object": object, "version": version},
                rows=_rows_by_partition(source, deliveries),
            )
        except LakeError:
            faults.search(con, bill=object, now=now)  # a null where there can't be one is the bill's fault
            raise
        _record(con, lake, deliveries, stale)
        return deliveries


def is_delivered(
    con: duckdb.DuckDBPyConnection, lake: Lake, *, source: str, version: str, months: Collection[str] | None = None
) -> bool:
    """Return whether the lake holds `version` of `source` already: of every month asked for, or of all it has.

    A delivery counts only if its rows are there: a crash may have come between the two, or another ingest.
    """
    lake.attach(con, DELIVERIES, view="ingest_delivered", where={"source": source})
    delivered = con.execute(
        "select delivery_id, billing_period, version from ingest_delivered where superseded_at is null order by seen_at"
    ).fetchall()
    lake.attach(con, CHARGES, view="ingest_delivered", where={"x_Source": source})
    there = {row[0] for row in con.execute("select distinct x_DeliveryId from ingest_delivered").fetchall()}
    con.execute("drop view ingest_delivered")
    if not delivered or there != {delivery for delivery, *_ in delivered}:
        return False
    if months is None:
        return bool(delivered[-1][2] == version)
    return {month for _, month, said in delivered if said in (version, version + PARTLY)}.issuperset(months)


@contextmanager
def _tables(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Leave nothing of this module on `con`."""
    try:
        yield
    finally:
        con.execute("drop view if exists ingest_bill")
        for query, kind in (
            ("select table_name from duckdb_tables() where temporary and starts_with(table_name, 'ingest_')", "table"),
            ("select type_name from duckdb_types() where starts_with(type_name, 'ingest_type_')", "type"),
        ):
            for (name,) in con.execute(query).fetchall():
                con.execute(f"drop {kind} if exists {identifier(name)}")


def _deliveries(
    con: duckdb.DuckDBPyConnection,
    *,
    source: str,
    object: str,  # noqa: A002
    version: str,
    now: datetime,
) -> tuple[Delivery, ...]:
    """Return what the bill delivers, and keep it in `ingest_deliveries`."""
    con.execute(sql("ingest/new_deliveries"))
    deliveries = []
    for issuer, account, month, currency, rows, billed, final in con.execute(sql("ingest/deliveries")).fetchall():
        text = "\0".join((source, issuer, account, month, currency, version))
        identity = hashlib.sha256(text.encode()).hexdigest()[:24]
        each = Delivery(identity, source, issuer, account, month, object, version, rows, billed, currency, final, now)
        con.execute(f"insert into ingest_deliveries values ({', '.join('?' * 12)})", list(astuple(each)))
        deliveries.append(each)
    return tuple(deliveries)


def _columns(source: str, same: Mapping[str, str]) -> str:
    """Return the columns of `charges` as charges.sql finds them; `same` are those of the joined tables that have one value."""
    texts = []
    for field in CHARGES.schema:
        name = field.name
        if name == "x_StorageGibHours":
            continue
        if name == "x_Source":
            texts.append(f"{literal(source)}::enum({literal(source)}) as {name}")
        elif name in CONFORMING:
            texts.append(f"{CONFORMING[name]} as {name}")
        else:
            column = _origin(name)
            texts.append(f"{same.get(column, column)} as {name}")
    return ", ".join(texts)


def _origin(name: str) -> str:
    """Return which of the tables that charges.sql joins has a column, and under which name."""
    if name in ("x_Component", "x_Part"):
        return f"component.{name.removeprefix('x_').lower()}"
    return f"{'bill' if name in ROW else 'kind' if name in (*KIND, 'x_DeliveryId') else 'resource'}.{name}"


def _stale(
    con: duckdb.DuckDBPyConnection, lake: Lake, source: str, sources: Collection[str], deliveries: Sequence[Delivery]
) -> list[dict[str, str]]:
    """Return the partitions of sources that are no more and that these deliveries stand in for.

    Raises ChargesError where a source that still is has delivered one of the same sub-accounts.
    """
    delivered = {(each.issuer, each.billing_account, each.billing_period) for each in deliveries}
    stale = []
    for partition in lake.partitions(CHARGES):
        other, place = partition["x_Source"], tuple(partition[name] for name in CHARGES.partition_by[:3])
        if other == source or place not in delivered:
            continue
        if other not in sources:
            stale.append(partition)
            continue
        lake.attach(con, CHARGES, view="ingest_other", where=partition)
        shared = con.execute(sql("ingest/overlap"), list(place)).fetchall()
        con.execute("drop view ingest_other")
        if shared:
            names = ", ".join(str(row[0] or "(none)") for row in shared)
            raise ChargesError(
                f"{source}: {' '.join(place)}: sub-accounts {names} are billed by {other} too, so their cost would count"
                " twice; take one of the two sources out of the fleet, or narrow it; nothing was written"
            )
    return stale


def _rows_by_partition(source: str, deliveries: Sequence[Delivery]) -> dict[tuple[str, ...], int]:
    rows: dict[tuple[str, ...], int] = {}
    for each in deliveries:
        place = (each.issuer, each.billing_account, each.billing_period, source)
        rows[place] = rows.get(place, 0) + each.rows
    return rows


def _record(
    con: duckdb.DuckDBPyConnection, lake: Lake, deliveries: Sequence[Delivery], stale: Sequence[Mapping[str, str]]
) -> None:
    """Write `deliveries`, and mark those as superseded whose rows have just gone."""
    con.execute("create temp table ingest_stale (issuer text, billing_account text, billing_period text, source text)")
    for partition in stale:
        con.execute("insert into ingest_stale values (?, ?, ?, ?)", [partition[name] for name in CHARGES.partition_by])
    replaced = {(each.source, each.billing_period) for each in deliveries}
    replaced |= {(partition["x_Source"], partition["x_BillingPeriod"]) for partition in stale}
    scope = [{"source": source, "billing_period": month} for source, month in sorted(replaced)]
    lake.attach(con, DELIVERIES, view="ingest_old", where={"source": {source for source, _ in replaced}})
    lake.replace(DELIVERIES, con, sql("ingest/recorded"), scope=scope)
    con.execute("drop view ingest_old")
