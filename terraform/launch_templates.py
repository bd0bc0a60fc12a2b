"""Machine types that stand in launch templates: which template a node group of EKS refers to, by what a plan says of both."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terraform.changes import Planned

_GROUP, _TEMPLATE = "aws_eks_node_group", "aws_launch_template"
# A step of an address, with the key of its instance: module.cluster["a"], aws_launch_template.this["user"].
_STEP = re.compile(r'([\w-]+)\.([\w-]+)(\[(?:\d+|"(?:[^"\\]|\\.)*")\])?')

Values = Mapping[str, object]


def with_machine_types(resources: Sequence[Planned], plan: Values) -> list[Planned]:
    """Return the resources of a plan, with the launch template's `instance_type` in node groups that say none themselves.

    `plan` is what `terraform show -json` prints. A template that the plan does not have, or more than one that it may be,
    gives a group nothing.
    """
    templates = [each for each in resources if each.type == _TEMPLATE]
    if not templates:
        return list(resources)
    return [_with_machine_type(each, templates, plan) if each.type == _GROUP else each for each in resources]


def _with_machine_type(group: Planned, templates: Sequence[Planned], plan: Values) -> Planned:
    before, after = group.before, group.after
    if before is not None and not before.get("instance_types"):
        named = [each for each in templates if each.before and _names(before, each.before)]
        before = _typed(before, named[0].before if named else None)
    if after is not None and not after.get("instance_types"):
        named = [each for each in templates if each.after and _names(after, each.after)]
        named = named or list(_referred(group.address, templates, plan))
        after = _typed(after, named[0].after if len(named) == 1 else None)
    return replace(group, before=before, after=after)


def _typed(group: Values, template: Values | None) -> Values:
    machine = template.get("instance_type") if template else None
    return {**group, "instance_types": [machine]} if machine else group


def _names(group: Values, template: Values) -> bool:
    """Whether a group's values name a template, by its id or its name."""
    block = _first(group.get("launch_template"))
    return any(block.get(key) and block.get(key) == template.get(key) for key in ("id", "name"))


def _referred(address: str, templates: Sequence[Planned], plan: Values) -> Iterator[Planned]:
    """The templates that a group's configuration refers to: of all instances, that with the group's own key."""
    *modules, (kind, name, key) = _STEP.findall(address)
    module = _mapping(_mapping(plan.get("configuration")).get("root_module"))
    for _, call, _ in modules:
        module = _mapping(_mapping(_mapping(module.get("module_calls")).get(call)).get("module"))
    path = address.removesuffix(f"{kind}.{name}{key}")
    beside = {each.address[len(path) :]: each for each in templates if each.address.startswith(path)}
    for resource in cast("Sequence[Values]", module.get("resources") or ()):
        if resource.get("address") == f"{kind}.{name}":
            block = _first(_mapping(resource.get("expressions")).get("launch_template"))
            words = {word for value in block.values() for word in _words(value)}
            meant = [name for name in beside if name in words]
            alike = [name for name in beside if _without_key(name) in words]
            yield from (beside[name] for name in meant or [name for name in alike if name.endswith(key)] or alike)


def _words(expression: object) -> Sequence[str]:
    return cast("Sequence[str]", _mapping(expression).get("references") or ())


def _without_key(address: str) -> str:
    return address.partition("[")[0]


def _first(blocks: object) -> Values:
    return _mapping(blocks[0]) if isinstance(blocks, Sequence) and blocks else {}


def _mapping(value: object) -> Values:
    return cast("Values", value) if isinstance(value, Mapping) else {}
