"""Azure's bill, from Cost Management's exports in Blob storage into the lake: the billing periods of what changed since the last read.

An export has a folder for each span of days, and nearly always that is a billing period. A period is delivered from all spans
that have rows of it, and its version names them, so that one that changes brings the others' rows of that period along.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from analytics import azure_blobs, azure_export, azure_runs, engine
from analytics.azure_blobs import AzureBillingError
from analytics.charges import deliver, is_delivered
from analytics.descriptions import COMPONENTS
from analytics.tables import DELIVERIES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime
    from pathlib import Path

    import duckdb

    from analytics.azure_blobs import Folder
    from analytics.azure_export import Piece
    from analytics.azure_runs import Run
    from analytics.charges import Delivery
    from analytics.lake import Lake
    from terraform.fleet import AzureBilling, Labels

__all__ = ["AzureBillingError", "ingest"]

READER = "1"  # raise it when the same files must be read again because they are read otherwise
AROUND = timedelta(days=31)  # what is billed in a month may have been used in the one before


@dataclass(frozen=True, slots=True)
class Part:
    """What an export has of a span of days: the actual (or FOCUS) run, and the amortised one where that is another export."""

    run: Run
    amortized: Run | None
    mark: str  # changes when the charges that come of it would

    @property
    def span(self) -> str:
        """Names the part in the version of a delivery."""
        return str(self.run.span)


@dataclass(frozen=True, slots=True)
class _Rows:
    """That a span has lines of a billing period, and the period's half-open days."""

    period: str
    span: str
    first: date
    after: date


@dataclass(slots=True)
class _Reading:
    """An ingest under way."""

    con: duckdb.DuckDBPyConnection
    actual: Folder
    amortized: Folder | None
    parts: dict[str, Part]
    known: dict[str, dict[str, str]]  # billing period → span → mark/number of periods, as the lake has them
    talk: Callable[[str], None]
    read: dict[str, set[str]] = field(default_factory=dict)  # billing period → the spans it was delivered from, now


def ingest(
    source: AzureBilling,
    *,
    labels: Labels,
    lake: Lake,
    sources: Collection[str],
    months: Collection[str] | None,
    now: datetime,
    talk: Callable[[str], None],
) -> tuple[Delivery, ...]:
    """Bring what changed of an export into `charges`, billing period by billing period; () when nothing did.

    `months` (YYYY-MM) leaves out the others; None is all that the export has. Raises AzureBillingError, ChargesError.
    """
    deliveries: list[Delivery] = []
    with ExitStack() as stack:
        actual = stack.enter_context(azure_blobs.connect(source, source.path))
        amortized = None
        if source.amortized_path is not None:
            amortized = stack.enter_context(azure_blobs.connect(source, source.amortized_path))
        con = stack.enter_context(engine.connect())
        parts = _parts(actual, amortized, labels, talk=talk)
        reading = _Reading(con, actual, amortized, parts, _known(con, lake, source), talk)
        for part in parts.values():
            if not _wanted(part, months) or _unchanged(part, reading):
                continue
            with engine.scratch_folder() as scratch:
                pieces = _fetch(reading, part, scratch)
                with azure_export.diagnosed(con, pieces):
                    rows = _rows(con, pieces)
                    for period in sorted({each.period for each in rows}):
                        if (months is not None and period not in months) or part.span in reading.read.get(period, ()):
                            continue
                        version = _gather(reading, pieces, rows, period, scratch)
                        if is_delivered(con, lake, source=source.id, version=version, months=(period,)):
                            continue
                        deliveries += deliver(
                            con,
                            lake,
                            view="focus",
                            source=source.id,
                            object=str(source.path),
                            version=version,
                            labels=labels,
                            sources=sources,
                            months=(period,),
                            now=now,
                        )
    return tuple(deliveries)


