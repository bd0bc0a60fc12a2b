"""What a plan would do, as values: each change with what was and what would be, sensitive values never among them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

SENSITIVE = "(sensitive)"
UNKNOWN = "(known after apply)"
_LONGEST = 60
# What says what a new thing costs and where it is; the rest of a new resource is in the plan itself.
_TELLING = frozenset(
    {
        "allocated_storage", "capacity_gb", "desired_size", "disk_size_gb", "disk_type", "instance_type", "instance_types",
        "machine_type", "max_count", "max_node_count", "max_size", "min_count", "min_node_count", "min_size", "node_count",
        "os_disk_size_gb", "preemptible", "quota", "size", "size_gb", "spot", "storage_class", "tier", "vm_size",
        "total_max_node_count", "total_min_node_count", "volume_size", "volume_type",
    }
)  # fmt: skip
_TELLING_AT_THE_TOP = frozenset(
    {
        "availability_zone", "enable_auto_scaling", "engine", "kubernetes_version", "location", "metadata[0].name", "name",
        "priority", "region", "type", "version", "zone",
    }
)  # fmt: skip


class Action(StrEnum):
    """What happens to a resource."""

    CREATE = "create"
    UPDATE = "change"
    REPLACE = "replace"
    DESTROY = "destroy"
    FORGET = "forget"
    IMPORT = "import"


_ACTIONS: dict[tuple[str, ...], Action] = {
    ("create",): Action.CREATE,
    ("update",): Action.UPDATE,
    ("delete",): Action.DESTROY,
    ("forget",): Action.FORGET,
    ("delete", "create"): Action.REPLACE,
    ("create", "delete"): Action.REPLACE,
    ("create", "forget"): Action.REPLACE,
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One value of a resource before and after; None where it isn't there. `forces` says that it makes a replacement."""

    path: str
    before: str | None
    after: str | None
    forces: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one resource, and the differences that people look at."""

    address: str
    type: str
    action: Action
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """A resource as it would be after the apply, and what happens to it; values are clear, so it is never printed."""

    address: str
    type: str
    name: str
    before: Mapping[str, object] | None
    after: Mapping[str, object] | None
    unknown: Mapping[str, object]
    actions: tuple[str, ...]

    @property
    def destroyed(self) -> bool:
        """Whether what is there now will be gone."""
        return "delete" in self.actions


def resources(plan: Mapping[str, object], key: str = "resource_changes") -> list[Planned]:
    """Return every managed resource of a plan as `terraform show -json` tells it, also those that stay as they are."""
    found = []
    for each in cast("Sequence[Mapping[str, object]]", plan.get(key) or ()):
        if each["mode"] != "managed":
            continue
        change = _mapping(each["change"])
        before, after = change.get("before"), change.get("after")
        found.append(
            Planned(
                address=str(each["address"]),
                type=str(each["type"]),
                name=str(each["name"]),
                before=_mapping(before) if before is not None else None,
                after=_mapping(after) if after is not None else None,
                unknown=_mapping(change.get("after_unknown")),
                actions=tuple(cast("Sequence[str]", change["actions"])),
            )
        )
    return found


def changes(plan: Mapping[str, object], key: str = "resource_changes") -> tuple[Change, ...]:
    """Return what a plan would change, sensitive values masked, in the order of addresses."""
    found = []
    for each in cast("Sequence[Mapping[str, object]]", plan.get(key) or ()):
        change = _mapping(each["change"])
        action = _ACTIONS.get(tuple(cast("Sequence[str]", change["actions"])))
        if action is None and "importing" in change:
            action = Action.IMPORT
        if each["mode"] == "managed" and action is not None:
            found.append(Change(str(each["address"]), str(each["type"]), action, tuple(_differences(action, change))))
    return tuple(sorted(found, key=lambda one: one.address))


def output_changes(plan: Mapping[str, object]) -> tuple[str, ...]:
    """Return the names of the outputs that would change."""
    found = _mapping(plan.get("output_changes"))
    return tuple(sorted(name for name, change in found.items() if _mapping(change)["actions"] != ["no-op"]))


def _differences(action: Action, change: Mapping[str, object]) -> Iterator[Difference]:
    before = dict(_leaves(change.get("before"), change.get("before_sensitive"), None))
    after = dict(_leaves(change.get("after"), change.get("after_sensitive"), change.get("after_unknown")))
    forcing = {_path(path) for path in cast("Sequence[Sequence[object]]", change.get("replace_paths") or ())}
    for path in sorted({**before, **after}):
        was, becomes = _hidden(before.get(path), after.get(path))
        forces = any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in forcing)
        telling = path in _TELLING_AT_THE_TOP or path.rpartition(".")[2].partition("[")[0] in _TELLING
        if action in (Action.CREATE, Action.IMPORT):
            wanted = telling and becomes not in (None, UNKNOWN)
        elif action in (Action.DESTROY, Action.FORGET):
            wanted = telling and was is not None
            becomes = None
        else:
            hidden = was == becomes == SENSITIVE and _hidden_change(change, path)
            wanted = (was != becomes or hidden) and (becomes != UNKNOWN or was is None or forces or telling)
            wanted = wanted and not (was is None and becomes == UNKNOWN)
        if wanted or (forces and action is Action.REPLACE):
            yield Difference(path, was, becomes, forces)


def _hidden(was: str | None, becomes: str | None) -> tuple[str | None, str | None]:
    """Both values; what is sensitive now or was is shown neither as it was nor as it would be."""
    if SENSITIVE not in (was, becomes):
        return was, becomes
    return was and SENSITIVE, becomes if becomes in (None, UNKNOWN) else SENSITIVE


def _hidden_change(change: Mapping[str, object], path: str) -> bool:
    return _value(change.get("before"), path) != _value(change.get("after"), path)


def _value(tree: object, path: str) -> object:
    return dict(_leaves(tree, None, None)).get(path)


def _leaves(value: object, sensitive: object, unknown: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every scalar of a value with its path, as text; what is sensitive or not known yet says only that."""
    if sensitive is True:
        if value is not None:
            yield path, SENSITIVE
    elif unknown is True:
        yield path, UNKNOWN
    elif isinstance(value, Mapping) or isinstance(unknown, Mapping):
        inner = _mapping(value)
        for key in sorted({**inner, **_mapping(unknown)}):
            place = f"{path}.{key}" if path else key
            yield from _leaves(inner.get(key), _mapping(sensitive).get(key), _mapping(unknown).get(key), place)
    elif isinstance(value, list) or isinstance(unknown, list):
        items = value if isinstance(value, list) else []
        rest = unknown if isinstance(unknown, list) else []
        for index in range(max(len(items), len(rest))):
            yield from _leaves(_at(items, index), _at(sensitive, index), _at(rest, index), f"{path}[{index}]")
    elif value is not None:
        yield path, _text(value)


def _text(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _path(steps: Sequence[object]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}


def _at(items: object, index: int) -> object:
    return items[index] if isinstance(items, list) and index < len(items) else None
