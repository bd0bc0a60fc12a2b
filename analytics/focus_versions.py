"""The versions of FOCUS that are known: their Cost and Usage columns, and which version a file is of.

The columns are in focus_columns.csv, after the specification (https://focus.finops.org).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.source import SourceError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

COLUMNS = Path(__file__).parent / "focus_columns.csv"
VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4")
METADATA_KEYS = ("focusversion", "focus_version")


class VersionError(SourceError):
    """A file is of no version of FOCUS that is known."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the Cost and Usage dataset. `kind` is text, decimal, price, time, currency, unit, pairs or json."""

    name: str
    kind: str
    level: str  # mandatory | conditional | recommended
    allows_nulls: bool
    values: tuple[str, ...]  # () for any


@cache
def columns(version: str) -> Mapping[str, Column]:
    """Return the columns of `version`, one of VERSIONS."""
    with COLUMNS.open(newline="", encoding="utf-8") as file:
        return {
            row["column"]: Column(
                row["column"],
                row["kind"],
                row["level"],
                row["nulls"] == "yes",
                tuple(row["values"].split("|")) if row["values"] else (),
            )
            for row in csv.DictReader(file)
            if within(version, row["since"], row["until"])
        }


def within(version: str, since: str, until: str) -> bool:
    """Tell whether `version` lies between two others; an empty `until` is no end."""
    return VERSIONS.index(since) <= VERSIONS.index(version) and (
        not until or VERSIONS.index(version) <= VERSIONS.index(until)
    )


def recognise(names: Collection[str], metadata: Mapping[str, str] | None = None) -> str:
    """Return the version of a file with columns `names`: the one its metadata states, else the newest it has columns of.

    A file without a column that only newer versions have may be older than its issuer calls it; it reads the same.
    Raises VersionError for a stated version that is not in VERSIONS.
    """
    for key, value in (metadata or {}).items():
        if key.lower().removeprefix("x_") in METADATA_KEYS:
            return known(value)
    newest = "1.0"
    for older, version in pairwise(VERSIONS):
        if not (columns(version).keys() - columns(older).keys()).isdisjoint(names):
            newest = version
    if newest == "1.3" and {"ProviderName", "PublisherName"}.isdisjoint(names):
        return "1.4"  # which took these two away
    return newest


def foreign(names: Collection[str]) -> tuple[str, ...]:
    """Return which of a file's columns no version of FOCUS has and no x_ marks as the issuer's own."""
    every = {name for version in VERSIONS for name in columns(version)}
    return tuple(name for name in names if name not in every and not name.startswith("x_"))


def known(version: str) -> str:
    """Return which of VERSIONS the text `version` means: "1.2", "v1.2" and "1.2.0.1" are one. Raises VersionError."""
    short = ".".join(version.strip().lower().removeprefix("v").split(".")[:2])
    if short not in VERSIONS:
        raise VersionError(
            f"FOCUS {version!r} is not known here, {', '.join(VERSIONS[:-1])} and {VERSIONS[-1]} are: have the export made in one of these"
        )
    return short
