"""What must hold among communities: their hubs are there, and each hub and account is one community's at a time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pydantic import ValidationError

from terraform.fleet_checks import Documents, hub_names
from terraform.fleet_faults import nearest
from terraform.fleet_schema import MembershipFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from terraform.fleet_document import Document, Fault, Location

_LISTED = 12  # more names than this are no help


@dataclass(frozen=True, slots=True)
class _Stay:
    """A membership and where it stands."""

    document: Document
    location: Location
    hub: str
    start: date
    end: date

    def meets(self, other: _Stay) -> bool:
        return self.start < other.end and other.start < self.end


def memberships(clusters: Documents, communities: Sequence[Document]) -> Iterator[Fault]:
    """Every fault among the communities' files, also where a file has others."""
    hubs = _hubs(clusters)
    stays: dict[str, list[_Stay]] = defaultdict(list)
    accounts: dict[str, Document] = {}
    for document in communities:
        name = document.text(("name",))
        if name and name != document.path.stem:
            text = f"'{name}' is not the file's name, '{document.path.stem}': make them agree"
            yield document.fault(("name",), text)
        for stay in _stays(document):
            unknown = _unknown(stay.hub, hubs)
            if unknown:
                yield document.fault(stay.location, unknown)
            for other in stays[stay.hub]:
                if stay.meets(other):
                    yield document.fault(stay.location, _twice(stay, other))
                    break
            stays[stay.hub].append(stay)
        for location, account in _accounts(document):
            first = accounts.setdefault(account, document)
            if first is not document:
                yield document.fault(location, f"'{account}' is an account of {first.path} too: one must give it up")


def _hubs(clusters: Documents) -> dict[str, set[str] | None]:
    """The hubs of each cluster; None for a file that couldn't be read, which may have any."""
    hubs: dict[str, set[str] | None] = {}
    for folder, document in clusters.items():
        known = None if document is None else {name for _, name in hub_names(document)}
        hubs[folder] = known
        if document is not None and document.text(("name",)):
            hubs[document.text(("name",))] = known
    return hubs


def _stays(document: Document) -> Iterator[_Stay]:
    for index, item in enumerate(_items(document, "hubs")):
        try:
            member = MembershipFile.model_validate(item)
        except ValidationError:
            continue  # reported with the rest of the file
        location: Location = ("hubs", index, "hub")
        yield _Stay(document, location, member.hub, member.start or date.min, member.end or date.max)


def _accounts(document: Document) -> Iterator[tuple[Location, str]]:
    for index, item in enumerate(_items(document, "accounts")):
        if isinstance(item, str):
            yield ("accounts", index), item


def _items(document: Document, key: str) -> list[object]:
    value = document.value.get(key) if isinstance(document.value, dict) else None
    return value if isinstance(value, list) else [] if value is None else [value]


def _unknown(path: str, hubs: Mapping[str, set[str] | None]) -> str | None:
    cluster, hub = path.split("/")
    known = hubs.get(cluster, set())
    if known is None or hub in known:
        return None
    near = nearest(path, [f"{name}/{one}" for name, ones in hubs.items() for one in ones or ()])
    if near:
        return f"'{path}' is no hub of the fleet: did you mean '{near}'?"
    what, have = (f"cluster {cluster} has no such hub", known) if cluster in hubs else (f"no cluster '{cluster}'", hubs)
    listed = f" (there are {', '.join(sorted(have))})" if 0 < len(have) <= _LISTED else ""
    return f"'{path}' is no hub of the fleet: {what}{listed}"


def _twice(stay: _Stay, other: _Stay) -> str:
    place = f"{other.document.path}:{other.document.line(other.location)}"
    start, end = max(stay.start, other.start), min(stay.end, other.end)
    whose = "this community" if other.document is stay.document else f"community '{other.document.path.stem}'"
    dates = [] if start == date.min else [f"from {start}"]
    dates += [] if end == date.max else [f"to {end}"]
    when = " ".join(dates) or "at all times"
    return f"'{stay.hub}' is with {whose} too {when} ({place}): give one of them 'from' or 'to'"
