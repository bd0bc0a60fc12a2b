"""Which blobs are an Azure bill: from a folder's listing and Microsoft's manifests to the newest complete run of each span of days.

An export writes `<span>/[<run>/]part_*` and, last, a `manifest.json` that names the parts. With OverwritePreviousReport a span
has one run, with CreateNewReport a folder per run; exports made before manifests write one file `<name>_<guid>.csv` a run.
https://learn.microsoft.com/azure/cost-management-billing/costs/tutorial-improved-exports
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analytics.azure_blobs import AzureBillingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from analytics.azure_blobs import Blob, Folder

SUFFIXES = (".parquet", ".csv", ".csv.gz")
MANIFEST = "manifest.json"
SPAN = re.compile(r"(?:^|/)(\d{8})-(\d{8})(?=/)")
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
COSTS = frozenset({"focuscost", "actualcost", "amortizedcost", "usage"})
FOCUS_VERSION = re.compile(r"1\.[0-4](r\d+|-preview)?", re.IGNORECASE)
TOGETHER = timedelta(days=2)  # runs this near in time may have finished in another order than they were started in


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The days an export covers, both inclusive, as its folder says."""

    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.first:%Y%m%d}-{self.last:%Y%m%d}"

    def touches(self, start: date, end: date) -> bool:
        """Tell whether a day of the half-open [start, end) is in it."""
        return self.first < end and start <= self.last


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of an export delivered. `rows` and `kind` are None where no manifest says them."""

    span: Span
    place: str
    made: datetime
    blobs: tuple[Blob, ...]
    rows: int | None = None
    kind: str | None = None

    @property
    def mark(self) -> str:
        """The same text for as long as the same blobs hold the same."""
        text = "\0".join(f"{blob.name}\0{blob.etag}\0{blob.size}" for blob in self.blobs)
        return hashlib.sha256(text.encode()).hexdigest()


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Part(_Lenient):
    name: str = Field(alias="blobName")
    size: int | None = Field(None, alias="byteCount")
    rows: int | None = Field(None, alias="dataRowCount")


class _Config(_Lenient):
    kind: str | None = Field(None, alias="type")
    version: str | None = Field(None, alias="dataVersion")


class _RunInfo(_Lenient):
    submitted: datetime | None = Field(None, alias="submittedTime")


class _Manifest(_Lenient):
    parts: list[_Part] = Field(alias="blobs")
    config: _Config = Field(_Config.model_validate({}), alias="exportConfig")
    run: _RunInfo = Field(_RunInfo.model_validate({}), alias="runInfo")


def find(folder: Folder, *, talk: Callable[[str], None]) -> tuple[Run, ...]:
    """Return the newest complete run of each span of days, oldest first. Raises AzureBillingError where there is none."""
    spans: dict[Span, dict[str, list[Blob]]] = defaultdict(lambda: defaultdict(list))
    exports: set[str] = set()
    below = len(folder.place.folder) + 1 if folder.place.folder else 0
    for blob in folder.list():
        found = SPAN.search(blob.name, max(below - 1, 0))
        place, _, name = blob.name.rpartition("/")
        if found and (name == MANIFEST or (name.endswith(SUFFIXES) and blob.size)):
            exports.add(blob.name[: found.start()])
            spans[_span(found)][place].append(blob)
    if not spans:
        raise AzureBillingError(
            f"{folder}: no folder such as 20261001-20261031 with .csv, .csv.gz or .parquet files. Correct the path in the"
            " cluster's file (it ends with the export's name), or have the export run first"
        )
    if len(exports) > 1:
        raise AzureBillingError(
            f"{folder}: {len(exports)} exports lie below it, and read together they would count twice:"
            f" {', '.join(folder.url(each) for each in sorted(exports))}. Let the path name one of them"
        )
    runs = [_newest(folder, span, places, talk=talk) for span, places in sorted(spans.items())]
    return tuple(_apart(runs, talk=talk))


def _span(found: re.Match[str]) -> Span:
    first, last = (datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date() for text in found.groups())
    return Span(first, last)


def _newest(folder: Folder, span: Span, places: Mapping[str, list[Blob]], *, talk: Callable[[str], None]) -> Run:
    """Return the newest of a span's runs that is there whole; raises AzureBillingError, about the newest, where none is."""
    if not any(blob.name.endswith(f"/{MANIFEST}") for blobs in places.values() for blob in blobs):
        return _unlisted(folder, span, places, talk=talk)
    there = {blob.name: blob for blobs in places.values() for blob in blobs}
    faults: list[str] = []
    for place, manifest, made in _manifests(folder, places):
        fault = _fault(place, manifest, there)
        if fault is None:
            if faults:
                talk(f"{faults[0]}; the run before it is read")
            chosen = tuple(there[name] for name in dict.fromkeys(_name(place, part, there) for part in manifest.parts))
            counts = {_name(place, part, there): part.rows for part in manifest.parts}
            rows = sum(count or 0 for count in counts.values()) if None not in counts.values() else None
            return Run(span, folder.url(place), made, chosen, rows, manifest.config.kind)
        faults.append(f"{folder.url(place)}/{MANIFEST}: {fault}")
    raise AzureBillingError(f"{faults[0]}. Wait for the export, or have it run again; the lake keeps what it has")


