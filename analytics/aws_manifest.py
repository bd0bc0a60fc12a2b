"""Which files are an AWS bill: from the objects below a prefix and AWS's manifests to the files of each billing period.

A manifest is the truth where there is one: AWS writes it last. `BILLING_PERIOD=YYYY-MM` folders are Data Exports' (CUR 2.0 and
FOCUS), `YYYYMMDD-YYYYMMDD` the legacy report's. Where AWS creates a folder per delivery, the newest complete one counts.
https://docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html
https://docs.aws.amazon.com/cur/latest/userguide/understanding-report-versions.html
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analytics.aws_s3 import AwsBillingError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from analytics.aws_s3 import Bucket, S3Object

SUFFIXES = (".parquet", ".csv.gz", ".csv")
MANIFEST = re.compile(r"(^|/)[^/]*Manifest\.json$", re.IGNORECASE)
MODERN = re.compile(r"(?:^|/)(?:metadata|data)/BILLING_PERIOD=(\d{4})-(\d{2})(?=/)", re.IGNORECASE)
PERIODS = (
    re.compile(r"(?:^|/)billing_period=(\d{4})-(\d{2})(?=/)", re.IGNORECASE),
    re.compile(r"(?:^|/)(\d{4})(\d{2})\d{2}-\d{8}(?=/)"),
    re.compile(r"(?:^|/)year=(\d{4})/month=(\d{1,2})(?=/)", re.IGNORECASE),
)
STAMP = re.compile(r"/(\d{4}-?\d{2}-?\d{2}T[\d:.]+Z?)-[^/]+/[^/]+$")  # the folder of one delivery of Data Exports
STATUS = re.compile(r"(^|/)cost_and_usage_data_status/", re.IGNORECASE)  # Athena's, beside a legacy report


@dataclass(frozen=True, slots=True)
class Delivered:
    """The files of one billing period as they are to be read; `month` is None where no folder says it."""

    month: str | None
    files: tuple[S3Object, ...]

    @property
    def version(self) -> str:
        """The same text for as long as the same files hold the same."""
        text = "\0".join(f"{each.key}\0{each.etag}\0{each.size}" for each in self.files)
        return hashlib.sha256(text.encode()).hexdigest()


def find(
    bucket: Bucket, objects: Sequence[S3Object], months: Collection[str] | None, *, talk: Callable[[str], None]
) -> tuple[Delivered, ...]:
    """Return the bill's periods, oldest first; those that are of none of `months` (None: all) are left out.

    Raises AwsBillingError where it can't be told what the files are.
    """
    manifests = [each for each in objects if MANIFEST.search(each.key)]
    look = _from_manifests if manifests else _from_names
    found = look(bucket, objects, months, talk=talk)
    return tuple(sorted(found, key=lambda each: each.month or ""))


def months(objects: Iterable[S3Object]) -> frozenset[str]:
    """Return the billing periods that have a folder of their own."""
    named = (_month(each.key) for each in objects if each.key.endswith(SUFFIXES) or MANIFEST.search(each.key))
    return frozenset(month for month in named if month is not None)


def _from_manifests(
    bucket: Bucket, objects: Sequence[S3Object], months: Collection[str] | None, *, talk: Callable[[str], None]
) -> list[Delivered]:
    there = {each.key: each for each in objects}
    by_month: dict[str | None, list[S3Object]] = defaultdict(list)
    for each in objects:
        if MANIFEST.search(each.key):
            by_month[_month(each.key)].append(each)
    _one_export(bucket, {_root(each.key) for group in by_month.values() for each in group})
    found = []
    for month, group in by_month.items():
        if month is None or months is None or month in months:
            newest_first = sorted(group, key=_age, reverse=True)
            chosen = _complete(bucket, newest_first, there, talk=talk)
            found.append(Delivered(month, _distinct(bucket, chosen, talk=talk)))
    return found


def _age(found: S3Object) -> tuple[str, int, str]:
    """Order deliveries: by the time in their folder's name where it has one (copies come in any order), else when they were written.

    A legacy report's newest manifest lies in the month's folder as well, beside the deliveries' own.
    """
    named = STAMP.search(found.key)
    digits = re.sub(r"\D", "", named[1] if named else f"{found.modified:%Y%m%d%H%M%S}")[:14]
    return digits, -len(found.key), found.key


def _complete(
    bucket: Bucket, manifests: Sequence[S3Object], there: Mapping[str, S3Object], *, talk: Callable[[str], None]
) -> list[S3Object]:
    """Return the files of the newest delivery that is there whole, of one month's manifests from the newest to the oldest."""
    absent: list[str] = []
    for manifest in manifests:
        keys = _files(bucket, manifest)
        place = bucket.url(manifest.key)
        if not keys and manifest is manifests[0]:
            raise AwsBillingError(
                f"{place}: an empty manifest: it names no file. Have the export run again; the lake keeps what it has"
            )
        missing = [key for key in keys if key not in there]
        if keys and not missing:
            if absent:
                talk(f"{bucket}: the newest delivery is not complete yet ({absent[0]} is missing); {place} is read")
            return [there[key] for key in keys]
        absent = absent or missing
    raise AwsBillingError(
        f"{bucket.url(manifests[0].key)}: names {bucket.url(absent[0])}"
        f"{f' and {len(absent) - 1} more' if len(absent) > 1 else ''}, not there: the delivery is not complete."
        " Wait for it, or have the export run again"
    )


