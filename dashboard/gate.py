"""The gate before Streamlit: hosts and origins, sessions that end, share links, downloads, and the headers of every answer."""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse

from dashboard.headers import content_policy, frontend, inline_scripts, security_headers
from dashboard.logs import LOGGER
from dashboard.sessions import Sessions, Visit

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LINK_HEADER = "x-hubledger-link"  # from the gate to the pages; Streamlit makes it st.user.link
_MEDIA = re.compile(rb"/media/([A-Za-z0-9._-]{40,})")
_OWN = ("health", "host-config", "stream")  # what a browser needs of Streamlit's own addresses
_TRIED_LATER = 1001  # a websocket's "going away": the page connects again, and is then asked to sign in
_POLICY_VIOLATION = 1008
_log = logging.getLogger(LOGGER)


@dataclass(frozen=True, slots=True)
class Doors:
    """Where people come from: `origins` (scheme://host) are those that the site answers to."""

    sessions: Sessions
    hosts: frozenset[str]
    base_path: str = ""
    secure: bool = False
    files: dict[str, set[str]] = field(default_factory=dict)


class Gate:
    """An ASGI app around Streamlit's."""

    def __init__(self, app: ASGIApp, doors: Doors) -> None:
        self._app = app
        self._doors = doors
        policy = content_policy(inline_scripts(frontend()))
        self._headers = {secure: security_headers(policy, secure=secure) for secure in (False, True)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)
