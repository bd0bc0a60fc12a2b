"""Drift: what is otherwise in the cloud than Terraform left it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from terraform.changes import changes
from terraform.planning import prepare

if TYPE_CHECKING:
    from terraform.changes import Change
    from terraform.site import Site


@dataclass(frozen=True, slots=True)
class Drift:
    """What changed behind Terraform's back in one cluster; sensitive values are masked."""

    cluster: str
    changes: tuple[Change, ...]

    def to_json(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {
            "cluster": self.cluster,
            "drifted": bool(self.changes),
            "resources": [
                {
                    "address": change.address,
                    "type": change.type,
                    "action": change.action.value,
                    "differences": [
                        {"path": one.path, "before": one.before, "after": one.after} for one in change.differences
                    ],
                }
                for change in self.changes
            ],
        }


def drift(site: Site) -> Drift:
    """Ask the cloud how things are, and compare with the state; nothing is changed. The work folder must be held."""
    prepare(site)
    beside = site.work.private / "drift.tfplan"
    try:
        # Its exit code says nothing: Terraform's may be 2 where nothing drifted, OpenTofu's is 0 where something did.
        # https://github.com/hashicorp/terraform/issues/36403, https://github.com/opentofu/opentofu/issues/3107
        story, _ = site.terraform.plan(beside, refresh_only=True)
        shown = site.terraform.show(beside) if story.drifted else {}  # it takes as long as a plan
    finally:
        beside.unlink(missing_ok=True)
    return Drift(site.name, changes(shown, "resource_drift"))
