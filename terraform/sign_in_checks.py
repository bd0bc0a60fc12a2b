"""What must hold of the dashboard's viewers beyond what fleet.yaml says alone: their communities are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terraform.fleet_faults import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from terraform.fleet_document import Fault, Part
    from terraform.fleet_schema import FleetFile


def viewers(general: Iterable[Part[FleetFile]], communities: list[str]) -> Iterator[Fault]:
    """Every community of a viewer that there is not."""
    for part in general:
        section = part.content.dashboard if part.content else None
        if part.document is None or section is None:
            continue
        for index, admission in enumerate(section.viewers):
            for place, name in enumerate(admission.communities):
                if name not in communities:
                    text = f"there is no community '{name}': {suggestion(name, communities)}"
                    yield part.document.fault(("dashboard", "viewers", index, "communities", place), text)
