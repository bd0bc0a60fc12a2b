"""Who looks at the dashboard: a role and the communities whose rows it may see. Nobody, until access.py says otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a viewer may see: operators and finance the whole fleet, a community its own rows."""

    OPERATOR = "operator"
    FINANCE = "finance"
    COMMUNITY = "community"


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person or a share link. Without a role, or as a community's viewer without communities, it sees nothing.

    `guest`: not of the community itself (a share link's reader), so small counts of people stay hidden.
    """

    role: Role | None = None
    communities: frozenset[str] = frozenset()
    guest: bool = False

    @property
    def sees_fleet(self) -> bool:
        """Whether every row is this viewer's to see, also those that no community bears."""
        return self.role in (Role.OPERATOR, Role.FINANCE)

    @property
    def operates(self) -> bool:
        """Whether machines, their measurements and their changes are this viewer's business."""
        return self.role is Role.OPERATOR

    def sees(self, community: str | None) -> bool:
        """Tell whether rows that `community` bears (None: nobody does) are this viewer's to see."""
        return self.sees_fleet or (self.role is Role.COMMUNITY and community in self.communities)

    def knows(self, community: str | None) -> bool:
        """Tell whether the viewer is one of that community's own people."""
        return self.role is Role.COMMUNITY and not self.guest and community in self.communities


NOBODY = Viewer()
