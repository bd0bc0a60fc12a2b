"""What hubs used, brought into the lake: from a cluster's Prometheus, a day at a time, or from files."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

from analytics import engine, usage_files
from analytics.measurements import DAY, HOUR, SCHEMAS, Finding, Measured, measure, measure_month
from analytics.prometheus import Prometheus
from analytics.source import Step
from analytics.tables import ACTIVITY, FINDINGS, NODES, USAGE_TABLE
from terraform.fleet import FileUsage, PrometheusUsage

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    import duckdb

    from analytics.lake import Lake
    from terraform.fleet import Cluster, Settings

AT_ONCE = 4  # queries
SETTLED = timedelta(hours=2)  # after a day's end nothing of it changes any more
# The kind of finding that records when a day was read: `detail` is that time. Not for people.
FETCHED = "fetched"


@dataclass(frozen=True, slots=True)
class UsageResult:
    """What an ingest wrote: the days that were read anew, how many rows, how many findings about them."""

    cluster: str
    days: tuple[str, ...] = ()
    rows: int = 0
    findings: int = 0


def ingest(
    cluster: Cluster,
    *,
    settings: Settings,
    lake: Lake,
    months: Collection[str],
    now: datetime,
    talk: Callable[[str], None],
) -> UsageResult:
    """Bring the usage of `cluster` in `months` (YYYY-MM) into `lake`; days that are final there are not read again.

    Raises PrometheusError or UsageFileError, in which case nothing was written, and LakeError.
    """
    if isinstance(cluster.usage, FileUsage):
        written = usage_files.ingest(cluster, cluster.usage, lake=lake, months=months, talk=talk)
        return UsageResult(cluster.name, *written)
    if isinstance(cluster.usage, PrometheusUsage):
        return _measure(cluster, cluster.usage, settings, lake, months, now.astimezone(UTC), talk)
    return UsageResult(cluster.name)


def _measure(
    cluster: Cluster,
    source: PrometheusUsage,
    settings: Settings,
    lake: Lake,
    months: Collection[str],
    now: datetime,
    talk: Callable[[str], None],
) -> UsageResult:
    with engine.connect() as con:
        wanted = _days(months, now)
        days = sorted(set(wanted) - _final(con, lake, cluster.name, wanted))
        if not days:
            talk(f"{cluster.name}: usage is complete")
            return UsageResult(cluster.name)
        measured, users, findings = _fetch(cluster, source, settings, days, now, talk)
        findings.extend(finding for one in measured for finding in one.findings)
        _load(con, cluster, lake, measured, users)
        findings.extend(_unknown_hubs(con))
        rows = _write(con, cluster.name, lake, days, findings, now)
    return UsageResult(cluster.name, tuple(map(str, days)), rows, len(findings))


def _days(months: Iterable[str], now: datetime) -> list[date]:
    """Return the days of `months` of which a full hour is over."""
    days = []
    for month in sorted(set(months)):
        day = date.fromisoformat(f"{month}-01")
        while f"{day:%Y-%m}" == month and _midnight(day) + HOUR <= now:
            days.append(day)
            day += DAY
    return days


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _final(con: duckdb.DuckDBPyConnection, lake: Lake, cluster: str, days: Sequence[date]) -> set[date]:
    """Return those of `days` that were read when nothing of them could change any more."""
    lake.attach(con, FINDINGS, view="findings_stored", where={"cluster": cluster, "day": [str(day) for day in days]})
    read = con.execute("select day, max(detail) from findings_stored where kind = ? group by day", [FETCHED]).fetchall()
    return {
        date.fromisoformat(day)
        for day, at in read
        if datetime.fromisoformat(at) >= _midnight(date.fromisoformat(day)) + DAY + SETTLED
    }


def _fetch(
    cluster: Cluster,
    source: PrometheusUsage,
    settings: Settings,
    days: Sequence[date],
    now: datetime,
    talk: Callable[[str], None],
) -> tuple[list[Measured], pa.Table, list[Finding]]:
    """Ask Prometheus for `days`, and for the users of their months; at most four queries are under way."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    months = sorted({day.replace(day=1) for day in days})
    with Prometheus(source) as server, ThreadPoolExecutor(AT_ONCE) as pool:
        # The first question alone: if there is no answer, there needn't be a wait for many.
        server.instant("vector(1)", hour)
        asked = [
            pool.submit(measure, server, _midnight(day), min(_midnight(day) + DAY, hour), settings.excluded_users)
            for day in days
        ]
        counted = [
            pool.submit(
                measure_month, server, _midnight(month), min(_midnight(_next(month)), hour), settings.excluded_users
            )
            for month in months
        ]
        try:
            for number, done in enumerate(as_completed(asked), start=1):
                talk(Step(f"{cluster.name}: usage of {done.result().day}", number, len(asked)))
            users = [one.result() for one in counted]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    last = {f"{day:%Y-%m}": str(day) for day in days}
    findings = [
        Finding(last[f"{month:%Y-%m}"], "prometheus-warning", text)
        for month, (_, found) in zip(months, users, strict=True)
        for text in found
    ]
    return [one.result() for one in asked], pa.concat_tables([table for table, _ in users]), findings


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _load(
    con: duckdb.DuckDBPyConnection, cluster: Cluster, lake: Lake, measured: Sequence[Measured], users: pa.Table
) -> None:
    """Make the tables of rows: `usage_new`, `nodes_new`, `activity_new`."""
    for name, schema in SCHEMAS.items():
        parts = [one.tables[name] for one in measured if name in one.tables]
        con.register(
            f"{name}_measured", pa.concat_tables([schema.empty_table(), *parts, *([users] if name == "users" else [])])
        )
    texts = pa.schema([("hub", pa.string())])
    con.register("hubs", pa.table({"hub": [hub.name for hub in cluster.hubs]}, schema=texts))
    counted = [one.day for one in measured if one.users_known]
    con.register("days_counted", pa.table({"day": counted}, schema=pa.schema([("day", pa.string())])))
    hours = [end for one in measured for end in one.hours]
    con.register("hours_measured", pa.table({"time": hours}, schema=pa.schema([("time", pa.int64())])))
    days = [one.day for one in measured]
    months = sorted({day[:7] for day in days})
    lake.attach(con, ACTIVITY, view="activity_stored", where={"cluster": cluster.name, "month": months})
    con.execute(f"create temp table facts as {engine.sql('usage/facts')}")
    for table in (USAGE_TABLE, NODES):
        stored = f"{table.name}_stored"
        lake.attach(con, table, view=stored, where={"cluster": cluster.name, "day": days})
        # What Prometheus has forgotten since it was stored, stays.
        con.execute(
            f"create temp table {table.name}_new as select * from ({engine.sql(f'usage/{table.name}')}) union all by name"
            f" select * from {stored} where cast(epoch(hour) as bigint) + 3600 not in (select time from hours_measured)",
            {"cluster": cluster.name},
        )
    con.execute(f"create temp table activity_new as {engine.sql('usage/activity')}", {"cluster": cluster.name})


