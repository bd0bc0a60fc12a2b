"""Google Cloud's bill, from its BigQuery export into the lake: the invoice months that changed since the last read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import duckdb

from analytics import charges, engine
from analytics.bigquery_client import BigQueryError, Month, connect, explained, find_table, list_months, stage
from analytics.bigquery_export import create_views
from analytics.source import Step
from analytics.tables import DELIVERIES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from analytics.bigquery_client import Connection
    from analytics.bigquery_export import Reading
    from analytics.charges import Delivery
    from analytics.lake import Lake
    from terraform.fleet import BigQueryBilling, Labels

__all__ = ["BigQueryError", "ingest", "ingest_from", "is_due", "is_final"]

SETTLED_AFTER = timedelta(days=10, hours=8)  # ten days of a month's end in California, in winter


@dataclass(frozen=True, slots=True)
class Known:
    """What the lake has of a month: the version that was read, and whether it was final then."""

    version: str
    final: bool

    @property
    def newest(self) -> datetime:
        """The newest export time that was read."""
        return datetime.fromisoformat(self.version.split()[0])

    @property
    def rows(self) -> int:
        """How many rows the export had."""
        return int(self.version.split()[1])


def ingest(
    source: BigQueryBilling,
    *,
    labels: Labels,
    lake: Lake,
    sources: Collection[str],
    months: Collection[str] | None,
    now: datetime,
    talk: Callable[[str], None],
) -> tuple[Delivery, ...]:
    """Bring what changed of a billing export into `charges`, month by month; () when nothing did.

    `months` (YYYY-MM) are invoice months; None is all that the export has. Raises BigQueryError.
    """
    with explained(source), connect(source) as connection:
        return ingest_from(
            connection, source, labels=labels, lake=lake, sources=sources, months=months, now=now, talk=talk
        )


def ingest_from(
    connection: Connection,
    source: BigQueryBilling,
    *,
    labels: Labels,
    lake: Lake,
    sources: Collection[str],
    months: Collection[str] | None,
    now: datetime,
    talk: Callable[[str], None],
) -> tuple[Delivery, ...]:
    """Do what `ingest` does, over `connection`."""
    reading = find_table(connection, source)
    deliveries: list[Delivery] = []
    with engine.connect() as con:
        known = _known(con, lake, source)
        listed = tuple(list_months(connection, source, reading, months, talk=talk))
        for number, month in enumerate(listed):
            talk(Step(f"{source.id}: {month.period}", number, len(listed)))
            final = is_final(month.period, now)
            if not is_due(month, known.get(month.period), final=final, talk=talk):
                continue
            with engine.scratch_folder() as folder:
                staged = folder / "rows.parquet"
                stage(connection, source, reading, month, staged, talk=talk)
                create_views(con, staged, reading, final=final)
                _check(con, source, reading, month, talk=talk)
                deliveries += charges.deliver(
                    con,
                    lake,
                    view="focus",
                    source=source.id,
                    object=reading.table,
                    version=month.version,
                    labels=labels,
                    sources=sources,
                    months=(month.period,),
                    now=now,
                )
    return tuple(deliveries)


def is_final(period: str, now: datetime) -> bool:
    """Tell whether a month read at `now` is settled: Google closes an invoice within days of the month's end."""
    year, month = map(int, period.split("-"))
    return now > datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC) + SETTLED_AFTER


def is_due(month: Month, known: Known | None, *, final: bool, talk: Callable[[str], None]) -> bool:
    """Tell whether a month must be read: it changed, or it is settled now and wasn't when it was read.

    Rows that only went (partitions expire) are no news: what the lake has is the better copy.
    """
    if known is None:
        return True
    if month.rows < known.rows and month.newest <= known.newest:
        talk(f"{month.period}: the export lost rows ({known.rows} → {month.rows}); the lake keeps what it has")
        return False
    return month.version != known.version or (final and not known.final)


def _known(con: duckdb.DuckDBPyConnection, lake: Lake, source: BigQueryBilling) -> dict[str, Known]:
    lake.attach(con, DELIVERIES, view="known_deliveries", where={"source": source.id})
    query = (
        "select billing_period, max_by(version, seen_at), bool_and(final) from known_deliveries"
        " where superseded_at is null group by all"
    )
    return {period: Known(version, final) for period, version, final in con.execute(query).fetchall()}


def _check(
    con: duckdb.DuckDBPyConnection,
    source: BigQueryBilling,
    reading: Reading,
    month: Month,
    *,
    talk: Callable[[str], None],
) -> None:
    """Compare what arrived with what the export said it has, and what will be delivered with what arrived."""
    try:
        totals = con.execute(engine.sql(f"bigquery/{reading.form.check}")).fetchall()
    except duckdb.ConversionException as error:
        raise BigQueryError(f"{source.id}: {month.period}: an amount is no number that fits: {error}") from error
    count = sum(line_count for _, line_count, _, _ in totals)
    if count != month.rows:
        raise BigQueryError(
            f"{source.id}: {month.period} changed while it was read ({month.rows} rows, then {count}); run it again"
        )
    for currency, _, arrived, delivered in totals:
        if arrived != delivered:
            raise BigQueryError(
                f"{source.id}: {month.period}: {arrived} {currency} came, {delivered} would be delivered"
            )
        talk(f"{source.id}: {month.period}: {count} rows, {arrived:.2f} {currency}")
