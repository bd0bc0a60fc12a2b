"""A fleet and a lake of many months, written straight into `allocations` and `activity`: for tests and benchmarks of what reads them.

Every number follows from the row's place, so that two lakes of one shape are the same. The last month is provisional, and known for some
of its days only, if `days_of_last` says so.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from pathlib import Path

from analytics.engine import connect
from analytics.lake import Lake
from analytics.month import Computed
from analytics.tables import ACTIVITY, ALLOCATIONS, CHARGES, DELIVERIES

SQL = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class Shape:
    """How much of everything. `first` is the first month, YYYY-MM."""

    months: int = 14
    clusters: int = 2
    hubs: int = 5
    communities: int = 3
    first: str = "2025-10"
    days_of_last: int | None = 17


def month_at(first: str, number: int) -> str:
    """Return the month that is `number` months after `first`."""
    months = int(first[:4]) * 12 + int(first[5:]) - 1 + number
    return f"{months // 12:04}-{months % 12 + 1:02}"


def write_fleet(folder: Path, shape: Shape, *, display_name: str | None = None) -> Path:
    """Write a fleet whose hubs are dealt out to its clusters and communities in turn; `display_name` is the first hub's."""
    hubs = [(f"cluster-{number % shape.clusters:02}", f"hub-{number:03}", number) for number in range(shape.hubs)]
    for cluster in range(shape.clusters):
        name = f"cluster-{cluster:02}"
        path = folder / "clusters" / name / "cluster.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"name: {name}", "provider: gcp", "gcp: {project: p-" + name + ", cluster: " + name + "}", "hubs:"]
        for of, hub, number in hubs:
            if of == name:
                title = display_name if display_name and number == 0 else f"Hub number {number}"
                lines.append(f"  - {{name: {hub}, display_name: {title!r}, domain: {hub}.example.org}}")
        path.write_text("\n".join(lines) + "\n")
    for community in range(shape.communities):
        name = f"community-{community:02}"
        path = folder / "communities" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        mine = [f"  - {of}/{hub}" for of, hub, number in hubs if number % shape.communities == community]
        path.write_text("\n".join([f"name: {name}", f"display_name: Community {community}", "hubs:", *mine]) + "\n")
    return folder


def write_lake(folder: Path, shape: Shape) -> Lake:
    """Write the lake: a commit a month, each with how it was computed."""
    lake = Lake(str(folder))
    with connect() as con:
        con.execute(SQL.read_text())
        for number in range(shape.months):
            month = month_at(shape.first, number)
            days = calendar.monthrange(int(month[:4]), int(month[5:]))[1]
            last = number == shape.months - 1 and shape.days_of_last is not None
            asked = {
                "of_month": month,
                "days": shape.days_of_last if last else days,
                "hubs": shape.hubs,
                "clusters": shape.clusters,
                "communities": shape.communities,
            }
            status = "provisional" if last else "final"
            literals = ", ".join(f"{name} := {value!r}" for name, value in asked.items())
            lake.replace(
                ALLOCATIONS,
                con,
                f"select * from made_allocations({literals})",
                scope=[{"billing_period": month}],
                metadata=Computed(month, status, {CHARGES.name: number}, ()).to_metadata(),
            )
            lake.replace(
                ACTIVITY,
                con,
                f"select * from made_activity({literals})",
                scope=[{"cluster": f"cluster-{each:02}", "month": month} for each in range(shape.clusters)],
            )
            lake.replace(
                DELIVERIES,
                con,
                f"select * from made_deliveries({literals}, done := {not last})",
                scope=[{"source": "made", "billing_period": month}],
            )
    return lake
