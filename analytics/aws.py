"""AWS's bill, from S3 into the lake: the billing periods that changed since the last read, whatever export they are of."""

from __future__ import annotations

import hashlib
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from analytics import aws_lines, aws_manifest, aws_s3, engine, focus
from analytics.aws_s3 import AwsBillingError, Bucket
from analytics.charges import PARTLY, deliver, is_delivered
from analytics.descriptions import COMPONENTS
from analytics.source import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import datetime

    import duckdb

    from analytics.aws_manifest import Delivered
    from analytics.aws_s3 import S3Object
    from analytics.charges import Delivery
    from analytics.descriptions import Kinds
    from analytics.lake import Lake
    from terraform.fleet import AwsBilling, Labels

__all__ = ["AwsBillingError", "ingest"]

READER = "1"  # raise it when the same files must be read again because they are read otherwise
THREADS = 2


def ingest(
    source: AwsBilling,
    *,
    labels: Labels,
    lake: Lake,
    sources: Collection[str],
    months: Collection[str] | None,
    now: datetime,
    talk: Callable[[str], None],
) -> tuple[Delivery, ...]:
    """Bring what changed of a bill in S3 into `charges`, period by period; () when nothing did.

    `months` (YYYY-MM) are billing periods; None is all that is there. Raises AwsBillingError, FocusError for the files of a
    FOCUS export, and ChargesError for rows; the periods before are in the lake then, the one it happened in is as it was.
    """
    name, _, prefix = source.path.removeprefix("s3://").partition("/")
    deliveries: list[Delivery] = []
    with (
        aws_s3.explained(source.id, "s3:ListBucket", f"bucket {name}"),
        aws_s3.client(source, "s3", region="us-east-1") as s3,
        engine.connect(threads=THREADS) as con,
    ):
        bucket = Bucket(s3, name, prefix.strip("/"))
        objects = bucket.list()
        for found in aws_manifest.find(bucket, objects, months, talk=talk):
            period = f"{source.id}: {found.month or 'all periods'}"
            version = _version(found, labels)
            asked = months if found.month is None else (found.month,)
            if is_delivered(con, lake, source=source.id, version=version, months=asked):
                talk(f"{period}: {_files(found.files)}, unchanged")
                continue
            talk(f"{period}: reading {_files(found.files)}")
            with tempfile.TemporaryDirectory(prefix="hubledger-aws-") as folder:
                others = aws_manifest.months(objects) - {found.month}
                with _read(con, bucket, found, Path(folder), source=source, labels=labels, talk=talk) as (
                    periods,
                    kinds,
                ):
                    _check_periods(bucket, found, periods, others)
                    made = deliver(
                        con,
                        lake,
                        view="focus",
                        kinds=kinds,
                        source=source.id,
                        object=str(bucket),
                        version=version if found.month or months is None else version + PARTLY,
                        labels=labels,
                        sources=sources,
                        months=months,
                        now=now,
                    )
            if not made:
                talk(f"{period}: no rows; the lake keeps what it has")
            deliveries += made
    return tuple(deliveries)


@contextmanager
def _read(
    con: duckdb.DuckDBPyConnection,
    bucket: Bucket,
    found: Delivered,
    folder: Path,
    *,
    source: AwsBilling,
    labels: Labels,
    talk: Callable[[str], None],
) -> Iterator[tuple[tuple[str, ...], Kinds | None]]:
    """Create the view `focus` over a period's files; yields the billing periods that their rows are of, and who tells their kinds."""
    aws_lines.start(con)
    reports: list[aws_lines.File] = []
    exports: list[focus.File] = []
    for number, (each, path) in enumerate(_fetched(bucket, found.files, folder), start=1):
        place = bucket.url(each.key)
        if aws_lines.is_focus(con, path, place):
            exports.append(focus.File(place, path, each.etag))
        else:
            reports.append(aws_lines.stage(con, path, place, labels, talk=talk))
        talk(Step(f"{found.month or source.id}: reading", number, len(found.files)))
    if reports and exports:
        raise AwsBillingError(
            f"{bucket}: {exports[0].name} is a FOCUS export and {reports[0].place} a Cost and Usage Report: together they"
            " would count twice; let the source's path name one of them"
        )
    if exports:
        with focus.opened(con, exports, folder, talk=talk):
            yield tuple(row[0] for row in con.execute(engine.sql("aws/months")).fetchall()), None
    else:
        aws_lines.create_view(con, reports, labels)
        yield aws_lines.check(con, source.id, talk=talk), aws_lines.FOCUS_KINDS


def _fetched(bucket: Bucket, files: Sequence[S3Object], folder: Path) -> Iterator[tuple[S3Object, Path]]:
    """Yield each object with the file it was written to, while the next one comes."""
    paths = [folder / f"{number}{_suffix(each.key)}" for number, each in enumerate(files)]
    with ThreadPoolExecutor(max_workers=1) as pool:
        coming = pool.submit(bucket.download, files[0], paths[0])
        for number, (each, path) in enumerate(zip(files, paths, strict=True)):
            coming.result()
            if number + 1 < len(files):
                coming = pool.submit(bucket.download, files[number + 1], paths[number + 1])
            yield each, path


def _suffix(key: str) -> str:
    return next(suffix for suffix in aws_manifest.SUFFIXES if key.endswith(suffix))


def _check_periods(bucket: Bucket, found: Delivered, periods: Collection[str], others: Collection[str | None]) -> None:
    """A folder may hold rows of another period only if that has no folder of its own."""
    if found.month is not None and (both := sorted(set(periods) & set(others))):
        raise AwsBillingError(
            f"{bucket}: the files of {found.month} have rows of {both[0]} too, which has files of its own: it can't be told"
            " which count. Have the export run again"
        )


def _files(files: Sequence[S3Object]) -> str:
    size = sum(each.size for each in files) / 2**20
    return f"{len(files)} file{'s'[: len(files) != 1]}, {size:.1f} MiB"


def _version(found: Delivered, labels: Labels) -> str:
    """Return what changes whenever another reading would give other charges."""
    texts = (READER, repr(labels), COMPONENTS.read_text("utf-8"), aws_lines.SERVICES.read_text("utf-8"), found.version)
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