def _unknown_hubs(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Return the namespaces in which users had servers, but which are no hub of the fleet."""
    found = con.execute(
        "select distinct period, namespace from users_measured"
        " where length(period) = 10 and namespace not in (select hub from hubs) order by all"
    ).fetchall()
    return [
        Finding(
            day, "unknown-hub", f"namespace {namespace} has users' servers but is no hub of this cluster in the fleet"
        )
        for day, namespace in found
    ]


def _write(
    con: duckdb.DuckDBPyConnection,
    cluster: str,
    lake: Lake,
    days: Sequence[date],
    findings: Sequence[Finding],
    now: datetime,
) -> int:
    """Replace `days` in the lake; return the number of rows.

    The findings go last, since they say which days are there: after a crash before that, they are read again.
    """
    by_day: list[Mapping[str, str]] = [{"cluster": cluster, "day": str(day)} for day in days]
    by_month = [{"cluster": cluster, "month": month} for month in sorted({f"{day:%Y-%m}" for day in days})]
    lake.replace(NODES, con, "select * from nodes_new", scope=by_day)
    lake.replace(USAGE_TABLE, con, "select * from usage_new", scope=by_day)
    lake.replace(ACTIVITY, con, "select * from activity_new", scope=by_month)
    rows = [(cluster, one.day, one.kind, one.detail) for one in findings]
    rows += [(cluster, str(day), FETCHED, now.isoformat()) for day in days]
    con.register("findings_new", pa.table(dict(zip(FINDINGS.schema.names, zip(*rows, strict=True), strict=True))))
    lake.replace(FINDINGS, con, "select * from findings_new", scope=by_day)
    counted = con.execute(
        "select (select count(*) from nodes_new) + (select count(*) from usage_new) + (select count(*) from activity_new)"
    ).fetchone()
    return int(counted[0]) if counted else 0