def _manifests(folder: Folder, places: Mapping[str, list[Blob]]) -> Iterator[tuple[str, _Manifest, datetime]]:
    """Yield the manifests of a span, of the run begun last first; those much older are read only if it comes to them."""
    listed = [(blob, place) for place, blobs in places.items() for blob in blobs if blob.name.endswith(f"/{MANIFEST}")]
    listed.sort(key=lambda each: each[0].modified, reverse=True)
    together = [each for each in listed if listed[0][0].modified - each[0].modified <= TOGETHER]
    recent = [(place, *_read(folder, blob)) for blob, place in together]
    yield from sorted(recent, key=lambda each: each[2], reverse=True)
    for blob, place in listed[len(together) :]:
        yield place, *_read(folder, blob)


def _read(folder: Folder, blob: Blob) -> tuple[_Manifest, datetime]:
    place = folder.url(blob.name)
    try:
        manifest = _Manifest.model_validate_json(folder.read(blob))
    except ValidationError as error:
        raise AzureBillingError(
            f"{place}: not a manifest as Microsoft writes them ({error.error_count()} faults); have the export run again"
        ) from error
    kind, version = manifest.config.kind or "", manifest.config.version or ""
    if kind and kind.lower() not in COSTS:
        raise AzureBillingError(
            f"{place}: an export of {kind}, not of costs. Let the path name one of “Cost and usage details”, best as FOCUS"
        )
    if kind.lower() == "focuscost" and version and not FOCUS_VERSION.fullmatch(version):
        raise AzureBillingError(
            f"{place}: FOCUS version {version} is not known here; have the export made in version 1.0r2 or 1.2"
        )
    made = manifest.run.submitted or blob.modified
    return manifest, made if made.tzinfo else made.replace(tzinfo=UTC)


def _name(place: str, part: _Part, there: Mapping[str, Blob]) -> str:
    """Return the blob a manifest means: by its full name, or beside it where the container was copied to another place."""
    full = part.name.lstrip("/")
    return full if full in there else f"{place}/{full.rpartition('/')[2]}"


def _fault(place: str, manifest: _Manifest, there: Mapping[str, Blob]) -> str | None:
    if not manifest.parts:
        return "an empty manifest: it names no blob"
    for part in manifest.parts:
        blob = there.get(_name(place, part, there))
        if blob is None:
            return f"names {part.name}, which is not there"
        if blob.name.endswith(".csv") and part.size not in (None, blob.size):
            return (
                f"{part.name} has {blob.size} bytes, not the {part.size} it should have: it is cut off or being written"
            )
    return None


def _unlisted(folder: Folder, span: Span, places: Mapping[str, list[Blob]], *, talk: Callable[[str], None]) -> Run:
    """Return the newest run where no manifest says what belongs together: a folder's parts do, and a file with a run's id alone."""
    groups: dict[str, list[Blob]] = defaultdict(list)
    for place, blobs in places.items():
        for blob in blobs:
            own = GUID.search(blob.name.rpartition("/")[2])
            groups[blob.name if own else place].append(blob)
    newest = max(groups, key=lambda name: max(blob.modified for blob in groups[name]))
    if len(groups) > 1:
        talk(f"{folder}: {span}: {len(groups)} runs and no manifest; the newest, {newest.rpartition('/')[2]}, is read")
    distinct: dict[str, Blob] = {}
    for blob in groups[newest]:
        kept = distinct.setdefault(f"{blob.digest} {blob.size}" if blob.digest else blob.name, blob)
        if kept is not blob:
            talk(f"{folder.url(blob.name)} is a copy of {kept.name} and left out")
    chosen = tuple(distinct.values())
    return Run(span, folder.url(newest), max(blob.modified for blob in chosen), chosen)


def _apart(runs: Sequence[Run], *, talk: Callable[[str], None]) -> Iterator[Run]:
    """Yield the runs whose days are in no other's; a part of a span that was read again later says so itself."""
    covered: set[Span] = set()
    for first, second in combinations(sorted(runs, key=lambda run: run.span), 2):
        if not first.span.touches(second.span.first, second.span.last + timedelta(days=1)):
            continue
        wide, narrow = (
            (first, second)
            if first.span.last - first.span.first >= second.span.last - second.span.first
            else (second, first)
        )
        whole = wide.span.first <= narrow.span.first and narrow.span.last <= wide.span.last
        if not whole or narrow.made > wide.made:
            raise AzureBillingError(
                f"{narrow.place} and {wide.place} have days in common, which would count twice."
                " Have the export run for whole months, and remove the other folder"
            )
        talk(f"{narrow.place} lies within {wide.place}, which is newer, and is left out")
        covered.add(narrow.span)
    yield from (run for run in runs if run.span not in covered)
