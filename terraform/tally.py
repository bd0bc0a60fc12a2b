"""How many resources an apply made, changed and destroyed, also one that did not come to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terraform.changes import Action

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terraform.changes import Change
    from terraform.events import Story


def tally(story: Story, changes: Iterable[Change]) -> tuple[int, int, int]:
    """Return how many were added, changed and destroyed: as Terraform says, else by what was done of the plan's changes."""
    counts = story.counts
    if counts is not None and counts.operation in ("apply", "destroy"):
        return counts.add, counts.change, counts.remove
    done = [change.action for change in changes if change.address in story.done]
    return (
        sum(action in (Action.CREATE, Action.REPLACE) for action in done),
        sum(action is Action.UPDATE for action in done),
        sum(action in (Action.DESTROY, Action.REPLACE) for action in done),
    )
