"""Downloads of a community's costs."""
from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from dashboard.desk import Desk
def downloads(desk: Desk, community: str) -> None:
    """Offer them."""