def _parts(actual: Folder, amortized: Folder | None, labels: Labels, *, talk: Callable[[str], None]) -> dict[str, Part]:
    runs = azure_runs.find(actual, talk=talk)
    twins = {run.span: run for run in azure_runs.find(amortized, talk=talk)} if amortized else {}
    for run in runs:
        if (run.kind or "").lower() == "amortizedcost":
            raise AzureBillingError(
                f"{run.place}: amortised cost doesn't say what is billed. Let path name the export of actual cost, and"
                " amortized_path this one"
            )
    for run in twins.values():
        if run.kind and run.kind.lower() != "amortizedcost":
            raise AzureBillingError(
                f"{run.place}: {run.kind}, not amortised cost. Let amortized_path name that, or leave it out"
            )
    parts = {}
    for run in runs:
        twin = twins.get(run.span)
        if amortized and twin is None:
            talk(f"{run.span}: no amortised cost yet; effective cost is what is billed")
        base = [READER, repr(labels), COMPONENTS.read_text("utf-8"), run.mark, twin.mark if twin else ""]
        parts[str(run.span)] = Part(run, twin, hashlib.sha256("\0".join(base).encode()).hexdigest()[:16])
    return parts


def _known(con: duckdb.DuckDBPyConnection, lake: Lake, source: AzureBilling) -> dict[str, dict[str, str]]:
    """Return what the lake has of each billing period, if its charges are all there."""
    lake.attach(con, DELIVERIES, view="azure_known", where={"source": source.id})
    said = dict(con.execute(engine.sql("azure/known")).fetchall())
    con.execute("drop view azure_known")
    if any(
        not is_delivered(con, lake, source=source.id, version=said[month], months=(month,)) for month in list(said)[:1]
    ):
        return {}
    return {
        month: dict(each.split("=", 1) for each in version.split() if "=" in each) for month, version in said.items()
    }


def _wanted(part: Part, months: Collection[str] | None) -> bool:
    if months is None:
        return True
    for month in months:
        start = date.fromisoformat(f"{month}-01")
        if part.run.span.touches(start - AROUND, start + 2 * AROUND):
            return True
    return False


def _unchanged(part: Part, reading: _Reading) -> bool:
    """Tell whether all periods with rows of this part were delivered from it, and from what else they were, as it is."""
    versions = [spans for spans in reading.known.values() if part.span in spans]
    marks = {(span, mark) for spans in versions for span, mark in spans.items() if span in reading.parts}
    periods = {int(spans[part.span].partition("/")[2]) for spans in versions}
    return periods == {len(versions)} and all(reading.parts[span].mark == mark.split("/")[0] for span, mark in marks)


def _fetch(reading: _Reading, part: Part, scratch: Path) -> list[Piece]:
    joined = part.amortized is not None
    con, talk = reading.con, reading.talk
    pieces = azure_export.fetch(con, reading.actual, part.run, scratch, amortized=False, joined=joined, talk=talk)
    if part.amortized is not None and reading.amortized is not None:
        if any(piece.is_focus for piece in pieces):
            raise AzureBillingError(
                f"{part.run.place}: FOCUS has the amortised cost within it: leave amortized_path out"
            )
        pieces += azure_export.fetch(
            con, reading.amortized, part.amortized, scratch, amortized=True, joined=True, talk=talk
        )
    return pieces


def _rows(con: duckdb.DuckDBPyConnection, pieces: Sequence[Piece]) -> list[_Rows]:
    azure_export.create_views(con, pieces)
    found = con.execute(engine.sql("azure/spans")).fetchall()
    if any(period is None for period, *_ in found):
        without = "select x_File, x_Row from focus where x_BillingPeriod is null order by all limit 1"
        place, row = con.execute(without).fetchall()[0]
        raise AzureBillingError(
            f"{place}, row {row}: no billing period; nothing was written: have the export run again"
        )
    return [_Rows(*row) for row in found]


def _gather(reading: _Reading, pieces: list[Piece], rows: list[_Rows], period: str, scratch: Path) -> str:
    """Add to `pieces` and `rows` all parts that have lines of `period`, and return that period's version."""
    here = [each for each in rows if each.period == period]
    first, after = min(each.first for each in here), max(each.after for each in here)
    wanted = {span for span, part in reading.parts.items() if part.run.span.touches(first, after)}
    wanted |= set(reading.known.get(period, ())) & set(reading.parts)
    absent = sorted(wanted - {str(piece.run.span) for piece in pieces})
    for span in absent:
        pieces += _fetch(reading, reading.parts[span], scratch)
    if absent:
        rows[:] = _rows(reading.con, pieces)
    spans = sorted(each.span for each in rows if each.period == period)
    reading.read[period] = set(spans)
    periods = Counter(each.span for each in rows)
    return " ".join(f"{span}={reading.parts[span].mark}/{periods[span]}" for span in spans)
