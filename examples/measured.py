"""What Prometheus would have measured of an example cluster, as the files that docs/usage-files.md describes."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from .demand import MONTHS, NOW, at
from .machines import hours_of

if TYPE_CHECKING:
    from pathlib import Path

    from .clusters import Story

AMOUNT = pa.decimal128(18, 6)
HOUR = pa.timestamp("us", tz="UTC")
USAGE = pa.schema(
    [("hour", HOUR)]
    + [(name, pa.string()) for name in ("cluster", "node", "pool", "purpose", "hub")]
    + [(name, AMOUNT) for name in ("cpu_core_hours", "memory_gib_hours", "gpu_hours", "storage_gib_hours")]
)
NODES = pa.schema(
    [("hour", HOUR)]
    + [(name, pa.string()) for name in ("cluster", "node", "provider_id", "pool", "purpose")]
    + [(name, AMOUNT) for name in ("cpu_core_hours", "memory_gib_hours", "gpu_hours")]
)
ACTIVITY = pa.schema(
    [(name, pa.string()) for name in ("period", "cluster", "hub")]
    + [("active_users", pa.int64()), ("server_hours", AMOUNT)]
)


def write_usage(story: Story, folder: Path, *, as_csv: bool = False) -> None:
    """Write usage, nodes and activity. Hours in which Prometheus was down are missing from all three."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {"usage": _usage(story), "nodes": _nodes(story), "activity": _activity(story)}
    for name, table in tables.items():
        if as_csv or name == "activity":
            pc.write_csv(table, folder / f"{name}.csv")
        else:
            pq.write_table(table, folder / f"{name}.parquet", compression="zstd")


def _amount(value: float) -> Decimal:
    return Decimal(f"{value:.6f}")


def _usage(story: Story) -> pa.Table:
    plan = story.plan
    zero = Decimal(0)
    rows: list[tuple[object, ...]] = [
        (
            at(row.hour), plan.name, row.node.name, row.node.pool.name, row.node.pool.purpose, row.hub,
            _amount(row.cpu), _amount(row.memory_gib), _amount(row.gpu), zero,
        )
        for row in story.used
        if row.hour not in plan.dark
    ]  # fmt: skip
    for hour in range(NOW):
        if hour in plan.dark:
            continue
        for hub, gib in story.home_gib(hour).items():
            rows.append((at(hour), plan.name, None, None, "home-nfs", hub, zero, zero, zero, _amount(gib)))
            rows.append((at(hour), plan.name, None, None, "pv", hub, zero, zero, zero, Decimal(10)))
        rows.append((at(hour), plan.name, None, None, "pv", None, zero, zero, zero, Decimal(400)))
    return _table(USAGE, rows)


def _nodes(story: Story) -> pa.Table:
    plan = story.plan
    rows: list[tuple[object, ...]] = [
        (
            at(hour), plan.name, node.name, node.provider_id, node.pool.name, node.pool.purpose,
            _amount(part * node.pool.cpu), _amount(part * node.pool.memory_gib), _amount(part * node.pool.gpu),
        )
        for node in story.nodes
        for hour, part in hours_of(node.born, node.died, NOW)
        if hour not in plan.dark
    ]  # fmt: skip
    rows.sort(key=lambda row: (str(row[0]), str(row[2])))
    return _table(NODES, rows)


def _activity(story: Story) -> pa.Table:
    rows: list[tuple[object, ...]] = []
    for hub, visits in story.visits.items():
        by_day: dict[int, float] = {}
        for session in visits.sessions:
            if session.server.pool.startswith("dask"):
                continue
            for hour, part in hours_of(session.start, session.end, NOW):
                if hour not in story.plan.dark:
                    by_day[hour // 24] = by_day.get(hour // 24, 0.0) + part
        for day in sorted(by_day.keys() | visits.by_day.keys()):
            people = visits.by_day.get(day, 1)  # a server that ran past midnight
            rows.append(
                (at(24 * day).strftime("%Y-%m-%d"), story.plan.name, hub, people, _amount(by_day.get(day, 0.0)))
            )
        for month in MONTHS:
            hours = sum(_amount(value) for day, value in by_day.items() if at(24 * day).strftime("%Y-%m") == month)
            if month in visits.by_month:
                rows.append((month, story.plan.name, hub, visits.by_month[month], Decimal(hours)))
    rows.sort(key=lambda row: (str(row[0]), str(row[2])))
    return _table(ACTIVITY, rows)


def _table(schema: pa.Schema, rows: list[tuple[object, ...]]) -> pa.Table:
    columns = list(zip(*rows, strict=True))
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema=schema
    )
