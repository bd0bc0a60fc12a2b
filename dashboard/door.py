"""The door of the pages: who comes in, and what those see who don't: a button to sign in, or why they are refused."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from dashboard.links import Links
from dashboard.site import Mode, served
from dashboard.viewer import NOBODY, Role, Viewer


def enter() -> Viewer:
    """Return who looks at the pages; show the door and stop where nobody may."""
    site = served()
    link = st.user.get("link")
    if link:
        shared = Links(site.state).current(str(link), now=datetime.now(UTC))
        return Viewer(Role.COMMUNITY, frozenset({shared.community})) if shared else NOBODY
    if site.mode in (Mode.LOCAL, Mode.DEMO):
        return Viewer(Role.OPERATOR)
    return NOBODY
