"""Ingest: every billing source and every cluster's usage into the lake, one after the other; a failure stops only its own source."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Protocol

from analytics.engine import EngineError, connect, sql
from analytics.lake import LakeError
from analytics.month import check_month
from analytics.source import SourceError, nameless
from analytics.tables import CHARGES, TABLES
from terraform.fleet import AwsBilling, AzureBilling, BigQueryBilling, CostExplorerBilling, FocusBilling, MappedBilling

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from analytics.charges import Delivery
    from analytics.lake import Lake
    from analytics.usage import UsageResult
    from terraform.fleet import BillingSource, Cluster, Fleet

# What stops a source, and only that one.
FAILURES = (SourceError, LakeError, EngineError, OSError)
FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


class IngestError(Exception):
    """Something was not brought in; the message has a line per source, with the remedy."""


class Watch(Protocol):
    """What shows the progress of an ingest: told when a source begins, what it does, and how it ended."""

    def begin(self, source: str) -> Callable[[str], None]:
        """Return where the source says what it is doing."""

    def end(self, source: str, outcome: str) -> None:
        """Note how the source ended."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What an ingest brought in, and what failed, a line each."""

    deliveries: tuple[Delivery, ...]
    usage: tuple[UsageResult, ...]
    unchanged: int
    failures: tuple[str, ...]

    def summary(self) -> str:
        """Return one line for people."""
        rows = sum(delivery.rows for delivery in self.deliveries)
        months = sorted({delivery.billing_period for delivery in self.deliveries})
        days = sum(len(result.days) for result in self.usage)
        text = f"{rows:,} charges of {', '.join(months) or 'no month'}; {days} cluster-days of usage"
        if self.unchanged:
            text += f"; {self.unchanged} billing source{'s' if self.unchanged > 1 else ''} unchanged"
        return text + (f"; {len(self.failures)} failed" if self.failures else "")


def ingest(
    fleet: Fleet,
    lake: Lake,
    *,
    clusters: Collection[str] | None,
    months: Collection[str] | None,
    now: datetime,
    watch: Watch,
) -> Ingested:
    """Bring in the bills and usage of `clusters` (None: all) for `months` (None: all that the bills have).

    A billing source that several clusters name is read once. What fails is told in the result; the rest goes on.
    """
    chosen = _chosen(fleet, clusters)
    for month in months or ():
        check_month(month)
    known = {source.id for cluster in fleet.clusters for source in cluster.billing}
    deliveries: list[Delivery] = []
    failures: list[str] = []
    unchanged = 0
    for source in {source.id: source for cluster in chosen for source in cluster.billing}.values():
        talk = watch.begin(source.id)
        try:
            made = _ingest_bill(source, fleet, lake, known, months, now, talk)
        except FAILURES as error:
            failures += _told(source.id, error)
            watch.end(source.id, "failed")
            continue
        deliveries += made
        unchanged += not made
        watch.end(source.id, f"{sum(delivery.rows for delivery in made):,} charges" if made else "unchanged")
    measured: list[UsageResult] = []
    wanted = _touched(lake, months) or [f"{now:%Y-%m}"]
    for cluster in chosen:
        if cluster.usage is None:
            continue
        name = f"usage of {cluster.name}"
        talk = watch.begin(name)
        try:
            result = _ingest_usage(cluster, fleet, lake, wanted, now, talk)
        except FAILURES as error:
            failures += _told(name, error)
            watch.end(name, "failed")
            continue
        measured.append(result)
        watch.end(name, f"{len(result.days)} days" if result.days else "unchanged")
    if deliveries or any(result.days for result in measured):
        for table in TABLES.values():
            lake.sweep(table)
    return Ingested(tuple(deliveries), tuple(measured), unchanged, tuple(failures))


def _told(source: str, error: Exception) -> list[str]:
    if isinstance(error, OSError):
        said = f"{error.filename}: {error.strerror}" if error.filename else str(error) or type(error).__name__
        remedy = "make room there" if error.errno in FULL else "see that it is there, and that this account may use it"
        return [f"{source}: {said}; {remedy}"]
    lines = nameless(str(error)).splitlines()
    return [line if line.startswith(f"{source}: ") else f"{source}: {line}" for line in lines]


# The edges are imported when they are needed: a cloud's client takes a second that every other command would pay.


def _ingest_bill(
    source: BillingSource,
    fleet: Fleet,
    lake: Lake,
    known: Collection[str],
    months: Collection[str] | None,
    now: datetime,
    talk: Callable[[str], None],
) -> tuple[Delivery, ...]:
    labels = fleet.settings.labels
    match source:
        case FocusBilling():
            from analytics import focus

            return focus.ingest(source, labels=labels, lake=lake, sources=known, months=months, now=now, talk=talk)
        case BigQueryBilling():
            from analytics import bigquery

            return bigquery.ingest(source, labels=labels, lake=lake, sources=known, months=months, now=now, talk=talk)
        case AwsBilling():
            from analytics import aws

            return aws.ingest(source, labels=labels, lake=lake, sources=known, months=months, now=now, talk=talk)
        case AzureBilling():
            from analytics import azure

            return azure.ingest(source, labels=labels, lake=lake, sources=known, months=months, now=now, talk=talk)
        case MappedBilling():
            from analytics import mapped

            return mapped.ingest(source, labels=labels, lake=lake, sources=known, months=months, now=now, talk=talk)
        case CostExplorerBilling():
            from analytics import cost_explorer

            return cost_explorer.ingest(
                source, labels=labels, lake=lake, sources=known, months=months, now=now, talk=talk
            )


def _ingest_usage(
    cluster: Cluster, fleet: Fleet, lake: Lake, months: Sequence[str], now: datetime, talk: Callable[[str], None]
) -> UsageResult:
    from analytics import usage

    return usage.ingest(cluster, settings=fleet.settings, lake=lake, months=months, now=now, talk=talk)


def _touched(lake: Lake, months: Collection[str] | None) -> list[str]:
    """Return the months of the days that the charges of billing periods `months` (None: all) touch, and those months.

    They differ where an issuer's month begins at another midnight than UTC's, or a charge arrived late.
    """
    with connect() as con:
        lake.attach(con, CHARGES, where={"x_BillingPeriod": months} if months else None)
        days = con.execute(sql("days")).fetchall()
    return sorted({day[:7] for (day,) in days} | set(months or ()))


def _chosen(fleet: Fleet, names: Collection[str] | None) -> Sequence[Cluster]:
    if not names:
        return fleet.clusters
    known = {cluster.name: cluster for cluster in fleet.clusters}
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(sorted(known))}"
            raise IngestError(f"{fleet.path}: no cluster '{name}': {hint}")
    return [known[name] for name in names]
