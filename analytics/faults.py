"""What no bill can say: each is found on the few distinct descriptions, and only then searched for in the rows, to name them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from analytics.engine import literal
from analytics.source import SourceError
from analytics.tables import CHARGES, FOCUS_COLUMNS, TEXT
from terraform.currencies import minor_units

if TYPE_CHECKING:
    from datetime import datetime

    import duckdb

REQUIRED = tuple(
    field.name for field in CHARGES.schema if not field.nullable and field.name in {*FOCUS_COLUMNS, "x_BillingPeriod"}
)


class ChargesError(SourceError):
    """A bill that can't be brought in as it is; nothing of it was written."""


def check(con: duckdb.DuckDBPyConnection, *, bill: str, now: datetime) -> None:
    """Raise ChargesError, with the first rows, if the described bill says what it can't."""
    for text, condition, doubt in _faults(now):
        if doubt and con.execute(f"select count(*) from ingest_kinds where {doubt}").fetchall() != [(0,)]:
            _complain(con, bill, text, condition)
    for name in ("Tags", "AllocatedTags"):
        bad = f"not json_valid({name}) or json_type({name}) <> 'OBJECT'"
        if con.execute(f"select count(*) from ingest_resources where {bad}").fetchall() != [(0,)]:
            _complain(con, bill, f"{name} is not a JSON object", bad)


def check_labels(con: duckdb.DuckDBPyConnection, *, bill: str) -> None:
    """Raise ChargesError for a label with a NUL in it: no cloud has such labels, so the export is damaged."""
    bad = r"select text from ingest_tags where contains(tags, '\u0000')"
    if con.execute(f"select count(*) from ({bad})").fetchall() != [(0,)]:
        _complain(con, bill, "a label holds a NUL character", f"Tags in ({bad}) or AllocatedTags in ({bad})")


def search(con: duckdb.DuckDBPyConnection, *, bill: str, now: datetime) -> None:
    """Search every row for every fault; raise ChargesError for the first found."""
    for text, condition, _ in _faults(now):
        _complain(con, bill, text, condition)


def _faults(now: datetime) -> list[tuple[str, str, str | None]]:
    """Return what is wrong, as people read it, the condition on a row, and on a kind of charge (None: writing finds it)."""
    limit = now + timedelta(days=1)
    late = f"{literal(limit.isoformat())}::timestamptz"
    known = ", ".join(map(literal, minor_units()))
    unknown = f"BillingCurrency not in ({known})"
    no_month = "not regexp_matches(x_BillingPeriod, '^[0-9]{4}-(0[1-9]|1[0-2])$')"
    future = "a bill from the future: it begins after"
    texts = {field.name for field in CHARGES.schema if field.type == TEXT}
    missing: list[tuple[str, str, str | None]] = []
    for name in REQUIRED:
        test = f"nullif({name}, '') is null" if name in texts else f"{name} is null"
        described = name in texts or name.startswith("BillingPeriod")
        missing.append((f"{name} is missing", test, test if described else None))
    return [
        *missing,
        ("BillingCurrency is no currency of ISO 4217", unknown, unknown),
        ("the billing period is no month", no_month, no_month),
        ("ChargePeriodEnd is before ChargePeriodStart", "ChargePeriodEnd < ChargePeriodStart", "backwards"),
        (f"{future} {limit:%Y-%m-%d %H:%M} UTC", f"ChargePeriodStart > {late}", f"newest > {late}"),
        (f"{future} {limit:%Y-%m-%d %H:%M} UTC", f"BillingPeriodStart > {late}", f"BillingPeriodStart > {late}"),
    ]


def _complain(con: duckdb.DuckDBPyConnection, bill: str, text: str, condition: str) -> None:
    columns = {row[0] for row in con.execute("describe ingest_bill").fetchall()}
    place, order = "concat_ws(' ', ServiceName, SkuId, ChargePeriodStart)", "ChargePeriodStart, ServiceName"
    if "x_Row" in columns:
        place, order = "x_File || ', row ' || x_Row", "x_File, x_Row"
    count, places = con.execute(
        f"select count(*), list({place} order by {order})[:3] from ingest_bill where {condition}"
    ).fetchall()[0]
    if count:
        raise ChargesError(
            f"{bill}: {text}: {count} row{'s'[: count != 1]}, first {'; '.join(places)}; nothing was written:"
            " have the export corrected, or choose other months with --month"
        )