def _files(bucket: Bucket, manifest: S3Object) -> tuple[str, ...]:
    place = bucket.url(manifest.key)
    try:
        content = json.loads(bucket.read(manifest))
        named = content.get("dataFiles", content.get("reportKeys")) or ()
        return tuple(dict.fromkeys(_key(bucket, place, str(each)) for each in named))
    except (ValueError, AttributeError, TypeError) as error:
        raise AwsBillingError(
            f"{place}: not a manifest as AWS writes them ({error}); have it delivered again"
        ) from error


def _key(bucket: Bucket, place: str, named: str) -> str:
    """Return the key of a file that a manifest names: `s3://bucket/key` in the new ones, a key in the old."""
    if not named.startswith("s3://"):
        return named.lstrip("/")
    name, _, key = named.removeprefix("s3://").partition("/")
    if name != bucket.name:
        raise AwsBillingError(
            f"{place}: names files of bucket {name}: it was copied from there; let the source's path name that bucket,"
            " or leave out the manifests when copying"
        )
    return key


def _from_names(
    bucket: Bucket, objects: Sequence[S3Object], months: Collection[str] | None, *, talk: Callable[[str], None]
) -> list[Delivered]:
    by_month: dict[str | None, dict[str, list[S3Object]]] = defaultdict(lambda: defaultdict(list))
    for each in objects:
        if each.key.endswith(SUFFIXES) and not STATUS.search(each.key):
            by_month[_month(each.key)][each.key.rpartition("/")[0]].append(each)
    if not by_month:
        raise AwsBillingError(
            f"{bucket}: no manifest and no .csv.gz or .parquet file below it. Correct the source's path in the cluster's"
            " file, or have the export run first; its first delivery takes up to a day"
        )
    _one_export(bucket, {_root(f"{folder}/") for month, folders in by_month.items() if month for folder in folders})
    found = []
    for month, folders in by_month.items():
        if month is not None and months is not None and month not in months:
            continue
        if month is None:  # nothing says what belongs together but the rows themselves
            chosen = [each for folder in folders.values() for each in folder]
        else:
            newest = max(folders, key=lambda name: max(_age(each) for each in folders[name]))
            chosen = folders[newest]
            if len(folders) > 1:
                talk(f"{bucket}: {month}: {len(folders)} deliveries; the newest, {newest.rpartition('/')[2]}, is read")
        found.append(Delivered(month, _distinct(bucket, chosen, talk=talk)))
    return found


def _distinct(bucket: Bucket, files: Iterable[S3Object], *, talk: Callable[[str], None]) -> tuple[S3Object, ...]:
    """Leave out copies: two files of a bill are never the same to the last byte."""
    first: dict[tuple[str, int], S3Object] = {}
    for each in sorted(files, key=lambda each: each.key):
        kept = first.setdefault((each.etag, each.size), each)
        if kept is not each:
            talk(f"{bucket.url(each.key)} is a copy of {kept.key} and left out")
        elif not each.key.endswith(SUFFIXES):
            raise AwsBillingError(
                f"{bucket.url(each.key)}: can't be read; have the export delivered as Parquet or gzipped CSV"
            )
    return tuple(first.values())


def _one_export(bucket: Bucket, roots: Iterable[str]) -> None:
    several = sorted(roots)
    if len(several) > 1:
        raise AwsBillingError(
            f"{bucket}: {len(several)} exports lie below it, and read together they would count twice:"
            f" {', '.join(bucket.url(each) for each in several)}. Let the source's path name one of them"
        )


def _month(key: str) -> str | None:
    for pattern in PERIODS:
        if found := pattern.search(key):
            return f"{found[1]}-{int(found[2]):02}"
    return None


def _root(key: str) -> str:
    """Return the folder of the export that `key` lies in: what is before the period's folder."""
    for pattern in (MODERN, *PERIODS):
        if found := pattern.search(key):
            return key[: found.start()]
    return key.rpartition("/")[0]
