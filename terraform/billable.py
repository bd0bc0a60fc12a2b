"""Which resources cost money, what of their labels says whose cost it is, and which hold data. billable.csv lists them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from terraform.changes import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from terraform.changes import Planned

_ALWAYS = ("cluster-name", "managed-by")
_PURPOSES = {"node": ("node-purpose",), "volume": ("hub-name", "volume-purpose")}  # one of these


@dataclass(frozen=True, slots=True)
class Billable:
    """A type of resource: where its labels are (empty: it has none), which purpose they must tell, whether it holds data."""

    labels: str
    purpose: str
    data: bool


@dataclass(frozen=True, slots=True)
class Unlabelled:
    """A resource whose cost nobody could tell, and the labels that it lacks."""

    address: str
    missing: tuple[str, ...]


@cache
def billable() -> Mapping[str, Billable]:
    """Return the types that cost money or hold data."""
    with Path(__file__).with_name("billable.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["type"]: Billable(row["labels"], row["purpose"], row["data"] == "data") for row in csv.DictReader(file)
        }


def unlabelled(resources: Iterable[Planned]) -> list[Unlabelled]:
    """Return the resources that would cost money after the apply and lack cost labels."""
    found = []
    for each in resources:
        kind = billable().get(each.type)
        if kind is None or not kind.labels or each.after is None:
            continue
        steps = kind.labels.split(".")
        if _unknown(each.unknown, steps):
            continue
        places = list(_at(each.after, steps))
        missing = sorted({lack for place in places or [{}] for lack in _missing(kind, place)})
        if missing:
            found.append(Unlabelled(each.address, tuple(missing)))
    return found


def destroyed_data(resources: Iterable[Planned]) -> tuple[str, ...]:
    """Return the addresses of what holds data and would be destroyed or replaced."""
    return tuple(
        sorted(
            each.address for each in resources if each.destroyed and (kind := billable().get(each.type)) and kind.data
        )
    )


def _missing(kind: Billable, labels: Mapping[str, object]) -> Iterator[str]:
    """Keys are compared by their ends: what stands before them is each cloud's and each fleet's own."""
    given = [key.lower() for key, value in labels.items() if value not in (None, "", UNKNOWN)]

    def there(name: str) -> bool:
        return any(key == name or key.endswith((f":{name}", f"/{name}")) for key in given)

    yield from (name for name in _ALWAYS if not there(name))
    purposes = _PURPOSES.get(kind.purpose, ())
    if purposes and not any(there(name) for name in purposes):
        yield " or ".join(purposes)


def _at(value: object, steps: list[str]) -> Iterator[Mapping[str, object]]:
    """The mappings of labels at the end of the path, through lists of blocks."""
    if isinstance(value, list):
        for item in value:
            yield from _at(item, steps)
    elif not steps:
        yield value if isinstance(value, Mapping) else {}
    elif isinstance(value, Mapping):
        yield from _at(value.get(steps[0]), steps[1:])
    else:
        yield {}


def _unknown(unknown: object, steps: list[str]) -> bool:
    """Whether what the labels are is told by the cloud only."""
    if unknown is True:
        return True
    if isinstance(unknown, list):
        return any(_unknown(item, steps) for item in unknown)
    if isinstance(unknown, Mapping) and steps:
        return _unknown(unknown.get(steps[0]), steps[1:])
    return False
