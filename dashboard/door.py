"""The door of the pages: who comes in, and what those see who don't: a button to sign in, or why they are refused."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

import streamlit as st

from dashboard.access import decide
from dashboard.links import LinkError, Links
from dashboard.logs import LOGGER
from dashboard.site import Mode, served
from dashboard.viewer import Role, Viewer
from terraform.fleet_files import FleetError, load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dashboard.access import Decision
    from dashboard.site import Site
    from dashboard.words import Words
    from terraform.sign_in import DashboardSettings

PATHS = ("community", "fleet", "finance", "method")  # of the pages: the door stands before each
_FRESH_SECONDS = 10  # how old the knowledge of the fleet's viewers may be
_log = logging.getLogger(LOGGER)


def enter(words: Words) -> tuple[Site, Viewer]:
    """Return what is served and who looks at it; show the door and stop where nobody may."""
    site = served()
    link = st.user.get("link")
    if link:
        return site, _by_link(site, str(link), words)
    if site.mode in (Mode.LOCAL, Mode.DEMO):
        return site, Viewer(Role.OPERATOR)
    if not st.user.get("is_logged_in"):
        _stop(words, "sign_in", button="sign_in_button", act=st.login)
    decision = _decision(site, words)
    if decision.refusal is not None:
        if "hubledger_refused" not in st.session_state:  # once a session
            st.session_state["hubledger_refused"] = True
            _log.info("somebody who signed in was refused: %s", decision.refusal.value)
        _stop(words, f"refused_{decision.refusal.value}", button="other", act=st.logout)
    return site, decision.viewer


def leave(words: Words) -> None:
    """Offer the way out, below a page: of the session, or of the share link."""
    shared = bool(st.user.get("link"))
    if shared or st.user.get("is_logged_in"):
        with st.container(key="way-out", horizontal=True, vertical_alignment="center"):
            if shared:  # the gate takes the link's cookie at a sign-out
                st.caption(words("door.shared"), width="content")
            st.button(
                words("door.leave" if shared else "door.sign_out"), on_click=st.logout, type="tertiary", key="leave"
            )


def _by_link(site: Site, link: str, words: Words) -> Viewer:
    try:
        shared = Links(site.state).current(link, now=datetime.now(UTC))
    except LinkError:  # the gate has said so in the log
        shared = None
    if shared is None:
        _stop(words, "ended")
    return Viewer(Role.COMMUNITY, frozenset({shared.community}), guest=True)


def _decision(site: Site, words: Words) -> Decision:
    try:
        settings, communities = _viewers(site.fleet)
    except FleetError:
        _stop(words, "broken")
    return decide(dict(st.user.to_dict()), settings, communities)


@st.cache_resource(ttl=_FRESH_SECONDS, max_entries=1, show_spinner=False)
def _viewers(fleet: Path) -> tuple[DashboardSettings, frozenset[str]]:
    """Whom the fleet's files let in now."""
    read = load(fleet)
    return read.settings.dashboard, frozenset(community.name for community in read.communities)


def _stop(words: Words, why: str, *, button: str | None = None, act: Callable[[], None] | None = None) -> NoReturn:
    """Show the door, whichever page was asked for, and nothing behind it."""

    def shown() -> None:
        st.title(words("app.name"), anchor=False)
        st.markdown(words(f"door.{why}"))
        if button and act:
            st.button(words(f"door.{button}"), on_click=act, type="primary", key=button)

    pages = [st.Page(shown, title=words("app.name"), url_path="welcome", default=True)]
    pages += [st.Page(shown, title=words("app.name"), url_path=path) for path in PATHS]
    st.navigation(pages, position="hidden").run()
    st.stop()
